"""What people say in an audit teaches in place of closed labels, and measures nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.audit.noisy_desk import ONE_HEAD, answer, right
from tests.training.desk import START, fitted, ticket, tickets
from training.audit import teaching
from training.audit.answers import Answer, Answers, Header, Verdict, text_digest
from training.bundles import held_out
from training.data import label_sources
from triage.model import bundle as bundles
from triage.taxonomy.change import Change
from triage.taxonomy.changes import Changes
from triage.tickets.closed_ticket import from_record
from triage.tickets.label_sources import LabelSource

HEADER = Header(seed="s", created_at="2026-02-01T00:00:00Z")
N, OLDER = 800, 680  # the newest 15 % are held out


def said(verdict: Verdict, **changes: str) -> Answers:
    return Answers.of(
        HEADER, [Answer(id="t-1", heads={"category": verdict}, who="ann", at="2026-02-01T09:00:00Z", **changes)]
    )


@pytest.mark.parametrize(
    ("verdict", "label"),
    [
        (Verdict(kind="label", labels=("billing",)), "billing"),
        (Verdict(kind="both", labels=("how_to", "bug")), "bug"),
        (Verdict(kind="both", labels=("how_to", "billing")), "how_to"),
        (Verdict(kind="neither"), None),
        (Verdict(kind="cannot_tell"), "bug"),
    ],
)
def test_each_answer_teaches_a_label_or_none(verdict: Verdict, label: str | None) -> None:
    closed = from_record(ticket(1, category="bug", label_sources={"category": "person"}))
    (found,) = teaching.taught([closed], {0}, said(verdict), Changes())
    assert found.labels.get("category") == label
    source = LabelSource.PERSON if verdict.kind == "cannot_tell" else LabelSource.AUDIT if label else None
    assert found.label_sources.get("category") == source


def test_an_answer_about_another_text_teaches_nothing() -> None:
    closed = from_record(ticket(1, category="bug"))
    answers = said(Verdict(kind="label", labels=("billing",)), text=text_digest("another text"))
    assert teaching.taught([closed], {0}, answers, Changes()) == [closed]


def test_an_accepted_label_teaches_in_todays_words() -> None:
    merged = Change(
        at=START.replace(month=5), head="category", kind="merge", before=("bug", "fault"), after=("defect",)
    )
    closed = from_record(ticket(1, category="billing"))
    answers = said(Verdict(kind="label", labels=("bug",)))
    (found,) = teaching.taught([closed], {0}, answers, Changes((merged,)))
    assert found.labels["category"] == "defect"


def test_a_desk_whose_older_labels_are_wrong_learns_the_audited_ones(tmp_path: Path) -> None:
    """All older how-to questions were closed as bugs. Answers about held-out tickets change no label that measures."""
    rows = tickets(N, product_area=None)
    rows = [
        row | {"category": "bug"} if n < OLDER and row["category"] == "how_to" else row for n, row in enumerate(rows)
    ]
    answers = Answers.of(HEADER, [answer(each, label) for each, label in list(right(N).items())[:OLDER]])
    answers = Answers.of(HEADER, [*answers.lines, *(answer(row["id"], "how_to") for row in rows[OLDER:])])
    before = fitted(tmp_path, rows, out="plain", config=ONE_HEAD).manifest
    after = fitted(tmp_path, rows, out="audited", config=ONE_HEAD, answers=answers).manifest
    assert before.heads["category"].metrics.accuracy < 0.75
    assert after.heads["category"].metrics.accuracy > 0.95
    assert after.data.label_sources["category"] == {"audit": OLDER, "unknown": N - OLDER}
    assert next(label_sources.sentences(after.data.label_sources)) == (
        f"category: {OLDER} of {N} labels were given in an audit, and teach in place of others."
    )
    closed = {row["id"]: row["category"] for row in rows}
    measured = held_out.read(bundles.load(tmp_path / "audited"))
    assert measured
    assert all(row.labels["category"] == closed[row.id] for row in measured)
