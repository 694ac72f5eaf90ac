"""The cut for urgent tickets keeps its miss rate: shown by drawing tickets again and again from a known population."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from training.evaluation import urgency_cutoff as urgency
from training.evaluation.urgency_cutoff import (
    Judged,
    Urgency,
    cut,
    learn,
    leave_one_out,
    measure,
    needed,
    recall_at_precision,
)
from triage.model import urgency as floors
from triage.model.head_entry import Metrics
from triage.model.urgency import Alarm

STRICT = Urgency(miss_rate=0.05)

DRAWS = 1_000
PRIORITIES = ("P0", "P1", "P2", "P3", "P4")
Rule = Callable[[np.ndarray, float], float | None]


def urgent_scores(kind: str) -> np.ndarray:
    """Return P(P0) + P(P1) of 20,000 urgent tickets: of a usual head, or with a tenth that nobody could tell."""
    random = np.random.default_rng(21)
    scores = random.beta(5, 1.5, size=20_000)
    if kind == "some hopeless":
        hopeless = random.random(20_000) < 0.1
        scores[hopeless] = random.beta(1, 20, size=int(hopeless.sum()))
    return scores


def naive(scores: np.ndarray, miss_rate: float) -> float:
    """Return the quantile of the scores seen: what people do by hand."""
    return float(np.quantile(scores, miss_rate))


def miss_rate_of(rule: Rule, kind: str, n: int, rate: float) -> tuple[float, float]:
    """Return the mean true miss rate over 1,000 draws of n urgent tickets, and its standard error."""
    everything, random = urgent_scores(kind), np.random.default_rng(22)
    ordered = np.sort(everything)
    missed = []
    for _ in range(DRAWS):
        found = rule(everything[random.integers(len(everything), size=n)], rate)
        missed.append(np.searchsorted(ordered, found, side="left") / len(ordered) if found is not None else 0.0)
    return float(np.mean(missed)), float(np.std(missed)) / sqrt(DRAWS)


@pytest.mark.parametrize("kind", ["usual", "some hopeless"])
@pytest.mark.parametrize(("n", "rate"), [(19, 0.05), (30, 0.05), (120, 0.05), (30, 0.1), (200, 0.01)])
def test_the_expected_miss_rate_is_at_most_the_one_promised(kind: str, n: int, rate: float) -> None:
    missed, error = miss_rate_of(cut, kind, n, rate)
    assert missed <= rate + 3 * error


@pytest.mark.parametrize(("n", "rate"), [(19, 0.05), (30, 0.05), (30, 0.1)])
def test_the_quantile_of_what_was_seen_misses_more_than_promised(n: int, rate: float) -> None:
    missed, error = miss_rate_of(naive, "usual", n, rate)
    assert missed > rate + 3 * error


@pytest.mark.parametrize(("n", "rate"), [(19, 0.05), (120, 0.05), (200, 0.01)])
def test_the_promise_is_not_kept_by_raising_everything(n: int, rate: float) -> None:
    missed, error = miss_rate_of(cut, "usual", n, rate)
    assert missed >= rate - 2 / (n + 1) - 3 * error  # the lower bound of Angelopoulos et al. 2022, theorem 2


@given(st.lists(st.floats(0, 1), min_size=1, max_size=80), st.sampled_from([0.01, 0.05, 0.07, 0.1, 0.29, 0.5]))
def test_the_cut_is_the_largest_score_that_the_definition_allows(scores: list[float], rate: float) -> None:
    found, n = cut(np.array(scores), rate), len(scores)

    def allowed(at: float) -> bool:
        return sum(score < at for score in scores) + 1 <= rate * (n + 1) + 1e-9

    assert (found is None) == (n < needed(rate))
    if found is not None:
        assert allowed(found)
        assert not any(allowed(score) for score in scores if score > found)


@pytest.mark.parametrize(("rate", "tickets"), [(0.05, 19), (0.01, 99), (0.1, 9), (0.5, 1)])
def test_so_many_urgent_tickets_give_a_cut_and_one_fewer_does_not(rate: float, tickets: int) -> None:
    assert needed(rate) == tickets
    assert cut(np.full(tickets - 1, 0.5), rate) is None
    assert cut(np.full(tickets, 0.5), rate) == 0.5


def judged(truth: list[str], scores: list[float]) -> Judged:
    """Return tickets whose score is all P1, the rest P3."""
    rows = np.array([[0, score, 0, 1 - score, 0] for score in scores], dtype=np.float64)
    return Judged(truth, PRIORITIES, rows)


def test_a_cut_is_learnt_and_rounded_down() -> None:
    found = learn(judged(["P1"] * 19 + ["P3"] * 20, [0.87654321] + [0.9] * 18 + [0.1] * 20), STRICT)
    assert (found.cut, found.n, found.needed, found.problem) == (0.8765, 19, 19, None)


@pytest.mark.parametrize(
    ("held_out", "said"),
    [
        (
            judged(["P0"] * 18 + ["P3"], [0.9] * 18 + [0.1]),
            "18 newer tickets are P0 or P1; a miss rate of 5.0% takes 19",
        ),
        (judged(["P1"] * 19 + ["P3"] * 20, [0.2] * 39), "would raise 100% of the tickets that are not urgent$"),
        (Judged(["P1"] * 20, ("P2", "P3"), np.full((20, 2), 0.5)), "knows neither P0 nor P1"),
        (Judged([], PRIORITIES, np.empty((0, 5))), "0 newer tickets"),
    ],
)
def test_without_a_cut_it_is_said_why(held_out: Judged, said: str) -> None:
    found = learn(held_out, STRICT)
    assert found.cut is None
    assert found.problem is not None
    assert re.search(said, found.problem)


def test_a_cut_that_would_bury_the_rest_gives_way_to_a_higher_one_with_the_miss_rate_that_it_keeps() -> None:
    """The lowest of 19 would raise all others; from the second on none is raised: (1 miss + 1) / 20."""
    found = learn(judged(["P1"] * 19 + ["P3"] * 20, [0.9] * 18 + [0.1] + [0.2] * 20), STRICT)
    assert (found.cut, found.miss_rate, found.problem) == (0.9, 0.1, None)


def test_what_the_head_calls_urgent_itself_is_not_raised_by_the_cut() -> None:
    found = learn(judged(["P1"] * 19 + ["P3"] * 20, [0.6] * 39), STRICT)
    assert (found.cut, found.miss_rate) == (0.6, 0.05)


@given(st.lists(st.tuples(st.sampled_from(PRIORITIES), st.floats(0, 1)), min_size=20, max_size=60))
def test_a_cut_never_raises_more_of_the_others_than_allowed(tickets: list[tuple[str, float]]) -> None:
    held_out = judged([label for label, _ in tickets], [score for _, score in tickets])
    found = learn(held_out, STRICT)
    if found.cut is not None:
        raised = (held_out.scores >= found.cut) & (held_out.steps > 1) & ~held_out.urgent
        assert raised.sum() <= STRICT.most_raised * (~held_out.urgent).sum()
        assert STRICT.miss_rate <= found.miss_rate <= 0.5


def test_a_probability_raises_by_one_level_only() -> None:
    rows = np.array([[0, 0.4, 0, 0, 0.6], [0, 0.4, 0, 0.6, 0], [0, 0.4, 0.6, 0, 0], [0.6, 0.4, 0, 0, 0]])
    found = measure(Judged(["P3", "P2", "P1", "P0"], PRIORITIES, rows), Urgency(), [None] * 4, 0.4)
    assert found
    assert (found.floor.ordinal_cost, found.floor.raised, found.floor.raised_wrongly) == (0.0, 3, 0)


def test_a_held_out_ticket_is_measured_by_the_cut_that_the_others_set() -> None:
    held_out = judged(["P1"] * 20 + ["P4"] * 10, [0.3, *([0.9] * 19), *([0.05] * 10)])
    record = learn(held_out, STRICT)
    cuts = leave_one_out(held_out, record)
    assert record.cut == 0.3
    assert cuts[0] == 0.9  # so the first ticket is missed
    assert set(cuts[1:20]) == set(cuts[20:]) == {0.3}
    found = measure(held_out, record, [None] * 30, cuts)
    assert found
    assert found.floor.urgent_missed == 1 / 20


def test_what_a_miss_costs_and_what_the_floor_saves() -> None:
    """P0 said P3 costs 3 steps of 3, P3 said P1 2 steps of 1, P1 said P3 2 steps of 3: 17 for 4 tickets.

    With the floor P0 is right by its phrase, and P1 is said P2 by its probability: 2 steps of 1 and 1 step of 3.
    """
    tickets = judged(["P0", "P3", "P1", "P4"], [0.1, 0.8, 0.4, 0.1])
    tickets = Judged([*tickets.truth[:3], "P3"], PRIORITIES, tickets.probabilities)
    alarms = [Alarm("P0", "lexicon", ""), None, None, None]
    found = measure(tickets, Urgency(under_cost=3.0, over_cost=1.0), alarms, 0.35)
    assert found
    assert found.ordinal_cost == (9 + 2 + 6 + 0) / 4
    assert (found.urgent_missed, found.recall_p0) == (1.0, 0.0)
    assert asdict(found.floor) == {
        "ordinal_cost": (2 + 3) / 4,
        "urgent_missed": 1 / 2,
        "recall_p0": 1.0,
        "raised": 2,
        "raised_wrongly": 0,
        "by_lexicon": 1,
    }


def test_a_phrase_that_raises_too_far_is_counted_as_wrong() -> None:
    found = measure(judged(["P3"], [0.1]), Urgency(under_cost=3.0, over_cost=1.0), [Alarm("P0", "lexicon", "")], None)
    assert found
    assert (found.floor.raised, found.floor.raised_wrongly) == (1, 1)
    assert found.floor.ordinal_cost == 3.0
    assert found.urgent_recall == {"0.5": None, "0.8": None}


def test_labels_that_are_no_priorities_are_not_measured_as_such() -> None:
    held_out = Judged(["high"], ("high", "low"), np.array([[0.9, 0.1]]))
    assert measure(held_out, Urgency(under_cost=3.0, over_cost=1.0), [None], None) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=40), st.sampled_from([0.5, 0.8]))
def test_recall_at_a_precision_is_the_best_of_all_thresholds(pairs: list[tuple[bool, int]], precision: float) -> None:
    positive, scores = np.array([p for p, _ in pairs]), np.array([s / 10 for _, s in pairs])
    recalls = [0.0]
    for threshold in set(scores.tolist()):
        taken = scores >= threshold
        if positive[taken].sum() >= precision * taken.sum() and positive.any():
            recalls.append(positive[taken].sum() / positive.sum())
    found = recall_at_precision(positive, scores, precision)
    assert found == (pytest.approx(max(recalls)) if positive.any() else None)


@given(
    st.lists(st.tuples(st.sampled_from(PRIORITIES), st.floats(0, 1)), min_size=1, max_size=30),
    st.floats(0, 1),
    st.data(),
)
def test_the_floor_never_misses_more_than_the_head(
    tickets: list[tuple[str, float]], at: float, data: st.DataObject
) -> None:
    alarms = [
        data.draw(st.sampled_from([None, Alarm("P0", "lexicon", ""), Alarm("P1", "lexicon", "")])) for _ in tickets
    ]
    held_out = judged([label for label, _ in tickets], [score for _, score in tickets])
    found = measure(held_out, Urgency(under_cost=3.0, over_cost=1.0), alarms, at)
    assert found
    if found.urgent_missed is not None:
        assert found.floor.urgent_missed is not None
        assert found.floor.urgent_missed <= found.urgent_missed
    if found.recall_p0 is not None:
        assert found.floor.recall_p0 is not None
        assert found.floor.recall_p0 >= found.recall_p0


def test_the_report_never_tells_accuracy_alone() -> None:
    held_out = judged(["P1"] * 20 + ["P4"] * 10, [0.3, *([0.9] * 19), *([0.05] * 10)])
    found, figures = urgency.cutoff(held_out, STRICT, floors.default(), [""] * 30)
    lines = list(urgency.told(found, Metrics(n=30).with_priorities(figures)))
    assert "urgent tickets missed: 5.0% by the head, 5.0% with the floor" in lines[0]
    assert "cost per ticket" in lines[1]
    assert "at most 5% of urgent tickets missed" in lines[2]
    assert not list(urgency.told(None, Metrics(n=1, accuracy=1.0)))
