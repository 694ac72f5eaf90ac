"""What Zammad answers about one ticket, written from its documentation and source."""

from __future__ import annotations

from typing import Any

from serving.helpdesks.port.port import Thread
from tests.serving.helpdesks.recording_transport import OPTIONS, RecordingTransport, a_desk

TICKET, ARTICLES, HISTORY_OF = "/api/v1/tickets/81", "/api/v1/ticket_articles/by_ticket/81", "/api/v1/ticket_history/81"
STATES_OF = "/api/v1/ticket_states"
SHOWN: dict[str, Any] = {
    "id": 81,
    "number": "10081",
    "title": "Export is empty",
    "group": "Support",
    "group_id": 3,
    "state": "open",
    "state_id": 2,
    "priority": "3 high",
    "priority_id": 3,
    "owner": "emma@desk.example",
    "owner_id": 5,
    "customer": "ann",
    "customer_id": 8,
    "organization": "Acme",
    "organization_id": 3,
    "article_count": 3,
    "article_ids": [104, 105, 106],
    "type": None,
    "note": None,
    "time_unit": None,
    "preferences": {},
    "created_by": "ann",
    "created_at": "2026-03-02T09:00:00.000Z",
    "updated_at": "2026-03-02T11:00:00.120Z",
    "close_at": None,
    "escalation_at": None,
    "product": "Reports",
    "severity": None,
    "systems": ["a", "b c"],
}
OTHERS: dict[str, Any] = {
    "GET /api/v1/users/8": {
        "id": 8,
        "login": "ann",
        "firstname": "Ann",
        "lastname": "Lee",
        "email": "ann@acme.example",
        "phone": "+49 30 1234567",
        "vip": True,
        "department": "Sales",
        "organization_id": 3,
        "role_ids": [3],
        "preferences": {"locale": "de-de", "tickets_open": 3},
        "seats": 12,
        "created_at": "2026-01-01T00:00:00Z",
    },
    "GET /api/v1/organizations/3": {
        "id": 3,
        "name": "Acme",
        "domain": "acme.example",
        "shared": True,
        "active": True,
        "vip": False,
        "note": "pays late",
        "member_ids": [8],
        "plan": "gold",
        "arr": 120000,
    },
    "GET /api/v1/tags": {"tags": ["vip", "big customer"]},
}


def article(number: int, at: str, sender: str, body: str, **more: Any) -> dict[str, Any]:
    """Return an article: a public mail, unless told otherwise."""
    who = {"Customer": "Ann Lee <ann@acme.example>", "Agent": "Emma Taylor via Support <help@desk.example>"}
    return {
        "id": number,
        "ticket_id": 81,
        "sender": sender,
        "type": "email",
        "internal": False,
        "from": who.get(sender, ""),
        "body": f"<p>{body}</p>",
        "content_type": "text/html",
        "preferences": {},
        "attachments": [],
        "created_by": "ann" if sender == "Customer" else "emma@desk.example",
        "created_by_id": 8 if sender == "Customer" else 5,
        "created_at": f"2026-03-02T{at}Z",
    } | more


def moved(number: int, at: str, now: str, **more: Any) -> dict[str, Any]:
    """Return a row of the history: a change of state, unless told otherwise."""
    row = {"id": number, "o_id": 81, "object": "Ticket", "type": "updated", "attribute": "state", "created_by_id": 5}
    return (
        row | {"value_from": "new", "value_to": now, "id_from": 1, "id_to": 2, "created_at": f"2026-03-02T{at}Z"} | more
    )


SAID = [
    article(104, "09:00:00", "Customer", "All of them."),
    article(105, "10:00:00", "Agent", "Which browser?"),
    article(106, "10:10:00", "Customer", "Firefox."),
    article(107, "10:20:00", "Agent", "Looks like 7", internal=True, type="note"),
]
ROWS = [
    {
        "id": 1,
        "o_id": 81,
        "object": "Ticket",
        "type": "created",
        "created_by_id": 8,
        "created_at": "2026-03-02T09:00:00Z",
    },
    moved(2, "10:00:01", "pending reminder"),
    moved(3, "10:10:01", "open", created_by_id=8),
    moved(4, "10:15:00", "3 high", attribute="priority"),
    moved(5, "11:00:00", "closed", created_by_id=1),
]
PEOPLE = {
    "5": {"id": 5, "login": "emma@desk.example", "firstname": "Emma", "lastname": "Taylor"},
    "8": {"id": 8, "login": "ann", "firstname": "Ann", "lastname": "Lee"},
    "1": {"id": 1, "login": "-", "firstname": "-", "lastname": ""},
}


def answers(said: list[Any] | None = None, rows: Any = None, **ticket: Any) -> dict[str, Any]:
    """Return the answers to every read of a thread."""
    history = {"history": ROWS if rows is None else rows, "assets": {"User": PEOPLE}}
    return {
        f"GET {TICKET}": SHOWN | ticket,
        f"GET {ARTICLES}": SAID if said is None else said,
        f"GET {HISTORY_OF}": history,
        **OTHERS,
    }


def thread(said: list[Any] | None = None, rows: Any = None, *, options: Any = None, **ticket: Any) -> Thread:
    """Return the thread of the ticket."""
    recorder = RecordingTransport(answers(said, rows, **ticket))
    found: Thread = a_desk("zammad", recorder, options={"group": OPTIONS["group"], **(options or {})}).thread("81")
    return found
