"""Certificates slice by slice hold in every slice at once: shown on a population whose slices differ in difficulty."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation import partition as partitions
from training.evaluation import slices
from training.evaluation.certificates import Evidence, Target, certify, ladder, needed
from training.evaluation.partition import ENOUGH, partition
from training.evaluation.slices import Bound, Sliced, Unproven, facts_of, promises, prove, told
from triage.model.assessment import HeadThresholds, Leaf
from triage.model.head_entry import SliceFigures
from triage.tickets.closed_ticket import ClosedTicket

DRAWS, CALIBRATE, HELD_OUT, TOTAL = 1_000, 800, 1_200, 20_000
TARGET = Target(0.05, 0.1)
HIGHEST = TARGET.delta + 3 * sqrt(TARGET.delta * (1 - TARGET.delta) / DRAWS)  # 0.128: three standard errors
EASY, HARD = {"language": "en"}, {"language": "de"}


def population(kind: str) -> tuple[Evidence, np.ndarray]:
    """Return 20,000 tickets, half of them German: where it is right less often; or all just too bad."""
    random = np.random.default_rng(21)
    confidence, hard = random.beta(4, 1, size=TOTAL), random.random(TOTAL) < 0.5
    risk = np.where(hard, (1 - confidence) ** 0.9, (1 - confidence) ** 1.8)
    risk = risk if kind == "usual" else np.full(TOTAL, 1.03 * TARGET.alpha)
    return Evidence(confidence, random.random(TOTAL) >= risk), hard


class Truth:
    """The true risks of the population's two halves at any threshold."""

    def __init__(self, kind: str) -> None:
        self.everything, self.hard = population(kind)
        self.halves = [self._sorted(own) for own in (~self.hard, self.hard)]

    def _sorted(self, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.everything.confidence[own])
        return self.everything.confidence[own][order], np.append(0, np.cumsum(~self.everything.right[own][order]))

    def drawn(self, rows: np.ndarray) -> Sliced:
        labels = [HARD if each else EASY for each in self.hard[rows]]
        return Sliced(Evidence(self.everything.confidence[rows], self.everything.right[rows]), labels)

    def risks(self, easy_at: float, hard_at: float) -> tuple[float, float, float, float]:
        """Return the true risk of the easier slice, of the harder one, of both; and the coverage."""
        below = [np.searchsorted(half[0], at) for half, at in zip(self.halves, (easy_at, hard_at), strict=True)]
        n, m = (len(half[0]) - int(i) for half, i in zip(self.halves, below, strict=True))
        k, j = (int(half[1][-1] - half[1][i]) for half, i in zip(self.halves, below, strict=True))
        return k / max(n, 1), j / max(m, 1), (k + j) / max(n + m, 1), (n + m) / TOTAL


def smallest(seen: Evidence) -> float:
    """Return the smallest threshold with at most alpha of the drawn tickets wrong: what people choose by hand."""
    thresholds = np.unique(seen.confidence)
    n, k = seen.counts(thresholds)
    return float(thresholds[np.flatnonzero(k <= TARGET.alpha * n)[0]])


def by_slice(before: Sliced, after: Sliced) -> tuple[float, float]:
    (parts,) = slices.tested([Unproven(before, after, 0.0)], TARGET)
    passed = {part.slice["language"]: part.certification.passed for part in parts}
    easy, hard = (step.threshold if step else 2.0 for step in (passed["en"], passed["de"]))
    return easy, hard


def of_the_whole(before: Sliced, after: Sliced) -> tuple[float, float]:
    steps = ladder(before.evidence, HELD_OUT, TARGET).thresholds
    passed = certify(steps, after.evidence, TARGET).passed
    return (passed.threshold, passed.threshold) if passed else (2.0, 2.0)


def naive(_before: Sliced, after: Sliced) -> tuple[float, float]:
    at = smallest(after.evidence)
    return at, at


@cache
def redrawn(kind: str, rule: Callable[[Sliced, Sliced], tuple[float, float]]) -> np.ndarray:
    """Return the true risks (easier slice, harder slice, both) and the coverage of each of 1,000 draws, (1000, 4)."""
    truth, random = Truth(kind), np.random.default_rng(22)
    rows = np.empty((DRAWS, 4))
    for row in rows:
        picked = np.split(random.integers(TOTAL, size=CALIBRATE + HELD_OUT), [CALIBRATE])
        row[:] = truth.risks(*rule(truth.drawn(picked[0]), truth.drawn(picked[1])))
    return rows


@pytest.mark.parametrize("kind", ["usual", "just too bad"])
def test_no_slice_and_not_the_whole_exceeds_alpha_more_often_than_promised(kind: str) -> None:
    assert (redrawn(kind, by_slice)[:, :3] > TARGET.alpha).any(axis=1).mean() <= HIGHEST


def test_one_certificate_of_the_whole_does_not_hold_where_tickets_are_harder() -> None:
    rows = redrawn("usual", of_the_whole)
    assert (rows[:, 2] > TARGET.alpha).mean() <= HIGHEST  # what it says is true
    assert (rows[:, 1] > TARGET.alpha).mean() > 0.5  # and is not said of the harder slice


def test_a_threshold_chosen_by_the_risk_seen_breaks_the_promise_in_the_harder_slice_nearly_always() -> None:
    assert (redrawn("usual", naive)[:, 1] > TARGET.alpha).mean() > 0.9


def test_the_promise_is_not_kept_by_applying_nothing() -> None:
    assert redrawn("usual", by_slice)[:, 3].mean() > 0.3


def facts(*counts: tuple[int, dict[str, str]]) -> list[dict[str, str]]:
    return [each for n, each in counts for _ in range(n)]


def names(calibrate: list[dict[str, str]], held_out: list[dict[str, str]], enough: int = 10) -> list[partitions.Facts]:
    return [leaf.slice for leaf in partition(calibrate, held_out, enough)]


def test_a_dimension_divides_when_two_of_its_values_have_enough_tickets_on_both_sides() -> None:
    two = facts((10, {"language": "en"}), (10, {"language": "de"}), (9, {"language": "fr"}), (3, {}))
    fewer = facts((30, {"language": "en"}), (9, {"language": "de"}))
    assert names(two, two) == [{"language": "de"}, {"language": "en"}, {"language": "*"}]
    assert names(two, fewer) == names(fewer, two) == [{}]
    assert names([], []) == [{}]


def test_slices_are_divided_again_where_they_are_large_enough() -> None:
    tickets = facts(
        (20, {"language": "en", "plan": "premium"}),
        (20, {"language": "en", "plan": "free", "channel": "chat"}),
        (20, {"language": "en", "plan": "free", "channel": "email"}),
        (20, {"language": "de", "plan": "free"}),
    )
    assert names(tickets, tickets) == [
        {"language": "de"},
        {"language": "en", "plan": "free", "channel": "chat"},
        {"language": "en", "plan": "free", "channel": "email"},
        {"language": "en", "plan": "premium"},
    ]


VALUES = {
    "language": st.sampled_from(["en", "de", "fr"]),
    "plan": st.sampled_from(["free", "*"]),
    "channel": st.sampled_from(["chat", "email"]),
}
TICKETS = st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=60)


@given(TICKETS, TICKETS, st.integers(1, 6))
@settings(max_examples=60)
def test_every_ticket_is_in_one_part_and_serving_chooses_the_same(
    calibrate: list[dict[str, str]], held_out: list[dict[str, str]], enough: int
) -> None:
    leaves = partition(calibrate, held_out, enough)
    assert sorted(row for leaf in leaves for row in leaf.held_out) == list(range(len(held_out)))
    assert sum(len(leaf.calibrate) for leaf in leaves) <= len(calibrate)
    rule = HeadThresholds(0.5, tuple(Leaf(leaf.slice) for leaf in leaves))
    for leaf in leaves:
        for row in leaf.held_out:
            chosen = rule.leaf(held_out[row])
            assert chosen is not None
            assert chosen.slice == leaf.slice


def sure(counts: dict[str, int], *, wrong: str | None = None) -> Sliced:
    """Return tickets of languages, all sure and right, but those of one language wrong."""
    languages = np.repeat(list(counts), list(counts.values()))
    return Sliced(
        Evidence(np.full(len(languages), 0.9), languages != wrong), [{"language": str(each)} for each in languages]
    )


def proof_of(tickets: Sliced, target: Target, lowest: float = 0.0) -> slices.Proof:
    (proof,) = prove([Unproven(tickets, tickets, lowest)], target)
    return proof


def test_values_that_could_prove_nothing_alone_are_joined_with_the_smallest_that_can() -> None:
    """45 tickets suffice without an error at 10 %; so 180 make a part, and the 20 Frenchmen go with the Germans."""
    assert ENOUGH * needed(TARGET) == 180
    for few, names in ((20, ["en", "*"]), (45, ["de", "en", "*"])):
        proof = proof_of(sure({"en": 200, "de": 180, "fr": few}), TARGET)
        assert [part.slice["language"] for part in proof.parts] == names
        assert {part.certification.target.delta for part in proof.parts} == {TARGET.delta}
        assert all(part.certification.passed is not None for part in proof.parts)


def test_without_two_large_values_there_is_one_certificate_for_all_tickets() -> None:
    tickets = sure({"en": 380, "fr": 20})
    (part,) = proof_of(tickets, TARGET).parts
    assert (part.slice, part.certification.target) == ({}, TARGET)


BOUND = Bound(head="category", window=None, encoder="e", taxonomy="t", weights="w", temperature=1.0)


def test_a_slice_that_earns_none_says_why_and_takes_nothing_from_the_others() -> None:
    tickets = sure({"en": 200, "de": 200}, wrong="de")
    entry = promises(proof_of(tickets, TARGET), BOUND, 2_000)
    (earned,), (missing,) = entry.certificates, entry.uncertified
    assert (earned.slice, earned.n, earned.k, earned.delta) == ({"language": "en"}, 200, 0, TARGET.delta)
    assert missing.slice == {"language": "de"}
    assert "200 of the 200 surest newer tickets are wrong" in missing.reason
    lines = list(told(entry))
    assert "language en: applied from confidence 0.900 on, 100.0% of them; 0 of 200 wrong" in lines[0]
    assert "language de: nothing is applied automatically" in lines[1]
    assert lines[2] == (
        "  could be applied with at most 1%, 2%, 5% wrong: 0.0%, 0.0%, 0.0% of the tickets; by a threshold that knows "
        "the right labels: 0.0%, 0.0%, 0.0%"
    )


def test_how_many_more_labels_a_slice_needs_counts_its_own_tickets() -> None:
    """Of 1,000 labelled tickets a quarter is German: 30 of its 100 held-out ones are sure, and 59 are needed."""
    random = np.repeat([0.9, 0.1], [30, 70])
    tickets = Sliced(Evidence(np.tile(random, 4), np.ones(400, bool)), facts((400, {"language": "de"})))
    entry = promises(proof_of(tickets, Target(0.05, 0.05), 0.95), BOUND, 1_000)
    assert entry.uncertified[0].more_labels is None  # nothing is above 0.95: no estimate
    assert "none is sure enough" in entry.uncertified[0].reason


def test_figures_are_told_of_every_value_with_enough_tickets_whether_it_divides_or_not() -> None:
    tickets = sure({"en": 100, "de": 30, "fr": 29}, wrong="de")
    rows = promises(proof_of(tickets, TARGET), BOUND, 1_000).slices
    assert [row.slice for row in rows] == [{"language": "de"}, {"language": "en"}]
    assert rows[0] == SliceFigures(slice={"language": "de"}, n=30, accuracy=0.0, coverage=1.0, selective_risk=1.0)


def test_labels_that_serving_withholds_are_withheld_from_the_test() -> None:
    evidence = Evidence(np.array([0.9, 0.8]), np.array([False, True])).without(np.array([True, False]))
    assert evidence.confidence.tolist() == [0.0, 0.8]


def test_what_an_export_does_not_say_is_no_fact() -> None:
    assert facts_of(ClosedTicket(id="1", subject="x", plan="free", account="acme")) == {"plan": "free"}
