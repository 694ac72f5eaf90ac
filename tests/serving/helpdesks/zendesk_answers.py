"""What Zendesk answers about one ticket, written from the shapes that its documentation gives."""

from __future__ import annotations

from typing import Any

from serving.helpdesks.port.port import Thread
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk

TICKET, AUDITS = "/api/v2/tickets/35436.json", "/api/v2/tickets/35436/audits.json"
CUSTOMER, AGENT, BOT = 8447388090494, 20978392, 77

USERS: list[dict[str, Any]] = [
    {
        "id": CUSTOMER,
        "name": "Ann Lee",
        "email": "ann@acme.example",
        "role": "end-user",
        "locale": "de",
        "time_zone": "Berlin",
        "tags": ["vip"],
        "user_fields": {"seats": 12, "beta": True, "notes": None},
    },
    {"id": AGENT, "name": "Kim", "email": "kim@desk.example", "role": "agent", "user_fields": {}},
    {"id": BOT, "name": "Firstline", "email": "bot@acme.example", "role": "agent", "user_fields": {}},
]
SHOWN: dict[str, Any] = {
    "ticket": {
        "id": 35436,
        "subject": "Export is empty",
        "description": "All of them.",
        "external_id": None,
        "priority": "high",
        "status": "pending",
        "type": "incident",
        "tags": ["vip", "category_bug"],
        "requester_id": CUSTOMER,
        "assignee_id": AGENT,
        "organization_id": 509974,
        "group_id": 98738,
        "brand_id": 123,
        "ticket_form_id": 47,
        "custom_fields": [{"id": 101, "value": "bug"}, {"id": 102, "value": None}, {"id": 103, "value": ["a", "b c"]}],
        "via": {"channel": "email"},
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T11:00:00Z",
    },
    "users": USERS,
    "organizations": [
        {
            "id": 509974,
            "name": "Acme",
            "external_id": "A-1",
            "domain_names": ["acme.example", "acme.test"],
            "tags": ["enterprise"],
            "organization_fields": {"plan": "gold", "arr": 120000.5, "renewal": None},
        }
    ],
    "groups": [{"id": 98738, "name": "Second line"}],
}


def audit(number: int, at: str, author: int, *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"id": number, "ticket_id": 35436, "created_at": f"2026-03-02T{at}Z", "author_id": author}
    return found | {"events": list(events), "metadata": {"system": {}}, "via": {"channel": "web"}} | more


def comment(number: int, body: str, *, public: bool = True, **more: Any) -> dict[str, Any]:
    return {"id": number, "type": "Comment", "body": body, "public": public, "attachments": []} | more


def change(
    number: int, value: Any, before: Any = "open", field: str = "status", kind: str = "Change"
) -> dict[str, Any]:
    return {"id": number, "type": kind, "field_name": field, "value": value, "previous_value": before}


HISTORY = [
    audit(1, "09:00:00", CUSTOMER, comment(11, "All of them."), change(12, "new", None, kind="Create")),
    audit(2, "09:30:00", AGENT, change(21, str(AGENT), None, "assignee_id"), change(22, "open", "new")),
    audit(3, "10:00:00", AGENT, comment(31, "Which browser?", author_id=AGENT), change(32, "pending")),
    audit(4, "10:10:00", CUSTOMER, comment(41, "Firefox."), change(42, "open", "pending")),
    audit(5, "10:20:00", AGENT, comment(51, "Looks like #7", public=False)),
    audit(6, "10:30:00", AGENT, change(61, "hold")),
    audit(7, "10:40:00", AGENT, change(71, "solved", "hold"), change(72, "urgent", "high", "priority")),
    audit(8, "11:00:00", -1, change(81, "closed", "solved"), via={"channel": "rule"}),
]


def answers(history: list[Any] | None = None, **ticket: Any) -> dict[str, Any]:
    page = {"audits": HISTORY if history is None else history, "users": USERS, "meta": {"has_more": False}}
    return {
        f"GET {TICKET}": SHOWN | {"ticket": SHOWN["ticket"] | ticket},
        f"GET {AUDITS}": page,
        "GET /api/v2/brands/123.json": {"brand": {"id": 123, "name": "Acme Cloud"}},
    }


def thread(history: list[Any] | None = None, *, bot: str = "", **ticket: Any) -> Thread:
    found: Thread = a_desk("zendesk", RecordingTransport(answers(history, **ticket)), bot=bot).thread("35436")
    return found


def in_short(events: Any) -> list[tuple[str, str, str, str | None]]:
    return [(each.kind, each.by, each.text, each.status) for each in events]
