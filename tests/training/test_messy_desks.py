"""Exports as small and messy desks have them: skewed labels, no times, sorted by a column, labels that came late."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.desk import fitted, ticket, tickets
from training.bundles import held_out
from training.classifiers import unlearnable
from training.classifiers.candidates import rung_of
from training.config import Head, Lexical, RefitConfig
from training.errors import NothingToLearn
from training.report.page import lines
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
    why = "product_area: all older tickets are reports; a head needs two labels in the oldest 140 tickets."
    assert manifest.data.unlearnt == (why,)
    assert f"not learnt: {why}" in list(lines(manifest))


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


def test_a_file_with_one_time_for_all_tickets_is_split_at_random(tmp_path: Path) -> None:
    rows = sorted(tickets(200, created_at="2026-03-01T09:00:00Z"), key=lambda row: str(row["category"]))

    manifest = fitted(tmp_path, rows, config=FAST).manifest

    assert manifest.data.split.how.startswith("at random, as the file has no times")
    assert manifest.heads["category"].labels == ("billing", "bug", "how_to")


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> bundles.Bundle:
    """Return a bundle of 24 labels with ten tickets each, every one with its label in its words."""
    home = tmp_path_factory.mktemp("crossed")
    rows = [ticket(n, category=f"topic-{n % 24}", product_area=None) for n in range(240)]
    for row in rows:
        row["description"] += f" {str(row['category']).replace('-', '')} {row['category']!s}"
    fitted(home, rows, config=FAST)
    return bundles.load(home / "candidate")


def test_a_few_shot_desk_earns_a_certificate_and_learns_from_all_its_tickets(crossed: bundles.Bundle) -> None:
    entry, split = crossed.manifest.heads["category"], crossed.manifest.data.split
    (certificate,) = entry.certificates

    assert (split.folds, split.fit) == (10, 240)
    assert split.calibrate + split.hold_out + split.repeats == 240
    assert certificate.n > 0.15 * 240  # more than a hold-out would have
    assert entry.taught_by_all
    assert len(held_out.read_seen(crossed)) == 240


def test_the_report_says_which_tickets_certify_and_which_taught(crossed: bundles.Bundle) -> None:
    page = crossed.read("report.html").decode()

    assert "The heads that serve learnt from all 240 tickets." in page
    assert "for each of 10 folds of the tickets, heads that learnt from the others" in page
    assert f"on {crossed.manifest.data.split.hold_out} tickets, by heads like it that had not learnt from them" in page
    assert "held-out tickets" not in page


def test_what_measures_a_cross_fitted_head_has_not_learnt_from_the_ticket(tmp_path: Path) -> None:
    """Labels at random, and a word of its own in every ticket: only what has learnt from a ticket knows its label."""
    rows = [ticket(n, category=f"topic-{n * 7919 % 12}", product_area=None) for n in range(120)]
    for number, row in enumerate(rows):
        word = "".join(chr(97 + int(digit)) for digit in f"{number:03}")
        row |= {"subject": word, "description": f"{word * 2} {word * 3}"}
    config = replace(FAST, lexical=Lexical(min_tickets=1))

    # The rule "always the most frequent label" would leave such a head out.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unlearnable, "below_majority", lambda _tried, _trial: {})
        entry = fitted(tmp_path, rows, config=config).manifest.heads["category"]

    assert entry.metrics.accuracy is not None
    assert entry.metrics.accuracy < 0.3
    assert entry.certificates == ()


def test_a_few_shot_desk_whose_tickets_all_say_the_same_ends_in_no_traceback(tmp_path: Path) -> None:
    rows = [ticket(n, category=f"topic-{n % 12}", product_area=None, description="please help") for n in range(120)]

    manifest = fitted(tmp_path, [row | {"subject": "hello"} for row in rows], config=FAST).manifest

    assert manifest.data.split.folds is None  # all tickets would be in one fold
    assert manifest.heads["category"].metrics.n == 0
    assert manifest.heads["category"].certificates == ()
