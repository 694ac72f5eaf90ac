"""Heads and slices tested together: at most delta of the desks get a wrong certificate, at the boundary too."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from training.evaluation.certificates import Evidence, Ladder, Target, certify
from training.evaluation.families import Candidate, Sides, candidates, settle, shares

TARGET = Target(0.05, 0.1)
STEPS = np.array([0.9, 0.7, 0.5])
GOOD, BAD = 0.002, 0.0501
"""Shares of errors at each step: surely below alpha, and a hair above it."""


def drawn(risks: tuple[float, ...], noise: np.ndarray) -> Evidence:
    """Return a head's tickets, a third of them down to each step; where noise is below the risk the label is wrong."""
    third = len(noise) // len(STEPS)
    return Evidence(np.repeat(STEPS + 0.05, third), noise >= np.repeat(risks, third))


@pytest.mark.parametrize(
    "desk",
    [
        [(BAD,) * 3] * 3,
        [(GOOD,) * 3, (GOOD,) * 3, (BAD,) * 3],
        [(GOOD,) * 3, (GOOD, GOOD, 0.148), (BAD,) * 3],
        [(GOOD,) * 3, (GOOD,) * 3, (GOOD, 0.0983, 0.0501)],
    ],
    ids=["all too bad", "two pass and hand on", "one ends on the way", "the last one ends on the way"],
)
@pytest.mark.parametrize("alike", [False, True], ids=["apart", "on the same tickets"])
@pytest.mark.parametrize("draws", [400, pytest.param(4_000, marks=pytest.mark.slow)])
def test_at_most_delta_of_the_desks_get_any_wrong_certificate(
    desk: list[tuple[float, ...]], alike: bool, draws: int
) -> None:
    """The risk at a step is the mean of those down to it: it exceeds alpha from the first such step on."""
    random, tickets, wrong = np.random.default_rng(7), 600, 0
    true = [np.cumsum(risks) / np.arange(1, 4) > TARGET.alpha for risks in desk]
    for _ in range(draws):
        common = random.random(tickets)
        noises = [common if alike else random.random(tickets) for _ in desk]
        heads = [Candidate(Ladder(STEPS, 1.0), drawn(risks, noise)) for risks, noise in zip(desk, noises, strict=True)]
        found = settle(heads, TARGET)
        wrong += any(bad[: len(each.steps)].any() for bad, each in zip(true, found, strict=True))
    assert wrong / draws <= TARGET.delta + 3 * sqrt(TARGET.delta * (1 - TARGET.delta) / draws)


def sure(n: int, *, wrong: int = 0) -> Evidence:
    return Evidence(np.full(n, 0.95), np.arange(n) >= wrong)


def candidate(n: int, *, chance: float = 1.0, wrong: int = 0) -> Candidate:
    return Candidate(Ladder(np.array([0.9]), chance), sure(n, wrong=wrong))


def test_a_head_that_has_passed_hands_on_what_it_was_tested_with() -> None:
    """At a third of 10 % it takes 67 tickets without an error, at a half 59, at all of it 45."""
    found = settle([candidate(67), candidate(45), candidate(59)], TARGET)
    assert [each.passed is not None for each in found] == [True, True, True]
    assert [each.level for each in found] == pytest.approx([0.1 / 3, 0.1, 0.05])
    assert {each.target for each in found} == {TARGET}
    assert not any(each.passed for each in settle([candidate(66), candidate(45), candidate(59)], TARGET))


def test_a_head_without_a_chance_takes_nothing_from_the_others_and_is_tested_once_they_have_passed() -> None:
    hopeless = candidate(45, chance=0.01)
    assert shares([candidate(45), hopeless]) == [1.0, 0.0]
    assert [bool(each.passed) for each in settle([candidate(45), hopeless], TARGET)] == [True, True]
    assert [bool(each.passed) for each in settle([candidate(44), hopeless], TARGET)] == [False, False]
    assert shares([hopeless, hopeless]) == [0.5, 0.5]
    assert shares([]) == []


def test_what_a_head_cannot_take_goes_to_nobody_twice() -> None:
    empty = Candidate(Ladder(np.empty(0), 0.0), sure(100))
    first, second = settle([empty, candidate(45)], TARGET)
    assert (first.start, first.passed, second.level) == (None, None, TARGET.delta)
    assert second.passed


def test_one_head_alone_is_tested_as_ever() -> None:
    evidence = Evidence(np.repeat([0.95, 0.75, 0.55], 100), np.arange(300) < 270)
    (found,) = settle([Candidate(Ladder(STEPS, 0.9), evidence)], TARGET)
    assert found.steps == certify(STEPS, evidence, TARGET).steps
    assert len(found.steps) == 2


def test_passing_a_ladder_takes_every_step_of_it() -> None:
    """The first head's last step fails, so its share stays with it, and the second needs 59 tickets."""
    first = Candidate(Ladder(STEPS, 1.0), Evidence(np.repeat([0.95, 0.55], 100), np.arange(200) < 100))
    assert not settle([first, candidate(58)], TARGET)[1].passed
    assert settle([first, candidate(59)], TARGET)[1].passed


def test_a_chance_is_judged_at_the_whole_delta_and_ladders_are_chosen_for_the_share_that_is_left() -> None:
    """Of 60 tickets 70 % are expected, 42: too few for a third of delta (67), and for all of it (45); of 70, 49."""
    sides = [Sides(sure(n), sure(n), 0.0) for n in (60, 70, 400)]
    chances = [each.ladder.chance for each in candidates(sides, TARGET)]
    assert [chance > 0.05 for chance in chances] == [False, True, True]
    assert shares(candidates(sides, TARGET)) == [0.0, 0.5, 0.5]
    assert [each.passed is not None for each in settle(candidates(sides, TARGET), TARGET)] == [True, True, True]
