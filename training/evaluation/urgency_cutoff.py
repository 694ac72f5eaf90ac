"""The urgency cutoff: the probability of P0 or P1 from which a ticket is raised, and the cost of missing one.

The cut is set by conformal risk control (Angelopoulos, Bates, Fisch, Lei & Schuster 2022) of the miss rate. The head
that serves has learnt from every ticket but the held-out ones, so that only they are like the tickets to come: of the
urgent ones among them, the cut may miss so few that one more draw keeps the expected miss rate at most `miss_rate`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from msgspec import structs

from triage.model import urgency
from triage.model.head_entry import Cutoff, FloorFigures, PriorityFigures, UrgentFigures
from triage.model.urgency import URGENT
from triage.taxonomy.labels import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.head_entry import Metrics
    from triage.model.urgency import Alarm, UrgencyPhrases

    Costs: TypeAlias = "Cutoff | Urgency"

_PRECISIONS = (0.5, 0.8)
_ROUNDING = 1e-9
_NO_CUT = 2.0
_HIGHEST_MISS_RATE = 0.5


@dataclass(frozen=True, slots=True)
class Urgency:
    """What missing an urgent ticket costs, and how many may be missed."""

    miss_rate: float = 0.1
    """Of the urgent tickets at most this share, in expectation, stays below P1."""
    under_cost: float = 3.0
    """Cost of each step by which a priority is less urgent than it should be,"""
    over_cost: float = 1.0
    """and of each step by which it is more urgent."""
    most_raised: float = 0.04
    """A cut may raise at most this share of the tickets that are not urgent, even if it then misses more: the false
    alarms would bury the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Tickets that the head has not seen: their priorities, and its probabilities (n, n_classes)."""

    truth: Sequence[str]
    classes: Sequence[str]
    probabilities: NDArray[np.float64]

    @property
    def ordinal(self) -> bool:
        """Whether there are tickets, and all labels are priorities."""
        return bool(self.truth) and {*self.truth, *self.classes} <= set(PRIORITIES)

    @property
    def urgent(self) -> NDArray[np.bool_]:
        """Which tickets are P0 or P1, (n,)."""
        return np.array([label in URGENT for label in self.truth], dtype=bool)

    @property
    def scores(self) -> NDArray[np.float64]:
        """P(P0) + P(P1) of each ticket, (n,)."""
        columns = [i for i, label in enumerate(self.classes) if label in URGENT]
        return np.asarray(self.probabilities[:, columns].sum(axis=1), dtype=np.float64)

    @property
    def steps(self) -> NDArray[np.int64]:
        """The head's best label of each ticket as its number, (n,), 0 for P0."""
        return np.asarray(_steps(self.classes)[self.probabilities.argmax(axis=1)], dtype=np.int64)


def alarms(texts: Mapping[int, str]) -> dict[int, Alarm]:
    """Return what the lexicon finds in tickets, by their positions."""
    lexicon = urgency.default()
    return {row: why for row, text in texts.items() if (why := lexicon.find(text)) is not None}


def cut(scores: NDArray[np.float64], miss_rate: float) -> float | None:
    """Return the largest cut that keeps the expected miss rate.

    Parameters
    ----------
    scores
        Shape (n,). P(P0) + P(P1) of urgent tickets that the head has not seen.
    miss_rate
        Of the next urgent tickets at most this share may lie below the cut, in expectation over these and the next.

    Returns
    -------
    float or None
        The largest score s with (misses(s) + 1) / (n + 1) <= miss_rate, misses being the scores below s; None with
        fewer than `needed` tickets.
    """
    allowed = floor(miss_rate * (len(scores) + 1) + _ROUNDING) - 1
    return float(np.sort(scores)[allowed]) if allowed >= 0 else None


def needed(miss_rate: float) -> int:
    """Return how many urgent tickets it takes for a cut: 19 for 5 %, 99 for 1 %."""
    return ceil(1 / miss_rate - _ROUNDING) - 1


def learn(held_out: Judged, wanted: Urgency) -> Cutoff:
    """Set the cut.

    Parameters
    ----------
    held_out
        Tickets that had no part in fitting the head that serves.
    wanted
        Miss rate and costs.

    Returns
    -------
    Cutoff
        For the manifest: the settings, `cut` (None where there is none, and `problem` says why), `n` urgent tickets
        and how many are `needed`. `miss_rate` is the one that the cut keeps: higher than `wanted` where that would
        raise too many of the others.
    """
    urgent = held_out.urgent if held_out.ordinal else np.zeros(0, dtype=bool)
    n, enough = int(urgent.sum()), needed(wanted.miss_rate)
    found, problem, rate = None, None, wanted.miss_rate
    if not set(URGENT) & set(held_out.classes):
        problem = "the head knows neither P0 nor P1"
    elif n < enough:
        problem = f"{n} newer tickets are P0 or P1; a miss rate of {wanted.miss_rate:.1%} takes {enough}"
    else:
        found, rate = _spared(held_out, cut(held_out.scores[urgent], wanted.miss_rate), wanted)
        if found is None:
            problem, rate = _buries(held_out, wanted), wanted.miss_rate
    settings = asdict(wanted) | {"miss_rate": rate}
    return Cutoff(**settings, cut=found, n=n, needed=enough, problem=problem)


def _rounded_down(score: float | None) -> float:
    """Drop the digits in which serving and training may differ, so that no ticket it was read from falls below it."""
    return floor((score or 0.0) * 10_000) / 10_000


def _spared(held_out: Judged, found: float | None, wanted: Urgency) -> tuple[float | None, float]:
    """Return the smallest cut from `found` on that raises few enough of the others, and the miss rate that it keeps."""
    if _raised_share(held_out, _rounded_down(found)) <= wanted.most_raised:
        return _rounded_down(found), wanted.miss_rate
    urgent = np.sort(held_out.scores[held_out.urgent]).tolist()
    for misses, score in enumerate(urgent):
        rate = ceil(1_000 * (misses + 1) / (len(urgent) + 1)) / 1_000
        if score > (found or 0.0) and rate <= _HIGHEST_MISS_RATE:
            at = _rounded_down(score)
            if _raised_share(held_out, at) <= wanted.most_raised:
                return at, rate
    return None, wanted.miss_rate


def _raised_share(held_out: Judged, at: float) -> float:
    """Return the share of the tickets that are not urgent which a cut raises; the head may call others urgent."""
    others = ~held_out.urgent
    raised = others & (held_out.scores >= at) & (held_out.steps >= len(URGENT))
    return float(raised.sum() / others.sum()) if others.any() else 0.0


def _buries(held_out: Judged, wanted: Urgency) -> str:
    found = _rounded_down(cut(held_out.scores[held_out.urgent], wanted.miss_rate))
    share = _raised_share(held_out, found)
    return f"missing at most {wanted.miss_rate:.1%} would raise {share:.0%} of the tickets that are not urgent"


def leave_one_out(held_out: Judged, learnt: Cutoff) -> NDArray[np.float64]:
    """Return for each ticket the cut that the other urgent tickets set, (n,): what measures must not have set it."""
    cuts = np.full(len(held_out.truth), _NO_CUT if learnt.cut is None else learnt.cut)
    if learnt.cut is None:
        return cuts
    urgent, scores = held_out.urgent, held_out.scores
    for row in np.flatnonzero(urgent):
        others = urgent.copy()
        others[row] = False
        found = cut(scores[others], learnt.miss_rate)
        cuts[row] = _NO_CUT if found is None else found
    return cuts


def measure(
    judged: Judged,
    costs: Costs,
    alarms: Sequence[Alarm | None],
    cuts: NDArray[np.float64] | float | None,
) -> PriorityFigures | None:
    """Measure a priority head as what it is: ordinal, with misses that cost more than false alarms.

    Parameters
    ----------
    judged
        Tickets that the head has not seen.
    costs
        `under_cost` and `over_cost` of a step: what `learn` found, or the settings.
    alarms
        What the lexicon finds in each text.
    cuts
        From which score on a ticket is raised by one level: one for all, or one for each ticket, (n,); None where there
        is none.

    Returns
    -------
    PriorityFigures or None
        ordinal_cost (mean cost of a ticket), urgent_recall (of P0 and P1 by their joint probability, where the
        precision is at least .5 and .8), urgent_missed (share of P0 and P1 whose label is less urgent), recall_p0; all
        of the head's best labels; and in `floor` what lexicon and cut make of them. None where labels are none of
        the five priorities.
    """
    if not judged.ordinal:
        return None
    truth, before = _steps(judged.truth), judged.steps
    least = np.array([_steps([alarm.priority])[0] if alarm else len(PRIORITIES) for alarm in alarms], dtype=np.int64)
    over = judged.scores >= (_NO_CUT if cuts is None else cuts)
    up = np.array([urgency.one_up(step) for step in before.tolist()], dtype=np.int64)
    after = np.minimum(before, np.minimum(least, np.where(over, up, len(PRIORITIES))))
    changed = after < before
    return PriorityFigures(
        **structs.asdict(_figures(truth, before, costs)),
        urgent_recall={str(p): recall_at_precision(judged.urgent, judged.scores, p) for p in _PRECISIONS},
        floor=FloorFigures(
            **structs.asdict(_figures(truth, after, costs)),
            raised=int(changed.sum()),
            raised_wrongly=int((changed & (after < truth)).sum()),
            by_lexicon=int((changed & (least == after)).sum()),
        ),
    )


def recall_at_precision(positive: NDArray[np.bool_], scores: NDArray[np.float64], precision: float) -> float | None:
    """Return the largest recall of any threshold whose precision suffices; 0 if none does, None without a positive."""
    if not positive.any():
        return None
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(positive[order])
    last_of_its_score = np.append(np.diff(scores[order]) != 0, True)
    enough = last_of_its_score & (found >= precision * np.arange(1, len(scores) + 1))
    return float(found[enough].max() / positive.sum()) if enough.any() else 0.0


def cutoff(
    held_out: Judged, wanted: Urgency, lexicon: UrgencyPhrases, texts: Sequence[str]
) -> tuple[Cutoff, PriorityFigures | None]:
    """Return what a refit writes of the priority head: its cut, and its measures on the held-out tickets' texts."""
    learnt = learn(held_out, wanted)
    alarms = [lexicon.find(text) for text in texts]
    measured = measure(held_out, learnt, alarms, leave_one_out(held_out, learnt))
    return structs.replace(learnt, lexicon=lexicon.version), measured


def told(learnt: Cutoff | None, alone: Metrics) -> Iterator[str]:
    """Yield the lines of the report on a priority head."""
    floored = alone.floor
    if floored is None:
        return
    if alone.urgent_missed is not None:
        at = ", ".join(f"{recall:.0%} at precision {p}" for p, recall in (alone.urgent_recall or {}).items())
        yield (
            f"urgent tickets missed: {alone.urgent_missed:.1%} by the head, {floored.urgent_missed:.1%} with the "
            f"floor, which raises {floored.raised} tickets, {floored.raised_wrongly} wrongly; recall {at}"
        )
    p0 = "no P0" if alone.recall_p0 is None else f"P0 recall {alone.recall_p0:.0%}, {floored.recall_p0:.0%}"
    yield f"cost per ticket {alone.ordinal_cost:.2f}, with the floor {floored.ordinal_cost:.2f}; {p0}"
    if learnt is None or learnt.cut is None:
        yield f"no urgency cutoff: {learnt.problem if learnt else None}"
    else:
        yield f"urgency cutoff {learnt.cut:.4f}: at most {learnt.miss_rate:.0%} of urgent tickets missed"


def _figures(truth: NDArray[np.int64], steps: NDArray[np.int64], costs: Costs) -> UrgentFigures:
    too_low = np.where(steps > truth, costs.under_cost, costs.over_cost)
    urgent, critical = truth <= 1, truth == 0
    return UrgentFigures(
        ordinal_cost=float((np.abs(steps - truth) * too_low).mean()),
        urgent_missed=float((steps[urgent] > 1).mean()) if urgent.any() else None,
        recall_p0=float((steps[critical] == 0).mean()) if critical.any() else None,
    )


def _steps(labels: Sequence[str]) -> NDArray[np.int64]:
    return np.array([PRIORITIES.index(label) for label in labels], dtype=np.int64)
