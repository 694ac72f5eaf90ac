"""The difference of two arms: its interval by hand, and in seeded experiments that are looked at every day."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from triage.experiments.arms import ArmSums, Unit
from triage.experiments.difference import FEWEST, difference, margin, sessions_to_see
from triage.experiments.sample_ratio import sample_ratio


def arm(units: int, tickets: int) -> ArmSums:
    """Return an arm of visitors with one session each."""
    return ArmSums(units, tickets, units, tickets, units, tickets, tickets)


def test_the_interval_is_that_of_the_normal_mixture() -> None:
    """By hand, for 60 of 100 and 400 of 1,000.

    Variances with two units added: 61/102 * 41/102 / 101 = 0.0023797 and 401/1002 * 601/1002 / 1001 = 0.0002398, so one
    standard error is 0.051181. rho^2 = (5.9915 + ln 5.9915 + 1) / 500 = 0.0175637, and 100 * 1000 / 1100 = 90.909 units
    are the time 1.59670: sqrt(2.59670 / 1.59670 * (ln 2.59670 + 5.9915)) = 3.36128 standard errors.
    """
    found = difference(arm(1000, 400), arm(100, 60))
    assert found is not None
    assert found.low is not None
    assert found.value == pytest.approx(0.2)
    assert found.value - found.low == pytest.approx(0.051181 * 3.36128, rel=1e-4)
    assert found.is_seen


def test_visitors_who_come_often_count_as_one_each() -> None:
    """The same sessions and tickets from a tenth of the visitors: ten alike sessions say no more than one."""
    many = [Unit(1, 1)] * 400 + [Unit(1, 0)] * 600
    few = [Unit(10, 10)] * 40 + [Unit(10, 0)] * 60
    loose, tight = (margin(ArmSums.of(some), ArmSums.of(some)) for some in (few, many))
    assert loose > 3 * tight


@pytest.mark.parametrize(
    ("bot", "holdout"),
    [
        (arm(500, 100), arm(100, FEWEST - 1)),
        (arm(500, 100), arm(100, 100 - FEWEST + 1)),
        (arm(500, FEWEST - 1), arm(100, 50)),
    ],
    ids=["few-with-a-ticket", "few-without-one", "few-with-the-bot"],
)
def test_too_few_tell_a_difference_but_no_interval(bot: ArmSums, holdout: ArmSums) -> None:
    found = difference(bot, holdout)
    assert found is not None
    assert (found.low, found.high, found.is_seen) == (None, None, False)
    assert sessions_to_see(bot, holdout) is None


def test_without_sessions_there_is_no_difference() -> None:
    assert difference(ArmSums(), arm(100, 50)) is None
    assert sessions_to_see(ArmSums(), ArmSums()) is None


def test_it_says_how_many_more_sessions_show_the_difference() -> None:
    bot, holdout = arm(1900, 570), arm(100, 35)
    more = sessions_to_see(bot, holdout)
    assert more is not None
    times = 1 + more / 2000
    assert margin(bot, holdout, times) <= 0.05 < margin(bot, holdout, times * 0.999)
    assert sessions_to_see(arm(19_000, 5700), arm(10_000, 3500)) == 0
    assert sessions_to_see(arm(1900, 570), arm(100, 30)) is None


def test_sizes_that_chance_does_not_give_are_called_wrong() -> None:
    assert not sample_ratio(950, 50, 0.05).is_mismatch
    assert not sample_ratio(0, 0, 0.05).is_mismatch
    assert sample_ratio(970, 20, 0.05).is_mismatch
    assert sample_ratio(20_000, 800, 0.05).p_value < 1e-10


class Experiment(NamedTuple):
    """An experiment: visitors a day, the holdout's share, tickets a session in both arms, and later visits."""

    visitors: int
    share: float
    bot: float
    holdout: float
    returns: float = 0.0
    days: int = 60


A_A = [
    Experiment(40, 0.05, 0.3, 0.3),
    Experiment(400, 0.05, 0.02, 0.02),
    Experiment(60, 0.5, 0.1, 0.1, returns=2.0),
    Experiment(100, 0.1, 0.9, 0.9, returns=1.0),
]
SAVING = [Experiment(20, 0.5, 0.25, 0.4), Experiment(400, 0.05, 0.3, 0.4), Experiment(200, 0.2, 0.01, 0.03, returns=1)]


class Looks(NamedTuple):
    """The share of the runs in which some day's interval missed the truth, called a difference, or the sizes wrong."""

    missed: float
    seen: float
    mismatched: float


def looked_at_daily(experiment: Experiment, runs: int) -> Looks:
    """Run experiments, and look at each every day."""
    rng = np.random.default_rng(20261130)
    share, truth = experiment.share, experiment.holdout - experiment.bot
    bots = sums_by_day(rng, experiment, runs, (1 - share, experiment.bot))
    holdouts = sums_by_day(rng, experiment, runs, (share, experiment.holdout))
    found = np.zeros(3)
    for bot_days, holdout_days in zip(bots, holdouts, strict=True):
        missed = seen = mismatched = False
        for bot, holdout in zip(bot_days, holdout_days, strict=True):
            arms = ArmSums(*bot), ArmSums(*holdout)
            today = difference(*arms)
            if today is not None and today.low is not None and today.high is not None:
                missed |= not today.low <= truth <= today.high
                seen |= today.is_seen
            mismatched |= sample_ratio(arms[0].units, arms[1].units, share).is_mismatch
        found += [missed, seen, mismatched]
    return Looks(*(found / runs))


def sums_by_day(rng: np.random.Generator, of: Experiment, runs: int, arm: tuple[float, float]) -> list[list[list[int]]]:
    """Return the sums of an arm at the end of each day of each run; visitors who come back have habits of their own."""
    share, rate = arm
    arrived = rng.poisson(of.visitors * share, runs * of.days)
    day, n = np.repeat(np.arange(runs * of.days), arrived), int(arrived.sum())
    sessions = rng.geometric(1 / (1 + of.returns), n)
    habit = rng.beta(2 * rate, 2 * (1 - rate), n) if of.returns else np.full(n, rate)
    tickets = rng.binomial(sessions, habit)
    values = (np.ones(n), tickets > 0, sessions, tickets, sessions**2, tickets**2, sessions * tickets)
    counts = [np.bincount(day, each, minlength=runs * of.days).reshape(runs, of.days) for each in values]
    found: list[list[list[int]]] = np.stack(counts, axis=-1).cumsum(axis=1).astype(int).tolist()
    return found


@pytest.mark.parametrize("experiment", A_A)
def test_two_equal_arms_are_called_different_in_few_runs_though_looked_at_daily(experiment: Experiment) -> None:
    """120 runs: 0.05 and three standard errors of it are 0.05 + 3 * sqrt(0.05 * 0.95 / 120) = 0.11."""
    found = looked_at_daily(experiment, 120)
    assert found.seen <= 0.11
    assert found.mismatched <= 0.04


@pytest.mark.slow
@pytest.mark.parametrize("experiment", A_A)
def test_of_1000_experiments_with_equal_arms_at_most_5_percent_are_ever_called_different(
    experiment: Experiment,
) -> None:
    found = looked_at_daily(experiment, 1_000)
    assert found.seen <= 0.05
    assert found.mismatched <= 0.01


@pytest.mark.slow
@pytest.mark.parametrize("experiment", SAVING)
def test_in_95_percent_of_1000_experiments_every_days_interval_holds_the_truth(experiment: Experiment) -> None:
    found = looked_at_daily(experiment, 1_000)
    assert found.missed <= 0.05
    assert found.seen >= 0.9


def test_a_fixed_interval_that_is_looked_at_daily_does_not_keep_its_promise() -> None:
    """Why it is wider: 1.96 standard errors, looked at on 60 days, call far more than 5 % of equal arms different."""
    rng = np.random.default_rng(7)
    of = Experiment(60, 0.5, 0.3, 0.3)
    arms = [sums_by_day(rng, of, 200, (0.5, 0.3)) for _ in range(2)]
    wrong = 0
    for bot_days, holdout_days in zip(*arms, strict=True):
        pairs = [(ArmSums(*b), ArmSums(*h)) for b, h in zip(bot_days, holdout_days, strict=True)]
        wrong += any(abs(_z(*pair)) > 1.96 for pair in pairs)
    assert wrong / 200 > 0.15


def _z(bot: ArmSums, holdout: ArmSums) -> float:
    assert bot.rate is not None
    assert holdout.rate is not None
    spread = math.sqrt(
        sum(each.rate * (1 - each.rate) / each.units for each in (bot, holdout) if each.rate is not None)
    )
    return (holdout.rate - bot.rate) / spread if spread else 0.0
