"""Each label of a closed ticket says who stands for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import a_tag, a_ticket
from triage.errors import BadClosedTicket
from triage.tickets.closed_ticket import from_record, to_record
from triage.tickets.label_sources import LabelSource, source_of
from triage.tickets.ticket import Ticket

ROW = {"id": "1", "subject": "Export is empty", "description": "", "category": "bug", "priority": "P2"}
MODEL, AGENT = "model:abc", "agent:kim"


def tagged(mode: str, label: str | None = "bug") -> Ticket:
    """Return a ticket as the desk opens it: tagged, then sent to a team."""
    ticket = a_ticket()
    ticket = ticket.tag({"category": a_tag(label, mode=mode)}, at=ticket.created_at, by=MODEL)
    return ticket.route("support", "T1", reason="", at=ticket.created_at, by="firstline")


def retagged(ticket: Ticket, label: str | None) -> Ticket:
    return ticket.retag({"category": label}, at=ticket.created_at + timedelta(hours=1), by=AGENT)


@pytest.mark.parametrize("mode", ["auto", "suggest"])
def test_a_label_that_nobody_touched_is_the_models_alone(mode: str) -> None:
    assert source_of(tagged(mode), "category") is LabelSource.MODEL_UNSEEN


@pytest.mark.parametrize("mode", ["auto", "suggest"])
@pytest.mark.parametrize("label", ["bug", "billing"])
def test_a_person_who_confirms_or_changes_what_the_model_showed_has_seen_it(mode: str, label: str) -> None:
    assert source_of(retagged(tagged(mode), label), "category") is LabelSource.PERSON_AFTER_SUGGESTION


def test_a_person_who_labels_where_the_model_abstained_has_seen_nothing() -> None:
    assert source_of(retagged(tagged("abstain", None), "bug"), "category") is LabelSource.PERSON


def test_a_second_change_of_mind_is_still_after_the_suggestion_or_without_one() -> None:
    after = retagged(retagged(tagged("suggest"), "billing"), "bug")
    assert source_of(after, "category") is LabelSource.PERSON_AFTER_SUGGESTION
    without = retagged(retagged(tagged("abstain", None), "billing"), "bug")
    assert source_of(without, "category") is LabelSource.PERSON


def test_a_label_that_the_ticket_was_opened_with_was_set_before_the_model_showed_one() -> None:
    ticket = a_ticket()
    ticket = ticket.tag({"category": a_tag("bug", mode="suggest")}, at=ticket.created_at, by=MODEL)
    ticket = ticket.retag({"category": "billing"}, at=ticket.created_at, by=AGENT)
    ticket = ticket.route("support", "T1", reason="", at=ticket.created_at, by="firstline")
    assert source_of(ticket, "category") is LabelSource.PERSON
    assert source_of(retagged(ticket, "bug"), "category") is LabelSource.PERSON


@pytest.mark.parametrize("ticket", [a_ticket(), tagged("abstain", None), retagged(tagged("suggest"), None)])
def test_no_label_has_no_source(ticket: Ticket) -> None:
    assert source_of(ticket, "category") is None


def test_a_label_that_only_the_model_set_is_no_label_of_the_closed_ticket_and_is_kept_beside_it() -> None:
    row = ROW | {"label_sources": {"category": "model_unseen", "priority": "person_after_suggestion"}}
    ticket = from_record(row)
    assert (ticket.labels, ticket.unseen_labels) == ({"priority": "P2"}, {"category": "bug"})
    assert to_record(ticket) == {name: value for name, value in row.items() if value != ""} | {"description": ""}
    assert from_record(to_record(ticket)) == ticket


def test_a_label_without_a_source_counts_as_a_persons() -> None:
    ticket = from_record(ROW)
    assert (dict(ticket.labels), dict(ticket.label_sources)) == ({"category": "bug", "priority": "P2"}, {})
    assert "label_sources" not in to_record(ticket)


def test_sources_are_read_from_a_cell_and_from_columns_of_parquet_too() -> None:
    cell = from_record(ROW | {"label_sources": '{"category": "model_unseen"}'})
    parquet = from_record(ROW | {"label_sources": {"category": "model_unseen", "priority": None, "product_area": None}})
    assert cell == parquet
    assert dict(cell.unseen_labels) == {"category": "bug"}


def test_the_source_of_a_label_that_is_not_there_means_nothing() -> None:
    assert from_record(ROW | {"label_sources": {"product_area": "model_unseen"}}) == from_record(ROW)


@pytest.mark.parametrize(
    "given", ["person", "[1]", ["person"], 7, {"category": "robot"}, {"category": 1}, {"category": []}]
)
def test_a_source_that_nobody_knows_is_refused_and_not_taken_for_a_person(given: Any) -> None:
    with pytest.raises(BadClosedTicket, match="label_sources"):
        from_record(ROW | {"label_sources": given})
