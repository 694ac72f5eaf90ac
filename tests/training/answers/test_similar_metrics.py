from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from serving.inference.similar_tickets import ClosedCases
from tests.fakes import HashingEncoder
from tests.training.desk import fitted, tickets
from training.answers.questions import Question
from training.answers.similar_metrics import measure, read_duplicates
from training.errors import DuplicatesNotReadable
from triage.model import bundle as bundles
from triage.tickets.closed_ticket import ClosedTicket

START = datetime(2026, 1, 1, tzinfo=UTC)


def closed(number: int, text: str, *, resolution: str | None = "Done.") -> ClosedTicket:
    at = START + timedelta(days=number)
    return ClosedTicket(id=str(number), subject=text, resolution=resolution, created_at=at)


def encode(texts: object) -> np.ndarray:
    return HashingEncoder().encode(list(texts))  # type: ignore[call-overload]


def test_a_duplicate_is_looked_for_among_earlier_resolved_tickets_alone() -> None:
    desk = [
        closed(0, "the invoice has a wrong total"),
        closed(1, "password reset mail never came"),
        closed(2, "dashboard stays white", resolution=None),
        closed(3, "the invoice has wrong totals"),
        closed(4, "dashboard stays white today"),
        closed(5, "the invoice has a wrong total again"),
    ]

    figures = measure(desk, [("3", "0"), ("2", "4"), ("0", "unknown")], encode)

    # the first pair is found, nobody resolved the earlier ticket of the second, the third is not there
    assert (figures["n"], figures["found@1"], figures["found@5"], figures["meaning@5"]) == (2, 0.5, 0.5, 0.5)


def test_a_file_of_duplicates_takes_two_ids_a_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\n1\t2\n\n3\t4\n")
    assert read_duplicates(path) == [("1", "2"), ("3", "4")]

    path.write_text("a\tb\n1\n")
    with pytest.raises(DuplicatesNotReadable, match="two ticket ids a line"):
        read_duplicates(path)
    with pytest.raises(DuplicatesNotReadable):
        read_duplicates(tmp_path / "nowhere.tsv")


def test_a_question_is_in_the_language_of_its_locale() -> None:
    asked = Question("1", "q", frozenset(), locale="en-US")

    assert asked.is_in("en")
    assert asked.is_in("en_GB"), "the language of a locale counts, not the place"
    assert asked.is_in(None)
    assert not asked.is_in("de")
    assert not Question("1", "q", frozenset()).is_in("en")


def test_a_bundle_carries_its_cases_with_day_and_words_and_no_rare_word(tmp_path: Path) -> None:
    fitted(tmp_path, tickets(300))
    bundle = bundles.load(tmp_path / "candidate")
    cases = bundle.cases()
    asked = json.loads((tmp_path / "candidate.jsonl").read_text().splitlines()[0])
    text = f"{asked['subject']} {asked['description']}"

    closed = ClosedCases.of(cases, bundle.heads.lexicon)
    found = closed.like(closed.query(cases.vectors[0].astype(np.float32), text))

    assert cases.words is not None
    assert len(cases.words[0]) == len(cases.records) + 1
    assert cases.records[0]["created_at"] == "2026-01-01T00:00:00Z"
    assert found[0].id == cases.records[0]["id"]
    assert cases.words[1].max() < bundle.heads.lexicon.n_words  # hashed, and no letters
