"""Test by betting whether at most alpha of the tags that a certificate covers are wrong, one answer at a time.

A person answers whether an audited tag was right. Each answer multiplies a capital that starts at 1: it grows when
the tag was wrong and shrinks when it was right, so that its expectation never grows while the risk is at most alpha.
By Ville's inequality it then reaches 1 / delta with probability at most delta, however often one looks: whoever ends
the certificate there is wrong with probability at most delta (Podkopaev & Ramdas 2110.06177, Timans et al.
2506.16416).

The capital is divided before the first answer. Each part bets on one rate of wrong tags and on one week in which the
risk rises, and ignores tags of earlier weeks: months of right answers then do not use up what later weeks need. Bets
never depend on answers, so the capital is a product over answers: their order does not matter, an answer that changes
is replaced exactly, and the memory is two numbers for each week and rate.

People who correct wrong tags and do not bother to confirm right ones make the answers look worse than the tags are. So
the capital counts by itself only where at least `ENOUGH` of the audited tags were answered. Otherwise it has to reach
1 / delta even if all unanswered tags were right: then delta holds whatever is left unanswered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Self

import numpy as np

WEEK = timedelta(days=7)
MOST_WEEKS = 53
_RATES = (1.5, 2.0, 4.0, 10.0)  # times alpha: rates of wrong tags that are bet on
ENOUGH = 0.9
_OF_RATES = np.array((0.15, 0.4, 0.25, 0.2))  # the share of the capital that bets on each
_FIRST_WEEK = 0.2  # the share that bets from the first week on; the others divide the rest


class Question(NamedTuple):
    """An audited tag."""

    week: int
    """When it was given: in the first (0), second, … week of the certificate."""
    weight: float
    """The lowest probability at which any tag was audited then, divided by this tag's: at most 1."""


def weeks_of(lasts: timedelta) -> int:
    """Return in how many weeks a change of the risk is looked for; a longer life adds its rest to the last."""
    return min(MOST_WEEKS, max(1, math.ceil(lasts / WEEK)))


def week_of(at: datetime, issued_at: datetime, weeks: int) -> int:
    """Return the week of an instant in the life of a certificate."""
    return min(weeks - 1, max(0, (at - issued_at) // WEEK))


def growth(alpha: float, weight: np.ndarray | float, wrong: np.ndarray | float) -> np.ndarray:
    """Return by how much answers change the log of the capital, for each rate that is bet on.

    Parameters
    ----------
    alpha
        The risk that the certificate promises at most.
    weight
        Weights of answers, of any shape.
    wrong
        1 where the tag was wrong, 0 where it was right; of the same shape.

    Returns
    -------
    np.ndarray
        Of that shape and one axis more, over the rates.
    """
    rates = np.minimum(np.array(_RATES) * alpha, (1 + alpha) / 2)
    bets = (rates - alpha) / (alpha * (1 - alpha))  # the best bet if this is the rate of wrong tags
    excess = np.asarray(weight, dtype=float) * (np.asarray(wrong, dtype=float) - alpha)
    return np.asarray(np.log1p(excess[..., None] * bets))


def log_wealth(sums: np.ndarray) -> np.ndarray:
    """Return the log of the capital: of `growth`, summed by the week of the tags, shape (…, weeks, rates)."""
    weeks = sums.shape[-2]
    of_weeks = np.array([1.0] if weeks == 1 else [_FIRST_WEEK, *[(1 - _FIRST_WEEK) / (weeks - 1)] * (weeks - 1)])
    return _log_sum(_since(sums) + np.log(of_weeks[:, None] * _OF_RATES), axes=(-2, -1))


def log_evidence(sums: np.ndarray) -> np.ndarray:
    """Return the log of the evidence since the week that shows most, at least 0.

    This is a detector (Shin et al. 2203.03532), quick to rise and to fall. It proves nothing: it only says where to
    look more often.
    """
    return np.asarray(np.maximum(_log_sum(_since(sums) + np.log(_OF_RATES), axes=(-1,)).max(axis=-1), 0.0))


def _since(sums: np.ndarray) -> np.ndarray:
    """Return the sums over each week and all after it."""
    return np.flip(np.cumsum(np.flip(sums, axis=-2), axis=-2), axis=-2)


def _log_sum(logs: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    top = logs.max(axis=axes, keepdims=True)
    return np.asarray(np.squeeze(top + np.log(np.exp(logs - top).sum(axis=axes, keepdims=True)), axis=axes))


@dataclass(frozen=True, eq=False, slots=True)
class EProcess:
    """The capital of one certificate, and how many questions and answers made it."""

    alpha: float
    delta: float
    sums: np.ndarray
    """What answers made of the log of the capital, shape (weeks, rates)."""
    unanswered: np.ndarray
    """What the tags without an answer would make of it if they were all right; of the same shape."""
    asked: int = 0
    right: int = 0
    wrong: int = 0

    @classmethod
    def begin(cls, alpha: float, delta: float, weeks: int) -> Self:
        """Return it before the first answer."""
        nothing = np.zeros((weeks, len(_RATES)))
        return cls(alpha, delta, nothing, nothing)

    @property
    def weeks(self) -> int:
        """In how many weeks a change is looked for."""
        return len(self.sums)

    def with_question(self, question: Question) -> Self:
        """Return it after a tag was put to a person."""
        right = growth(self.alpha, question.weight, 0.0)
        return replace(self, asked=self.asked + 1, unanswered=_added(self.unanswered, question.week, right))

    def with_answer(self, question: Question, *, is_wrong: bool) -> Self:
        """Return it after an answer to a question."""
        return self._answered(question, is_wrong, 1)

    def without_answer(self, question: Question, *, is_wrong: bool) -> Self:
        """Return it as if an answer that was counted had not been given."""
        return self._answered(question, is_wrong, -1)

    def _answered(self, question: Question, is_wrong: bool, times: int) -> Self:  # noqa: FBT001 (private)
        week, right = question.week, growth(self.alpha, question.weight, 0.0)
        said = growth(self.alpha, question.weight, float(is_wrong))
        return replace(
            self,
            sums=_added(self.sums, week, times * said),
            unanswered=_added(self.unanswered, week, -times * right),
            right=self.right + times * (not is_wrong),
            wrong=self.wrong + times * is_wrong,
        )

    @property
    def wealth(self) -> float:
        """The capital; 1 at the start."""
        return float(np.exp(np.minimum(log_wealth(self.sums), 300.0)))

    @property
    def answered(self) -> float:
        """The share of the questions that were answered; 1 while nothing was asked."""
        return (self.right + self.wrong) / max(self.asked, 1) if self.asked else 1.0

    @property
    def evidence(self) -> float:
        """The log of the evidence that the risk has risen, even if all unanswered tags were right."""
        return float(log_evidence(self.sums + self.unanswered))

    @property
    def is_over(self) -> bool:
        """Whether the answers refute that at most alpha are wrong: the capital reached 1 / delta."""
        return bool(refuted(self.sums, self.unanswered, np.array(self.answered), self.delta))


def refuted(sums: np.ndarray, unanswered: np.ndarray, answered: np.ndarray, delta: float) -> np.ndarray:
    """Tell whether answers refute certificates: `sums` and `unanswered` of `EProcess`, and the share answered."""
    limit = -math.log(delta)
    return np.asarray((log_wealth(sums + unanswered) >= limit) | ((answered >= ENOUGH) & (log_wealth(sums) >= limit)))


def _added(sums: np.ndarray, week: int, change: np.ndarray) -> np.ndarray:
    after = sums.copy()
    after[week] += change
    return after
