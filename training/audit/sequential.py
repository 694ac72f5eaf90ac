"""The sequential audit of one head: whom to ask next, and the laxest threshold that the answers so far certify.

What is tested at a threshold is said in `risk_test`: the share of wrong labels among future tickets, as the product
promises it, and among these tickets.

Each threshold has a path of its own. In each stratum tickets are asked in the order of a hash of seed and id (permanent
random numbers: the same order at every threshold, for every head and in the next refit, so answers carry over), and the
answers on the path so far decide which stratum comes next. Answers further on do not count until the path reaches them.
So the state depends on which answers there are, not on the order in which they were given, and neither asking in
another order nor looking after every answer makes a false certificate likelier than delta.

Thresholds are tested from strict to lax, each at the full delta, and the first that is not certified ends the sequence:
a false certificate needs the first threshold whose risk exceeds alpha to pass, and that one test errs with
probability at most delta.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from math import exp
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from training.audit.estimates import more_answers
from training.audit.risk_test import RiskTest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.evaluation.certificates import Target

_LARGEST = 700.0
"""The largest log wealth that is shown as a number."""
_FUTURES = 6
"""A hopeless threshold is recognised by so many futures in each stratum, in which all further answers are right."""


class AuditedTicket(NamedTuple):
    """A held-out ticket: the head's confidence in its label, and whether that is the closed ticket's label too."""

    id: str
    confidence: float
    agrees: bool


class StepState(NamedTuple):
    """A threshold: `n` tickets reach it, `asked` of them count so far, `wrong` of those are wrong.

    `wealth` is the largest so far (1 before any answer); 1 / delta certifies.
    """

    threshold: float
    n: int
    asked: int
    wrong: int
    wealth: float
    certified: bool


class AuditState(NamedTuple):
    """Where an audit stands.

    `steps` goes from strict to lax; `certified` is the laxest certified one. `more` is the range of further answers
    until the next one; None: nothing more to certify, or no number of answers will do. `path` is the wealth after each
    answer at the threshold under test, or at the last one.
    """

    steps: tuple[StepState, ...]
    certified: StepState | None
    more: tuple[int, int] | None
    path: tuple[float, ...]


def place(seed: str, ticket: str) -> bytes:
    """Return the ticket's permanent random number: tickets are asked about in this order."""
    return hashlib.sha256(f"{seed}\0{ticket}".encode()).digest()


class Step:
    """One threshold: its tickets in their order, and the path of the answers that count.

    Parameters
    ----------
    threshold
        The lowest confidence at which a label is applied.
    strata
        Ids of the tickets that agree, and of those that disagree, each in the order of asking.
    target
        Risk and confidence.
    """

    def __init__(self, threshold: float, strata: tuple[Sequence[str], Sequence[str]], target: Target) -> None:
        self.threshold, self.strata, self.target = threshold, strata, target
        self.asked = np.zeros((2, 1), dtype=np.int64)
        self.wrong = np.zeros((2, 1), dtype=np.int64)
        self.path: list[float] = []
        self.certified = False
        self._hoped = -1
        self.wanted: str | None = None
        """The next ticket on the path; None: certified, or every ticket is answered, or no answers can certify."""

    @cached_property
    def test(self) -> RiskTest:
        """The test of this threshold's risk."""
        return RiskTest(np.array([[len(ids)] for ids in self.strata], dtype=np.int64), self.target)

    @property
    def n(self) -> int:
        """Tickets that reach the threshold."""
        return len(self.strata[0]) + len(self.strata[1])

    def advance(self, answers: Mapping[str, bool]) -> None:
        """Follow the path as far as there are answers, and test after each of them."""
        if self.certified:
            return
        asked, wrong = self.asked.copy(), self.wrong.copy()
        places: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        while (wanted := self._next(asked, wrong)) is not None and wanted[1] in answers:
            asked[wanted[0]] += 1
            wrong[wanted[0]] += answers[wanted[1]]
            places.append((asked.copy(), wrong.copy()))
        self.wanted = wanted[1] if wanted else None
        if places:
            self._test(np.hstack([n for n, _ in places]), np.hstack([k for _, k in places]))
        if self.certified or (self.wanted is not None and self._hopeless()):
            self.wanted = None

    def state(self) -> StepState:
        """Return where the test of this threshold stands."""
        best = exp(min(max(self.path, default=0.0), _LARGEST))
        return StepState(self.threshold, self.n, int(self.asked.sum()), int(self.wrong.sum()), best, self.certified)

    def more(self) -> tuple[int, int] | None:
        """Return the range of further answers that certify; None: it is certified, or no number will do."""
        return more_answers(self.test, self.asked, self.wrong) if self.wanted is not None else None

    def _next(self, asked: NDArray[np.int64], wrong: NDArray[np.int64]) -> tuple[int, str] | None:
        if int(asked.sum()) == self.n:
            return None
        stratum = int(self.test.bets.ask_disagreeing(asked, wrong)[0])
        return stratum, self.strata[stratum][int(asked[stratum, 0])]

    def _test(self, asked: NDArray[np.int64], wrong: NDArray[np.int64]) -> None:
        wealth = self.test.log_wealth(asked, wrong)
        enough = np.flatnonzero(wealth >= self.test.needed)
        self.certified = len(enough) > 0
        last = int(enough[0]) if self.certified else len(wealth) - 1
        self.path.extend(wealth[: last + 1].tolist())
        self.asked, self.wrong = asked[:, [last]], wrong[:, [last]]

    def _hopeless(self) -> bool:
        """Return whether not even right answers alone, however spread over the strata, would certify."""
        if self._hoped == int(self.wrong.sum()):  # right answers leave what is possible as it was
            return False
        left = self.test.tickets - self.asked
        shares = np.linspace(0, 1, _FUTURES)
        spread = np.stack([share.ravel() for share in np.meshgrid(shares, shares)])
        asked = self.asked + np.ceil(left * spread).astype(np.int64)
        best = self.test.log_wealth(asked, np.broadcast_to(self.wrong, asked.shape)).max()
        self._hoped = int(self.wrong.sum()) if best >= self.test.needed else -1
        return self._hoped < 0


class HeadAudit:
    """The audit of one head, or of one slice of its tickets.

    Parameters
    ----------
    tickets
        Held-out tickets, with distinct ids.
    ladder
        Thresholds to test, chosen without a look at the answers; tested from strict to lax.
    target
        Risk, and this head's share of delta.
    seed
        Decides the order of asking; the same for all heads and refits of a desk.
    """

    def __init__(self, tickets: Sequence[AuditedTicket], ladder: Sequence[float], target: Target, seed: str) -> None:
        self.target = target
        self._order = sorted(tickets, key=lambda ticket: place(seed, ticket.id))
        self._ladder = sorted(set(ladder), reverse=True)
        self._answers: dict[str, bool] = {}
        self._steps: list[Step] = []
        self._settled = False

    def next(self) -> str | None:
        """Return the ticket to ask about now.

        None: certified as far as the ladder goes, or nobody is left to ask, or no further answer could certify.
        """
        self._settle()
        return self._steps[-1].wanted if self._steps else None

    def answer(self, ticket: str, wrong: float) -> None:
        """Take in the answer about a ticket: 0.0 the head's label is right, 1.0 it is wrong.

        Whatever is not plainly right counts as wrong ("neither", "cannot tell", anything between 0 and 1). Any ticket
        may be answered, in any order; a second answer replaces the first.
        """
        if not 0 <= wrong <= 1:
            raise ValueError(f"an answer lies between 0 and 1, not at {wrong}")
        before = self._answers.get(ticket)
        self._answers[ticket] = wrong > 0
        if before is not None and before != self._answers[ticket]:
            self._steps = []
        self._settled = False

    def state(self) -> AuditState:
        """Return what is certified, and how many more answers the next threshold may take."""
        self._settle()
        done = [step.state() for step in self._steps]
        rest = [StepState(t, len(self._above(t)), 0, 0, 1.0, certified=False) for t in self._ladder[len(done) :]]
        certified = [step for step in done if step.certified]
        path, more = (self._steps[-1].path, self._steps[-1].more()) if self._steps else ([], None)
        wealth = tuple(exp(min(value, _LARGEST)) for value in path)
        return AuditState((*done, *rest), certified[-1] if certified else None, more, wealth)

    def tested(self) -> tuple[Step, ...]:
        """Return the thresholds that were tested so far, from strict to lax: all are certified but the last."""
        self._settle()
        return tuple(self._steps)

    def _above(self, threshold: float) -> list[AuditedTicket]:
        return [ticket for ticket in self._order if ticket.confidence >= threshold]

    def _open(self) -> None:
        threshold = self._ladder[len(self._steps)]
        reached = self._above(threshold)
        strata = ([t.id for t in reached if t.agrees], [t.id for t in reached if not t.agrees])
        self._steps.append(Step(threshold, strata, self.target))

    def _settle(self) -> None:
        """Follow the path of the threshold under test; once it is certified, go on to the next."""
        if self._settled:
            return
        for _ in self._ladder:
            if not self._steps or (self._steps[-1].certified and len(self._steps) < len(self._ladder)):
                self._open()
            self._steps[-1].advance(self._answers)
            if not self._steps[-1].certified:
                break
        self._settled = True
