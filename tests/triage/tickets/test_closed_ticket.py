from __future__ import annotations

from datetime import UTC, datetime

import pytest

from triage.errors import BadClosedTicket
from triage.tickets.closed_ticket import from_record, to_record

ROW = {
    "id": "zd-1",
    "subject": "Export empty",
    "description": "The file has no rows.",
    "created_at": "2026-03-01T10:00:00+01:00",
    "closed_at": "2026-03-01T12:00:00Z",
    "plan": "premium",
    "category": "bug",
    "priority": "P2",
    "resolution": "Filter removed.",
    "csat": 5,
    "kb_article_id": ["exports", "filters"],
    "something_else": [1, 2],
}


def test_a_row_becomes_a_ticket_with_instants_in_utc() -> None:
    ticket = from_record(ROW)
    assert ticket.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert dict(ticket.labels) == {"category": "bug", "priority": "P2"}
    assert ticket.kb_article_ids == ("exports", "filters")
    assert ticket.text == "Export empty\nThe file has no rows."


def test_a_ticket_written_and_read_again_is_the_same() -> None:
    ticket = from_record(ROW | {"spam": "yes"})
    assert from_record(to_record(ticket)) == ticket


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": None}, "id is missing"),
        ({"id": ["a"]}, "id is neither text"),
        ({"subject": "", "description": "  "}, "both empty"),
        ({"subject": 7}, "subject is not text"),
        ({"description": "a\x00b"}, "NUL"),
        ({"description": "a\ud800b"}, "lone surrogate"),
        ({"created_at": "2026-03-01T10:00:00"}, "no time zone"),
        ({"created_at": "yesterday"}, "not an RFC 3339 instant"),
        ({"created_at": 1_700_000_000}, "not an RFC 3339 instant"),
        ({"created_at": "0001-01-01T00:00:00+10:00"}, "outside the calendar"),
        ({"category": ["bug"]}, "category is not text"),
        ({"category": "x" * 300}, "longer than"),
        ({"csat": "good"}, "csat is not a number"),
        ({"csat": float("nan")}, "csat is not a number"),
        ({"spam": "perhaps"}, "neither true nor false"),
        ({"kb_article_id": {"a": 1}}, "neither an article id nor a list"),
        ({"kb_article_id": '["a"'}, "neither an article id nor a JSON list"),
        ({"kb_article_id": "[{}]"}, "neither an article id nor a list"),
    ],
)
def test_a_row_that_teaches_nothing_sound_says_which_field_and_why(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(BadClosedTicket, match=problem):
        from_record(ROW | changes)


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_cell_means_that_nothing_is_known(value: object) -> None:
    ticket = from_record(ROW | dict.fromkeys(("created_at", "plan", "category", "csat", "kb_article_id"), value))
    assert (ticket.created_at, ticket.plan, ticket.csat, ticket.kb_article_ids) == (None, None, None, ())
    assert "category" not in ticket.labels


def test_a_list_of_articles_in_a_csv_is_written_as_json() -> None:
    assert from_record(ROW | {"kb_article_id": '["exports", "filters"]'}).kb_article_ids == ("exports", "filters")
