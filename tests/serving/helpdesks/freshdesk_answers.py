"""What Freshdesk answers about one ticket, written from the shapes that its documentation gives."""

from __future__ import annotations

from typing import Any

from serving.helpdesks.port.port import Thread
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk

TICKET, SAID = "/api/v2/tickets/20", "/api/v2/tickets/20/conversations"
CUSTOMER, AGENT, BOT = 43000111, 43000222, 43000333
SHOWN: dict[str, Any] = {
    "id": 20,
    "subject": "Export is empty",
    "description": "<div>All of them.</div>",
    "description_text": "All of them.",
    "status": 2,
    "priority": 3,
    "source": 1,
    "type": "Problem",
    "spam": False,
    "tags": ["vip", "big customer"],
    "custom_fields": {"cf_category": "bug", "cf_seats": 12, "cf_beta": True, "cf_none": None},
    "requester_id": CUSTOMER,
    "responder_id": AGENT,
    "company_id": 23,
    "product_id": 4,
    "group_id": 5,
    "requester": {"id": CUSTOMER, "name": "Ann Lee", "email": "ann@acme.example", "mobile": None, "phone": None},
    "company": {"id": 23, "name": "Acme"},
    "attachments": [{"id": 1, "name": "a.png", "content_type": "image/png", "size": 9}, {"id": 2, "name": None}],
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-02T11:00:00Z",
    "due_by": "2026-03-05T09:00:00Z",
    "fr_due_by": "2026-03-03T09:00:00Z",
    "stats": {
        "agent_responded_at": "2026-03-02T10:00:00Z",
        "requester_responded_at": None,
        "first_responded_at": "2026-03-02T10:00:00Z",
        "status_updated_at": None,
        "reopened_at": None,
        "resolved_at": None,
        "closed_at": None,
        "pending_since": None,
    },
}
OTHERS: dict[str, Any] = {
    f"GET /api/v2/contacts/{CUSTOMER}": {
        "id": CUSTOMER,
        "name": "Ann Lee",
        "language": "de",
        "time_zone": "Berlin",
        "job_title": "Buyer",
        "tags": ["key"],
        "custom_fields": {"region": "EMEA", "fax": None},
    },
    "GET /api/v2/companies/23": {
        "id": 23,
        "name": "Acme",
        "domains": ["acme.example", "acme.test"],
        "account_tier": "Premium",
        "health_score": "At risk",
        "industry": None,
        "renewal_date": "2026-12-31T00:00:00Z",
        "custom_fields": {"plan": "gold", "arr": 120000},
    },
    "GET /api/v2/products/4": {"id": 4, "name": "Acme Cloud"},
}


def said(number: int, at: str, who: int, body: str, **more: Any) -> dict[str, Any]:
    """Return a conversation: a public reply of an agent, unless told otherwise."""
    return {
        "id": number,
        "body": f"<div>{body}</div>",
        "body_text": body,
        "incoming": False,
        "private": False,
        "user_id": who,
        "source": 0,
        "support_email": "help@desk.example",
        "from_email": '"Kim" <help@desk.example>',
        "to_emails": ["ann@acme.example"],
        "created_at": f"2026-03-02T{at}Z",
        "updated_at": f"2026-03-02T{at}Z",
        "attachments": [],
        "ticket_id": 20,
    } | more


HISTORY = [
    said(1, "10:00:00", AGENT, "Which browser?"),
    said(2, "10:10:00", CUSTOMER, "Firefox.", incoming=True, from_email="ann@acme.example"),
    said(3, "10:20:00", AGENT, "Looks like 7", private=True, source=2, from_email=None),
]


def answers(history: list[Any] | None = None, **ticket: Any) -> dict[str, Any]:
    """Return the answers to every read of a thread."""
    conversations = HISTORY if history is None else history
    return {f"GET {TICKET}": SHOWN | ticket, f"GET {SAID}": conversations, **OTHERS}


def thread(history: list[Any] | None = None, *, options: dict[str, str] | None = None, **ticket: Any) -> Thread:
    """Return the thread of the ticket."""
    recorder = RecordingTransport(answers(history, **ticket))
    found: Thread = a_desk("freshdesk", recorder, options=options or {}).thread("20")
    return found


def stats(**times: str) -> dict[str, Any]:
    """Return the statistics of a ticket with some of its times."""
    return {"stats": SHOWN["stats"] | {name: f"2026-03-02T{at}:00Z" for name, at in times.items()}}
