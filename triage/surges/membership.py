"""Which tickets of a window belong to a burst: a mixture of the desk's usual words and the burst's own.

A ticket of the burst takes part of its words from the burst and the rest from usual language. How large that part is
depends on the burst: of one broken button people write nearly the same, of an outage everybody writes otherwise. So it
is chosen by likelihood. Each ticket is judged by the words of the others (expectation maximisation with one left
out), so that one which happens to come at the same time does not teach that its own words are the burst's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from triage.surges.arrival import Arrival
from triage.surges.background import Background

PARTS: Final = (0.02, 0.1, 0.3, 0.6)
"""Of a ticket's words, those that may be the burst's own."""
_ROUNDS: Final = 4
_HALF: Final = 0.5
_COMMON: Final = 8  # words that are named
_FEWEST: Final = 3  # senders of a word that is named


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a burst's tickets, each ticket weighed, and the part of a ticket's words that is the burst's own."""

    counts: Mapping[str, float]
    texts: float
    part: float = PARTS[0]

    @classmethod
    def of(cls, arrivals: Sequence[Arrival], weights: Sequence[float], part: float = PARTS[0]) -> Words:
        """Count."""
        counts: dict[str, float] = {}
        for each, weight in zip(arrivals, weights, strict=True):
            for word in each.words:
                counts[word] = counts.get(word, 0.0) + weight
        return cls(counts, math.fsum(weights), part)

    @classmethod
    def fitted(cls, arrivals: Sequence[Arrival], background: Background) -> Words:
        """Count the words of tickets that are known to belong together, with the likeliest part."""
        ones = [1.0] * len(arrivals)
        made = [cls.of(arrivals, ones, part) for part in PARTS]
        return max(made, key=lambda words: math.fsum(words.log_odds(each, background, 1.0) for each in arrivals))

    def log_odds(self, each: Arrival, background: Background, own: float = 0.0) -> float:
        """Return how much likelier the words of a ticket are in the burst than usually, its `own` weight left out."""
        texts = self.texts - own
        if texts <= 0:
            return 0.0
        total = 0.0
        for word in each.words:
            share = max(self.counts.get(word, 0.0) - own, 0.0) / texts
            total += math.log(1 - self.part + self.part * share / background.word_share(word))
        return total

    def common(self, arrivals: Sequence[Arrival], background: Background) -> list[str]:
        """Return the words that set the burst apart, the most telling first; each is of several senders."""
        senders: dict[str, set[str]] = {}
        for each in arrivals:
            for word in each.words:
                senders.setdefault(word, set()).add(each.sender)
        telling = {}
        for word, people in senders.items():
            share = self.counts.get(word, 0.0) / max(self.texts, 1.0)
            usual = background.word_share(word)
            if len(people) >= _FEWEST and share > 2 * usual:
                telling[word] = len(people) * math.log(share / usual)
        return sorted(telling, key=lambda word: (-telling[word], word))[:_COMMON]


def members(arrivals: Sequence[Arrival], first: Sequence[float], share: float, background: Background) -> list[Arrival]:
    """Return the tickets that belong to a burst.

    Parameters
    ----------
    arrivals
        The tickets of the window.
    first
        With which probability each belongs to it, at first.
    share
        Of the tickets, those that are expected to belong to it.
    background
        What the desk's tickets usually say.

    Returns
    -------
    list of Arrival
        Those with a probability above one half.
    """
    likeliest, best = list(first), -math.inf
    for part in PARTS:
        weights, likelihood = _fitted(arrivals, first, share, part, background)
        if likelihood > best:
            likeliest, best = weights, likelihood
    return [each for each, weight in zip(arrivals, likeliest, strict=True) if weight > _HALF]


def joining(
    candidates: Sequence[Arrival], known: Sequence[Arrival], share: float, background: Background
) -> list[Arrival]:
    """Return the tickets that belong to a burst that is known, where `share` of them are expected to."""
    words, prior = Words.fitted(known, background), _logit(share)
    return [each for each in candidates if prior + words.log_odds(each, background) > 0]


def _fitted(
    arrivals: Sequence[Arrival], first: Sequence[float], share: float, part: float, background: Background
) -> tuple[list[float], float]:
    """Return the weights of tickets, and the logarithm of their likelihood beside that of usual words alone."""
    weights, prior, odds = list(first), _logit(share), [0.0] * len(arrivals)
    for _ in range(_ROUNDS):
        words = Words.of(arrivals, weights, part)
        odds = [words.log_odds(each, background, own) for each, own in zip(arrivals, weights, strict=True)]
        weights = [_probability(prior + each) for each in odds]
    chance = _probability(prior)
    return weights, math.fsum(math.log(chance * math.exp(min(each, 500.0)) + 1 - chance) for each in odds)


def _logit(share: float) -> float:
    held = min(max(share, 0.05), 0.95)
    return math.log(held / (1 - held))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(log_odds, 40.0), -40.0)))
