"""Erlang-A against known values, and against a simulation of the same queue."""

from __future__ import annotations

import math
from random import Random

import pytest

from triage.capacity.erlang import Queue, agents_needed
from triage.capacity.errors import TooManyAgents
from triage.capacity.simulation import Handling, Passed, Slot, simulate

MINUTE = 1 / 60
QUEUES = [
    Queue(100, 3 * MINUTE, 6, 2 * MINUTE),  # usual
    Queue(100, 3 * MINUTE, 5, 2 * MINUTE),  # as many agents as load
    Queue(400, 3 * MINUTE, 15, 2 * MINUTE),  # far more load than agents, so many give up
    Queue(1000, 6 * MINUTE, 100, 1 * MINUTE),  # large and impatient
    Queue(30, 12 * MINUTE, 7, 10 * MINUTE),  # patient
    Queue(12, 20 * MINUTE, 5),  # nobody gives up
    Queue(2.4, 20 * MINUTE, 1),  # one agent, 80 % busy
]
TARGET = 1 * MINUTE


def simulated(queue: Queue, contacts: int = 400_000) -> list[Passed]:
    """Ten times what a queue needs to settle is left out."""
    span, settled = contacts / queue.arrivals, contacts / queue.arrivals / 50
    slots = [Slot(0.0, span, queue.arrivals, queue.agents)]
    return [
        each for each in simulate(slots, Handling(queue.handling, queue.patience), Random(7)) if each.came > settled
    ]


@pytest.mark.parametrize("queue", QUEUES, ids=lambda each: f"{each.load:.0f} on {each.agents}")
def test_the_formula_and_a_simulation_agree_within_three_percent(queue: Queue) -> None:
    passed = simulated(queue)
    n = len(passed)
    found = {
        "queued": sum(each.left > each.came for each in passed) / n,
        "abandoned": sum(not each.is_answered for each in passed) / n,
        "mean": sum(each.left - each.came for each in passed) / n,
        "within": sum(each.is_answered and each.left - each.came <= TARGET for each in passed) / n,
    }
    expected = {
        "queued": queue.queued,
        "abandoned": queue.abandoned,
        "mean": queue.mean_time,
        "within": queue.answered_within(TARGET),
    }
    assert found == pytest.approx(expected, rel=0.03)


def test_without_patience_it_is_erlang_c() -> None:
    """One agent: the share that queues is the load, and its mean time is load / (1 - load) of the handling time."""
    queue = Queue(2.4, 1 / 3, 1)
    assert (queue.queued, queue.mean_time, queue.occupancy) == pytest.approx((0.8, 4 / 3, 0.8))
    assert queue.answered_within(1.0) == pytest.approx(1 - 0.8 * math.exp(-0.6), rel=1e-5)


def test_erlang_c_of_several_agents() -> None:
    """Erlang's table: 10 Erlangs on 12 agents, 45 % queue."""
    assert Queue(10, 1.0, 12).queued == pytest.approx(0.4494, abs=1e-4)


@pytest.mark.parametrize("queue", QUEUES[:5])
def test_who_gives_up_is_the_queue_by_the_rate_of_leaving(queue: Queue) -> None:
    """Counted again from the chances of 0, 1, 2 … contacts: those of a birth and death process."""
    chance, total, queueing, n = 1.0, 1.0, 0.0, queue.agents
    for number in range(1, 3_000):
        leaving = min(number, n) / queue.handling + max(number - n, 0) / (queue.patience or 1.0)
        chance *= queue.arrivals / leaving
        total += chance
        queueing += chance * max(number - n, 0)
        if total > 1e200:
            chance, total, queueing = chance / 1e200, total / 1e200, queueing / 1e200
    assert queue.abandoned == pytest.approx(queueing / total / (queue.patience or 1.0) / queue.arrivals, rel=1e-5)


def test_without_agents_everybody_gives_up() -> None:
    queue = Queue(10, 1.0, 0, 0.05)
    assert (queue.queued, queue.abandoned, queue.mean_time, queue.answered_within(9.0)) == (1.0, 1.0, 0.05, 0.0)
    assert Queue(10, 1.0, 0).abandoned == 0.0


def test_a_queue_that_grows_without_end_says_so() -> None:
    queue = Queue(10, 1.0, 10)
    assert (queue.is_stable, queue.mean_time, queue.answered_within(1.0)) == (False, math.inf, 0.0)


@pytest.mark.parametrize("share", [0.8, 0.95])
@pytest.mark.parametrize("arrivals", [0.5, 7.0, 60.0, 900.0])
def test_the_agents_needed_are_the_fewest_that_meet_the_target(arrivals: float, share: float) -> None:
    n = agents_needed(Queue(arrivals, 0.1, 0, 0.05), within=1 / 60, share=share)
    assert Queue(arrivals, 0.1, n, 0.05).answered_within(1 / 60) >= share
    assert n == 1 or Queue(arrivals, 0.1, n - 1, 0.05).answered_within(1 / 60) < share


def test_agents_are_busy_for_no_more_of_their_time_than_they_may() -> None:
    """100 Erlangs: 101 agents would answer within an hour, 125 are busy for 80 % of their time."""
    assert agents_needed(Queue(100, 1.0, 0), within=1.0, share=0.5, most_occupied=0.8) == 125


def test_nothing_to_do_needs_nobody_and_too_much_is_refused() -> None:
    assert agents_needed(Queue(0, 1.0, 0), within=1.0, share=0.9) == 0
    with pytest.raises(TooManyAgents, match="more than 5,000 agents"):
        agents_needed(Queue(9_000, 1.0, 0), within=1.0, share=0.9)


@pytest.mark.parametrize("arrivals", [40.0, 300.0])
def test_a_simulation_needs_as_many_agents_as_the_formula(arrivals: float) -> None:
    """With one agent fewer it misses 80 % within a minute, too."""
    n = agents_needed(Queue(arrivals, 0.1, 0, 0.05), within=TARGET, share=0.8)

    def within(agents: int) -> float:
        passed = simulated(Queue(arrivals, 0.1, agents, 0.05), 100_000)
        return sum(each.is_answered and each.left - each.came <= TARGET for each in passed) / len(passed)

    assert within(n - 1) < 0.8 <= within(n)
