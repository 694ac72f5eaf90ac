"""Labels that only the model set teach nothing; a person's decision, and an audit's first of all, takes their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.desk import START, ticket, write
from training.data import closed_tickets, label_overlay, label_sources
from training.data.column_mapping import ColumnMapping
from triage.taxonomy.labels import parse
from triage.tickets import label_decisions
from triage.tickets.closed_ticket import ClosedTicket, from_record
from triage.tickets.label_decisions import Decision
from triage.tickets.label_sources import LabelSource

BY = {"by": "kim", "at": "2026-03-01T00:00:00+00:00"}
UNSEEN = {"label_sources": {"category": "model_unseen", "product_area": "person"}}


def laid(folder: Path, *decisions: Decision) -> ClosedTicket:
    """Return a ticket whose category is the model's, with decisions laid over it."""
    row = ticket(1, category="bug", **UNSEEN)
    label_decisions.append(folder / "overlay.jsonl", decisions, START)
    export = closed_tickets.read(write(folder / "tickets.jsonl", [row]))
    found = label_overlay.read(folder / "overlay.jsonl").applied(export)
    assert found.overlay is not None
    assert found.overlay.refused == {}
    return found.tickets[0]


@pytest.mark.parametrize("was", ["bug", None])  # by an export without sources, and by the queue of one with them
@pytest.mark.parametrize("label", ["bug", "billing"])
def test_a_decision_makes_the_models_label_a_persons(tmp_path: Path, was: str | None, label: str) -> None:
    found = laid(tmp_path, Decision("t-1", "category", was, label, **BY))
    assert found.labels["category"] == label
    assert found.unseen_labels == {}
    assert found.label_sources["category"] is LabelSource.PERSON_AFTER_SUGGESTION
    assert found.label_sources["product_area"] is LabelSource.PERSON


@pytest.mark.parametrize("was", ["bug", None])
def test_a_decision_that_is_taken_back_leaves_the_models_label(tmp_path: Path, was: str | None) -> None:
    done = Decision("t-1", "category", was, "billing", **BY)
    found = laid(tmp_path, done, Decision("t-1", "category", "billing", was, **BY))
    assert "category" not in found.labels
    assert found.unseen_labels == {"category": "bug"}
    assert found.label_sources["category"] is LabelSource.MODEL_UNSEEN


def test_an_audit_beats_every_label_where_tickets_fit_and_none_where_they_are_held_out() -> None:
    rows = [ticket(n, category="bug", **UNSEEN) for n in range(3)] + [ticket(3, category="bug")]
    found = [from_record(row) for row in rows]
    answers = {("t-0", "category"): "billing", ("t-2", "category"): "billing", ("t-3", "category"): None}
    audited = label_sources.with_audited(found, answers, rows={0, 1, 3})
    assert [each.labels.get("category") for each in audited] == ["billing", None, None, None]
    assert audited[0].label_sources["category"] is LabelSource.AUDIT
    assert [dict(each.unseen_labels) for each in audited] == [{}, {"category": "bug"}, {"category": "bug"}, {}]
    assert audited[1:3] == found[1:3]


def test_sources_are_counted_and_said_by_head() -> None:
    sources = ["model_unseen"] * 6 + ["person_after_suggestion"] * 3 + ["person"]
    rows = [ticket(n, product_area=None, label_sources={"category": each}) for n, each in enumerate(sources)]
    counts = label_sources.counted([from_record(row) for row in [*rows, ticket(99, category=None)]])
    assert counts == {
        "category": {"model_unseen": 6, "person_after_suggestion": 3, "person": 1},
        "product_area": {"unknown": 1},
    }
    unseen, suggested = label_sources.sentences(counts)
    assert unseen.startswith("category: 6 of 10 labels were set by the model alone and nobody looked at them")
    assert suggested.startswith("category: 75% of the 4 labels that teach were set after the model had suggested one")


@pytest.mark.parametrize(("head", "label"), [("priority", "P9"), ("topic", "billing//refund"), ("topic", "a/b/c")])
def test_a_label_that_a_head_cannot_have_is_left_out_and_counted(tmp_path: Path, head: str, label: str) -> None:
    heads = parse('[[heads]]\nname = "topic"\nkind = "tree"\nlevels = ["category", "intent"]\n').declared
    label_decisions.append(tmp_path / "overlay.jsonl", [Decision("t-1", head, None, label, **BY)], START)
    export = closed_tickets.read(write(tmp_path / "tickets.jsonl", [ticket(1)]), ColumnMapping(heads=heads))
    found = label_overlay.read(tmp_path / "overlay.jsonl").applied(export).overlay
    assert found is not None
    assert (found.changed, found.refused) == (0, {label_overlay.NO_SUCH_LABEL: 1})
