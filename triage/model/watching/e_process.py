"""Test by betting whether at most alpha of the tags that a certificate covers are wrong, one answer at a time.

A person answers whether an audited tag was right. Each answer multiplies a capital that starts at 1: it grows when
the tag was wrong and shrinks when it was right, so that its expectation never grows while the risk is at most alpha.
By Ville's inequality it then reaches 1 / delta with probability at most delta, however often one looks: whoever ends
the certificate there is wrong with probability at most delta (Podkopaev & Ramdas 2110.06177, Timans et al.
2506.16416).

The capital is divided before the first answer. Each part bets on one rate of wrong tags and on one week in which the
risk rises, and ignores tags of earlier weeks: months of right answers then do not use up what later weeks need. Bets
never depend on answers, so the capital is a product over answers: their order does not matter, an answer that changes
is replaced exactly, and the memory is one number for each week and rate.
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
_OF_RATES = np.array((0.15, 0.4, 0.25, 0.2))  # the share of the capital that bets on each
_FIRST_WEEK = 0.2  # the share that bets from the first week on; the others divide the rest


class Answer(NamedTuple):
    """A person's answer about an audited tag."""

    week: int
    """When the tag was given: in the first (0), second, … week of the certificate."""
    weight: float
    """The lowest probability at which any tag was audited then, divided by this tag's: at most 1."""
    is_wrong: bool


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
    """The capital of one certificate, and how many answers made it."""

    alpha: float
    delta: float
    sums: np.ndarray
    right: int = 0
    wrong: int = 0

    @classmethod
    def begin(cls, alpha: float, delta: float, weeks: int) -> Self:
        """Return it before the first answer."""
        return cls(alpha, delta, np.zeros((weeks, len(_RATES))))

    @property
    def weeks(self) -> int:
        """In how many weeks a change is looked for."""
        return len(self.sums)

    def with_answer(self, answer: Answer) -> Self:
        """Return it after an answer."""
        return self._counting(answer, 1)

    def without(self, answer: Answer) -> Self:
        """Return it as if an answer that was counted had not been given."""
        return self._counting(answer, -1)

    def _counting(self, answer: Answer, times: int) -> Self:
        sums = self.sums.copy()
        sums[answer.week] += times * growth(self.alpha, answer.weight, float(answer.is_wrong))
        if answer.is_wrong:
            return replace(self, sums=sums, wrong=self.wrong + times)
        return replace(self, sums=sums, right=self.right + times)

    @property
    def wealth(self) -> float:
        """The capital; 1 at the start."""
        return float(np.exp(np.minimum(log_wealth(self.sums), 300.0)))

    @property
    def evidence(self) -> float:
        """The log of the evidence that the risk has risen."""
        return float(log_evidence(self.sums))

    @property
    def is_over(self) -> bool:
        """Whether the answers refute that at most alpha are wrong: the capital reached 1 / delta."""
        return float(log_wealth(self.sums)) >= -math.log(self.delta)
