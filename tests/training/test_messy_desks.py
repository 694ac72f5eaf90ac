"""Exports as small and messy desks have them: skewed labels, no times, sorted by a column, labels that came late."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.desk import fitted, ticket, tickets
from training.classifiers.candidates import rung_of
from training.config import Head, RefitConfig
from training.errors import NothingToLearn
from triage.model import bundle as bundles

FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))


def test_a_label_with_two_tickets_is_a_label(tmp_path: Path) -> None:
    rows = tickets(120)
    for number in (3, 50):
        rows[number] |= {"subject": "api key", "description": "api key api key", "category": "developers"}

    done = fitted(tmp_path, rows, config=FAST)

    assert "developers" in bundles.load(tmp_path / "candidate").heads["category"].classes_
    assert done.manifest.heads["category"].rare == {}


def test_a_long_tail_of_rare_labels_makes_no_few_shot_desk() -> None:
    frequent = ["bug"] * 300 + ["billing"] * 200
    rare = [f"rare-{n}" for n in range(40) for _ in range(3)]

    assert (rung_of(frequent + rare), rung_of(rare), rung_of(["bug"] * 12 + rare)) == ("fitted", "few_shot", "few_shot")


def test_a_label_with_one_ticket_is_listed_and_not_learnt(tmp_path: Path) -> None:
    rows = tickets(120)
    rows[3] |= {"category": "developers"}

    assert fitted(tmp_path, rows, config=FAST).manifest.heads["category"].rare == {"developers": 1}


def test_a_file_without_times_sorted_by_priority_keeps_both_heads(tmp_path: Path) -> None:
    rows = [ticket(n, created_at=None, priority="P1" if n < 100 else "P3") for n in range(200)]
    for row in rows:
        row["description"] += " urgent" if row["priority"] == "P1" else " later"

    manifest = fitted(tmp_path, rows, config=FAST).manifest

    assert {"category", "priority"} <= set(manifest.heads)
    assert manifest.data.split.how.startswith("at random, as the file has no times")


def test_a_label_that_only_new_tickets_have_costs_that_head_and_says_why(tmp_path: Path) -> None:
    rows = [ticket(n, product_area="reports" if n < 180 else "billing") for n in range(200)]

    manifest = fitted(tmp_path, rows, config=FAST).manifest

    assert "product_area" not in manifest.heads
    assert manifest.data.unlearnt == (
        "product_area: all older tickets are reports; a head needs two labels in the oldest 140 tickets.",
    )


def test_an_export_that_teaches_nothing_says_why(tmp_path: Path) -> None:
    rows = [ticket(n, product_area=None, category="bug" if n < 180 else "billing") for n in range(200)]

    with pytest.raises(NothingToLearn, match="all older tickets are bug"):
        fitted(tmp_path, rows, config=FAST)


def test_a_head_that_the_most_frequent_label_beats_is_not_shipped_and_says_so(tmp_path: Path) -> None:
    """Until lately the words told the areas apart; since then nearly every ticket is of one area."""
    rows = tickets(300)
    for row in rows[210:]:
        row["product_area"] = "dashboard" if row["product_area"] == "reports" else "reports"
    for row in rows[:210:2]:
        row["product_area"] = "reports"

    manifest = fitted(tmp_path, rows, config=FAST).manifest

    assert list(manifest.heads) == ["category"]
    assert "a head that is worse than this rule is not shipped" in manifest.data.unlearnt[0]


def test_a_few_shot_head_without_a_certificate_learns_from_all_its_tickets(tmp_path: Path) -> None:
    rows = [ticket(n, category=f"topic-{n % 12}", product_area=None) for n in range(120)]
    for row in rows:
        row["description"] += f" {row['category']}"

    entry = fitted(tmp_path, rows, config=FAST).manifest.heads["category"]

    assert entry.rung == "few_shot"
    assert (entry.certificates, entry.ladders) == ((), ())
    assert entry.taught_by_all
