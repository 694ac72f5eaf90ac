"""Audits of tickets that are drawn again and again from a population whose every answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from training.audit.risk_test import RiskTest
from training.evaluation.certificates import Target

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
SIZE, LABELS, WRONG_CLOSED = 40_000, 8, 0.12
NOISES = ("uniform", "confusable", "accepted suggestions")


@dataclass(frozen=True, slots=True)
class Population:
    """Tickets in order of the head's confidence, surest first: whether its label is wrong, and is the closed label."""

    wrong: Flags
    agrees: Flags

    def risk(self, share: float) -> float:
        """Return the share of wrong labels among the surest tickets."""
        return float(self.wrong[: int(share * len(self.wrong))].mean())


def population(noise: str, error: float, seed: int = 0) -> Population:
    """Return tickets of which so many of the head's labels are wrong, and 12 % of the closed ones.

    Wrong closed labels are any other label; or the one that the head confuses too; or the head's own label, as agents
    leave it who accept what they are shown (then the wrong ones among the head's are mostly not corrected either).
    """
    random = np.random.default_rng([seed, NOISES.index(noise)])
    truth = random.integers(LABELS, size=SIZE)
    sure = np.linspace(0.4, 1.6, SIZE)
    confused = np.where(random.random(SIZE) < 0.8, truth ^ 1, (truth + 1 + random.integers(LABELS - 1, size=SIZE)) % 8)
    head = np.where(random.random(SIZE) < error * sure, confused, truth)
    slip = random.random(SIZE) < WRONG_CLOSED
    other = (truth + 1 + random.integers(LABELS - 1, size=SIZE)) % LABELS
    closed = np.where(slip, truth ^ 1 if noise == "confusable" else other, truth)
    if noise == "accepted suggestions":
        closed = np.where(random.random(SIZE) < 0.6, head, closed)
    return Population(head != truth, head == closed)


@dataclass(frozen=True, slots=True)
class Draws:
    """Held-out tickets of m redraws, in the order of asking: strata sizes (2, m), and answers (2, m, n)."""

    tickets: Counts
    wrong: Flags

    @classmethod
    def of(cls, wrong: Flags, agrees: Flags, counted: Flags) -> Draws:
        """Sort each redraw's tickets (m, n) into its strata; the order within them stays."""
        strata = [counted & agrees, counted & ~agrees]
        orders = [np.argsort(~stratum, axis=1, kind="stable") for stratum in strata]
        sizes = np.stack([stratum.sum(1) for stratum in strata])
        return cls(sizes, np.stack([np.take_along_axis(wrong, order, axis=1) for order in orders]))


def redrawn(tickets: Population, count: int, size: int, share: float, seed: int) -> tuple[Counts, Flags, Flags]:
    """Return ranks of the tickets of each redraw (count, size), and wrong and agrees of those."""
    drawn = np.random.default_rng(seed).integers(int(share * SIZE), size=(count, size))
    return drawn, tickets.wrong[drawn], tickets.agrees[drawn]


@dataclass(frozen=True, slots=True)
class Courses:
    """What m audits saw after each answer: wealth against what is needed (turns, m), and counts (turns, 2, m)."""

    wealth: Floats
    asked: Counts
    wrong: Counts


def follow(draws: Draws, target: Target, every: int = 1) -> Courses:
    """Follow the audits' rule until every ticket is answered; look at the wealth after `every` so many answers.

    The wealth is above 0 where it certifies. Audits in the same state are computed once.
    """
    size = draws.tickets.shape[1]
    asked, wrong = np.zeros((2, size), dtype=np.int64), np.zeros((2, size), dtype=np.int64)
    rows, seen = np.arange(size), []
    for turn in range(int(draws.tickets.sum(0).max()) + 1):
        states, which = np.unique(np.vstack([draws.tickets, asked, wrong]), axis=1, return_inverse=True)
        test = RiskTest(states[:2], target)
        looked = turn % every == 0
        wealth = test.log_wealth(states[2:4], states[4:]) - test.needed if looked else np.full(states.shape[1], -np.inf)
        seen.append((wealth[which.ravel()], asked.copy(), wrong.copy()))
        left = (asked < draws.tickets).any(0)
        stratum = test.bets.ask_disagreeing(states[2:4], states[4:])[which.ravel()].astype(int)
        answer = draws.wrong[stratum, rows, np.minimum(asked[stratum, rows], draws.wrong.shape[2] - 1)]
        asked[stratum, rows] += left
        wrong[stratum, rows] += answer & left
    return Courses(*(np.stack(each) for each in zip(*seen, strict=True)))


def clopper_pearson(wrong: Flags, target: Target) -> Floats:
    """Return log(delta / p) of the exact binomial test after each answer of a simple random sample, (turns, m)."""
    asked = np.arange(1, wrong.shape[1] + 1)[:, None]
    return np.log(target.delta) - np.log(binom.cdf(np.cumsum(wrong, axis=1).T, asked, target.alpha))


def fisher(courses: Courses, tickets: Counts, target: Target) -> Floats:
    """Return log(delta / p), p as Fisher combines the strata's binomial tails at the worst split, (turns, m)."""
    weight = tickets[1] / tickets.sum(0)
    worst = np.zeros(courses.wealth.shape)
    for share in np.linspace(0, 1, 15):
        disagree = np.minimum(share * target.alpha / np.maximum(weight, 1e-9), 1)
        agree = (target.alpha - weight * disagree) / (1 - weight)
        tails = [binom.cdf(courses.wrong[:, s], courses.asked[:, s], null) for s, null in ((0, agree), (1, disagree))]
        worst = np.maximum(worst, chi2.sf(-2 * np.log(np.maximum(tails[0] * tails[1], 1e-300)), 4))
    return np.log(target.delta) - np.log(worst)


StoppingRule = Callable[[Courses, Floats, Target], Flags]


def peeking(courses: Courses, above: Floats, target: Target) -> Flags:
    """Look after every answer; stop at the first time that it certifies."""
    return np.asarray((above >= 0).any(0))


def at_fixed_number(courses: Courses, above: Floats, target: Target) -> Flags:
    """Look once, after half of the tickets."""
    return np.asarray(above[len(above) // 2] >= 0)


def pausing(courses: Courses, above: Floats, target: Target) -> Flags:
    """Stop looking while the estimate is bad, go on asking, and look again once it is good."""
    estimate = courses.wrong.sum(1) / np.maximum(courses.asked.sum(1), 1)
    return np.asarray(((above >= 0) & (estimate < target.alpha)).any(0))


STOPPING_RULES: tuple[StoppingRule, ...] = (peeking, at_fixed_number, pausing)
