"""What each desk tells of its closed tickets, as rows of the training file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import Call
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk
from triage.tickets.closed_ticket import from_record

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
CREATED, CLOSED = "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z"

ZENDESK: dict[str, Any] = {
    "GET /api/v2/incremental/tickets/cursor.json": {
        "tickets": [
            {
                "id": 9,
                "subject": "Export is empty",
                "description": "All of them.",
                "status": "solved",
                "priority": "high",
                "requester_id": 5,
                "created_at": CREATED,
                "updated_at": CLOSED,
                "tags": ["category_bug"],
                "custom_fields": [{"id": 102, "value": "reports"}],
                "via": {"channel": "email"},
            },
            {"id": 10, "status": "open"},
        ],
        "after_cursor": "MTU3",
        "end_of_stream": False,
    },
    "GET /api/v2/tickets/9/comments.json": {
        "comments": [
            {"author_id": 5, "public": True, "plain_body": "All of them."},
            {"author_id": 6, "public": True, "plain_body": "Remove the filter."},
            {"author_id": 6, "public": False, "plain_body": "easy one"},
        ]
    },
}
FRESHDESK: dict[str, Any] = {
    "GET /api/v2/tickets": [
        {
            "id": 9,
            "subject": "Export is empty",
            "description_text": "All of them.",
            "status": 5,
            "priority": 3,
            "source": 1,
            "created_at": CREATED,
            "tags": ["category_bug"],
            "custom_fields": {"cf_area": "reports"},
            "stats": {"closed_at": CLOSED, "resolved_at": None, "first_responded_at": None},
        },
        {"id": 10, "status": 2},
    ],
    "GET /api/v2/tickets/9/conversations": [
        {"incoming": False, "private": False, "body_text": "Remove the filter."},
        {"incoming": False, "private": True, "body_text": "easy one"},
        {"incoming": True, "private": False, "body_text": "Thanks!"},
    ],
}
ZAMMAD: dict[str, Any] = {
    "GET /api/v1/tickets/search": [
        {
            "id": 9,
            "title": "Export is empty",
            "priority": "3 high",
            "created_at": CREATED,
            "close_at": CLOSED,
            "area": "reports",
        }
    ],
    "GET /api/v1/ticket_articles/by_ticket/9": [
        {"sender": "Customer", "internal": False, "type": "email", "body": "<p>All of them.</p>"},
        {"sender": "Agent", "internal": False, "body": "<p>Remove the filter.</p>"},
        {"sender": "Agent", "internal": True, "body": "easy one"},
    ],
    "GET /api/v1/tags": {"tags": ["category_bug"]},
}
CHATWOOT: dict[str, Any] = {
    "POST /api/v1/accounts/7/conversations/filter": {
        "payload": [
            {
                "id": 9,
                "priority": "high",
                "labels": ["category_bug"],
                "created_at": 1772352000,
                "last_activity_at": 1772438400,
                "additional_attributes": {"mail_subject": "Export is empty"},
                "custom_attributes": {"area": "reports"},
            }
        ]
    },
    "GET /api/v1/accounts/7/conversations/9/messages": {
        "payload": [
            {"message_type": 0, "private": False, "content": "All of them."},
            {"message_type": 1, "private": False, "content": "Remove the filter."},
            {"message_type": 1, "private": True, "content": "easy one"},
        ]
    },
}
INTERCOM: dict[str, Any] = {
    "POST /tickets/search": {
        "tickets": [
            {
                "id": "9",
                "created_at": 1772352000,
                "updated_at": 1772438400,
                "ticket_attributes": {
                    "_default_title_": "Export is empty",
                    "_default_description_": "All of them.",
                    "cat": "bug",
                    "area": "reports",
                    "prio": "P1",
                },
                "ticket_parts": {
                    "ticket_parts": [
                        {"part_type": "comment", "author": {"type": "admin"}, "body": "<p>Remove the filter.</p>"},
                        {"part_type": "note", "author": {"type": "admin"}, "body": "easy one"},
                        {"part_type": "comment", "author": {"type": "user"}, "body": "Thanks!"},
                    ]
                },
            }
        ],
        "pages": {"next": {"starting_after": "abc"}},
    }
}
JIRA: dict[str, Any] = {
    "GET /rest/api/3/search/jql": {
        "issues": [
            {
                "key": "9",
                "fields": {
                    "summary": "Export is empty",
                    "description": "All of them.",
                    "priority": {"name": "High"},
                    "labels": ["category_bug"],
                    "created": "2026-03-01T08:00:00.000+0000",
                    "resolutiondate": "2026-03-02T08:00:00.000+0000",
                    "area": {"value": "reports"},
                    "comment": {
                        "comments": [
                            {"body": "Remove the filter.", "jsdPublic": True},
                            {"body": "easy one", "jsdPublic": False},
                        ]
                    },
                },
            }
        ],
        "nextPageToken": "abc",
    }
}
HUBSPOT: dict[str, Any] = {
    "POST /crm/v3/objects/tickets/search": {
        "results": [
            {
                "id": "9",
                "properties": {
                    "subject": "Export is empty",
                    "content": "All of them.",
                    "createdate": CREATED,
                    "closed_date": CLOSED,
                    "hs_ticket_priority": "HIGH",
                    "hs_resolution": "Remove the filter.",
                    "cat": "bug",
                    "area": "reports",
                },
            }
        ],
        "paging": {"next": {"after": "abc"}},
    }
}
RT: dict[str, Any] = {
    "GET /REST/2.0/tickets": {
        "items": [
            {
                "id": "9",
                "Subject": "Export is empty",
                "Priority": "100",
                "Created": CREATED,
                "Resolved": CLOSED,
                "CustomFields": [{"name": "cat", "values": ["bug"]}, {"name": "area", "values": ["reports"]}],
            }
        ]
    },
    "GET /REST/2.0/ticket/9/history": {
        "items": [{"id": "1", "Type": "Create"}, {"id": "2", "Type": "Correspond"}, {"id": "3", "Type": "Comment"}]
    },
    "GET /REST/2.0/ticket/9/attachments": {
        "items": [
            {"id": "12", "TransactionId": "2", "ContentType": "text/plain", "Content": "Remove the filter."},
            {"id": "11", "TransactionId": "1", "ContentType": "text/plain", "Content": "All of them."},
            {"id": "13", "TransactionId": "3", "ContentType": "text/plain", "Content": "easy one"},
            {"id": "14", "TransactionId": "2", "ContentType": "image/png", "Content": "..."},
        ]
    },
}
DJANGO: dict[str, Any] = {
    "GET /api/tickets/": {
        "count": 2,
        "next": None,
        "results": [
            {
                "id": 9,
                "title": "Export is empty",
                "description": "All of them.",
                "resolution": None,
                "priority": 2,
                "custom_cat": "bug",
                "custom_area": "reports",
                "followup_set": [
                    {"date": CREATED, "comment": "All of them.", "public": True, "new_status": None},
                    {"date": CLOSED, "comment": "Remove the filter.", "public": True, "new_status": 3},
                    {"date": CLOSED, "comment": "easy one", "public": False, "new_status": None},
                ],
            },
            {"id": 8, "title": "old", "followup_set": [{"date": "2020-01-01T00:00:00Z", "new_status": 4}]},
        ],
    }
}
DESKS = [
    ("zendesk", ZENDESK, {"product_area": "102"}),
    ("freshdesk", FRESHDESK, {"product_area": "cf_area"}),
    ("zammad", ZAMMAD, {"product_area": "area"}),
    ("chatwoot", CHATWOOT, {"product_area": "area"}),
    ("intercom", INTERCOM, {"category": "cat", "product_area": "area", "priority": "prio"}),
    ("jira", JIRA, {"product_area": "area"}),
    ("hubspot", HUBSPOT, {"category": "cat", "product_area": "area"}),
    ("rt", RT, {"category": "cat", "product_area": "area"}),
    ("django_helpdesk", DJANGO, {"category": "cat", "product_area": "area"}),
]


@pytest.mark.parametrize(("kind", "answers", "fields"), DESKS)
def test_a_closed_ticket_is_a_row_with_its_labels_and_its_last_public_answer(
    kind: str, answers: dict[str, Any], fields: dict[str, str]
) -> None:
    page = a_desk(kind, RecordingTransport(answers), fields=fields).closed_since(SINCE, None)
    [ticket] = [from_record(record) for record in page.records]
    assert (ticket.id, ticket.subject, ticket.description) == (f"{kind}-9", "Export is empty", "All of them.")
    assert dict(ticket.labels) == {"category": "bug", "product_area": "reports", "priority": "P1"}
    assert ticket.resolution == "Remove the filter."
    assert ticket.created_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert ticket.closed_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "answers", "cursor", "asked"),
    [
        ("zendesk", ZENDESK, "MTU3", lambda call: call.query == {"cursor": "MTU3"}),
        ("intercom", INTERCOM, "abc", lambda call: call.json["pagination"]["starting_after"] == "abc"),
        ("jira", JIRA, "abc", lambda call: call.query["nextPageToken"] == "abc"),
        ("hubspot", HUBSPOT, "abc", lambda call: call.json["after"] == "abc"),
    ],
)
def test_a_page_says_where_to_go_on_and_the_next_one_goes_on_there(
    kind: str, answers: dict[str, Any], cursor: str, asked: Any
) -> None:
    recorder = RecordingTransport(answers)
    desk = a_desk(kind, recorder)
    first = desk.closed_since(SINCE, None)
    assert (first.cursor, first.more) == (cursor, True)
    before = len(recorder.calls)
    desk.closed_since(SINCE, first.cursor)
    assert asked(recorder.calls[before])


@pytest.mark.parametrize("kind", ["freshdesk", "zammad", "chatwoot", "rt"])
def test_numbered_pages_end_with_the_first_that_is_not_full(kind: str) -> None:
    answers = {name: answer for each, answer_of, _ in DESKS if each == kind for name, answer in answer_of.items()}
    page = a_desk(kind, RecordingTransport(answers)).closed_since(SINCE, "3")
    assert (page.cursor, page.more) == ("4", False)


def test_the_moment_is_asked_for_in_each_desks_own_way() -> None:
    def first(kind: str) -> Call:
        recorder = RecordingTransport()
        a_desk(kind, recorder).closed_since(SINCE, None)
        return next(call for call in recorder.calls if not call.path.endswith("/myself"))

    assert first("zendesk").query["start_time"] == "1769904000"
    assert first("freshdesk").query["updated_since"] == "2026-02-01T00:00:00Z"
    zammad = first("zammad").query
    assert zammad["condition[ticket.close_at][operator]"] == "after (absolute)"
    assert zammad["condition[ticket.close_at][value]"] == "2026-02-01T00:00:00Z"
    assert "query" not in zammad  # that would be the search index, which not every Zammad has
    assert first("rt").query["query"].endswith("Resolved > '2026-02-01 00:00:00'")
    assert 'resolved >= "2026-02-01 00:00"' in first("jira").query["jql"]
    assert {"field": "updated_at", "operator": ">", "value": 1769904000} in first("intercom").json["query"]["value"]
    [filters] = [group["filters"] for group in first("hubspot").json["filterGroups"]]
    assert {"propertyName": "closed_date", "operator": "GTE", "value": "1769904000000"} in filters
