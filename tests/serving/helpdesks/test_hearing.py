"""What each desk sends, in the shapes that its documentation gives, and what we make of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from serving.helpdesks.desks import HEARD
from serving.helpdesks.port import Ignored, Inbound
from tests.serving.helpdesks.recorder import a_connection

ZENDESK = {
    "type": "zen:event-type:ticket.created",
    "account_id": 12514403,
    "id": "2b24ef10-19fc-4d8e-bc92-2a4ac6d2d2a0",
    "time": "2026-03-02T09:59:58.021Z",
    "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:35436",
    "detail": {
        "id": "35436",
        "subject": "Export is empty",
        "description": "All of them.",
        "external_id": None,
        "priority": None,
        "requester_id": "8447388090494",
        "status": "NEW",
        "tags": None,
        "via": {"channel": "web_service"},
    },
    "event": {},
}
ZENDESK_TRIGGER = {
    "ticket": {
        "id": 35436,
        "title": "Export is empty",
        "description": "All of them.",
        "requester_email": "ann@acme.example",
        "via": "Mail",
        "external_id": "",
    }
}
FRESHDESK = {
    "freshdesk_webhook": {
        "triggered_event": "{ticket_action:created}",
        "ticket_id": "11",
        "ticket_url": "https://acme.freshdesk.example/helpdesk/tickets/11",
        "ticket_subject": "Export is empty",
        "ticket_description": "<div>All of <b>them</b>.</div>",
        "ticket_status": "Open",
        "ticket_priority": "Low",
        "ticket_source": "Email",
        "requester_name": "Ann",
        "requester_email": "ann@acme.example",
    }
}
ZAMMAD = {
    "ticket": {
        "id": 81,
        "number": "10081",
        "title": "Export is empty",
        "priority": {"id": 2, "name": "2 normal"},
        "group": {"name": "Support"},
        "customer": {"email": "ann@acme.example", "firstname": "Ann"},
        "owner": None,
        "organization": None,
        "created_at": "2026-03-02T09:59:58.021Z",
        "article_count": 1,
        "close_escalation_at": None,
    },
    "article": {
        "id": 104,
        "body": "<p>All of <i>them</i>.</p>",
        "content_type": "text/html",
        "type": "email",
        "sender": "Customer",
        "from": "Ann <ann@acme.example>",
        "internal": False,
        "attachments": [],
    },
}
CHATWOOT = {
    "event": "message_created",
    "id": 901,
    "content": "Export is empty",
    "content_type": "text",
    "message_type": "incoming",
    "private": False,
    "created_at": "2026-03-02T09:59:58.021Z",
    "source_id": None,
    "sender": {"id": 5, "name": "Ann", "email": "ann@acme.example", "type": "contact"},
    "conversation": {"id": 44, "status": "pending", "priority": None, "channel": "Channel::WebWidget", "labels": []},
    "account": {"id": 7, "name": "Acme"},
    "inbox": {"id": 3, "name": "Site"},
}
INTERCOM = {
    "type": "notification_event",
    "app_id": "abc",
    "id": "notif_1",
    "topic": "ticket.created",
    "data": {
        "type": "notification_event_data",
        "item": {
            "type": "ticket",
            "id": "215",
            "ticket_id": "12",
            "ticket_attributes": {"_default_title_": "Export is empty", "_default_description_": "<p>All of them.</p>"},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "6", "external_id": "7"}]},
            "admin_assignee_id": 0,
            "open": True,
            "created_at": 1772445598,
        },
    },
    "delivery_attempts": 1,
    "first_sent_at": 1772445599,
}
INTERCOM_CONVERSATION = {
    "type": "notification_event",
    "id": "notif_2",
    "topic": "conversation.user.created",
    "data": {
        "item": {
            "type": "conversation",
            "id": "88",
            "created_at": 1772445598,
            "source": {
                "type": "email",
                "subject": "Export",
                "body": "<p>Empty</p>",
                "author": {"email": "a@b.example"},
            },
        }
    },
}
JIRA = {
    "timestamp": 1772445598021,
    "webhookEvent": "jira:issue_created",
    "issue_event_type_name": "issue_created",
    "user": {"accountId": "5b10"},
    "issue": {
        "id": "10002",
        "key": "SD-1",
        "fields": {
            "summary": "Export is empty",
            "description": {
                "type": "doc",
                "version": 1,
                "content": [
                    {
                        "type": "paragraph",
                        "content": [{"type": "text", "text": "All of "}, {"type": "text", "text": "them."}],
                    },
                    {"type": "paragraph", "content": []},
                ],
            },
            "priority": {"name": "Medium"},
            "duedate": None,
            "labels": [],
            "reporter": {"emailAddress": "ann@acme.example"},
            "created": "2026-03-02T10:59:58.021+0100",
        },
    },
}
HUBSPOT = [
    {
        "eventId": 100,
        "subscriptionId": 51,
        "portalId": 33,
        "appId": 1,
        "occurredAt": 1772445598021,
        "subscriptionType": "ticket.creation",
        "attemptNumber": 0,
        "objectId": 987,
        "changeSource": "CRM",
    },
    {"eventId": 101, "subscriptionType": "ticket.propertyChange", "objectId": 988, "propertyName": "subject"},
]
RT = {
    "event": "ticket.created",
    "id": "17",
    "queue": "Support",
    "subject": "Export is empty",
    "content": "All of them.",
    "requestor": "ann@acme.example, bob@acme.example",
    "creator": "RT_System",
    "external_id": None,
    "created": "2026-03-02T09:59:58Z",
}
DJANGO = {
    "ticket": {
        "id": 3,
        "queue": 1,
        "title": "Export is empty",
        "description": "All of them.",
        "submitter_email": "ann@acme.example",
        "status": 1,
        "priority": 3,
        "due_date": None,
        "followup_set": [{"id": 1, "date": "2026-03-02T09:59:58.021Z", "comment": "All of them.", "public": True}],
        "custom_firstline_id": "",
    },
    "queue_slug": "support",
}
STANDARD = {
    "type": "ticket.created",
    "timestamp": "2026-03-02T09:59:58Z",
    "data": {"id": "c-1", "subject": "Export is empty", "description": "All of them.", "email": "ann@acme.example"},
}
NEW = [
    ("freshdesk", FRESHDESK, "11", "email"),
    ("zammad", ZAMMAD, "81", "email"),
    ("intercom", INTERCOM, "215", "chat"),
    ("jira", JIRA, "SD-1", "web"),
    ("rt", RT, "17", "email"),
    ("django_helpdesk", DJANGO, "3", "email"),
    ("standard", STANDARD, "c-1", "api"),
    ("zendesk", ZENDESK_TRIGGER, "35436", "email"),
]


def heard(kind: str, payload: Any, **more: Any) -> Any:
    return HEARD[kind](payload, a_connection(kind, **more))


def why(kind: str, payload: Any, **more: Any) -> str:
    [ignored] = heard(kind, payload, **more)
    assert isinstance(ignored, Ignored)
    return ignored.reason


@pytest.mark.parametrize(("kind", "payload", "remote_id", "channel"), NEW)
def test_a_new_case_is_read(kind: str, payload: Any, remote_id: str, channel: str) -> None:
    [case] = heard(kind, payload)
    assert isinstance(case, Inbound)
    assert (case.remote_id, case.subject, case.text) == (remote_id, "Export is empty", "All of them.")
    assert case.channel == channel
    assert case.email == (None if kind in {"intercom", "rt"} else "ann@acme.example")
    if kind not in {"freshdesk", "zendesk"}:
        assert case.created_at is not None
        assert case.created_at.isoformat()[:19] == "2026-03-02T09:59:58"


def test_a_message_opens_a_case_of_its_conversation() -> None:
    [case] = heard("chatwoot", CHATWOOT)
    assert (case.remote_id, case.text, case.email, case.channel) == (
        "44",
        "Export is empty",
        "ann@acme.example",
        "chat",
    )


def test_a_conversation_of_intercom_is_read_with_its_author() -> None:
    [case] = heard("intercom", INTERCOM_CONVERSATION)
    assert (case.remote_id, case.subject, case.text, case.email) == ("88", "Export", "Empty", "a@b.example")


@pytest.mark.parametrize(
    ("kind", "payload", "remote_id"), [("zendesk", ZENDESK, "35436"), ("hubspot", HUBSPOT[:1], "987")]
)
def test_an_event_that_names_a_ticket_only_is_fetched_later(kind: str, payload: Any, remote_id: str) -> None:
    [case] = heard(kind, payload)
    assert (case.remote_id, case.has_text) == (remote_id, False)


def test_a_batch_is_read_event_by_event_and_no_further_than_documented() -> None:
    created, changed = heard("hubspot", HUBSPOT)
    assert isinstance(created, Inbound)
    assert changed == Ignored("event 'ticket.propertyChange'")
    assert len(heard("hubspot", HUBSPOT * 100)) == 100


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("zendesk", {"type": "zen:event-type:ticket.status_changed", "detail": {"id": "1"}}),
    ("freshdesk", {"freshdesk_webhook": {"triggered_event": "{ticket_action:updated}", "ticket_id": "1"}}),
    ("zammad", ZAMMAD | {"article": ZAMMAD["article"] | {"sender": "Agent"}}),
    ("zammad", ZAMMAD | {"ticket": ZAMMAD["ticket"] | {"article_count": 2}}),
    ("chatwoot", {"event": "conversation_status_changed", "id": 44}),
    ("chatwoot", CHATWOOT | {"message_type": "outgoing"}),
    ("chatwoot", CHATWOOT | {"private": True}),
    ("chatwoot", CHATWOOT | {"content": None}),
    ("intercom", {"type": "notification_event", "topic": "ping", "data": {"item": {"message": "hello"}}}),
    ("jira", {"webhookEvent": "jira:issue_updated", "issue": {"key": "SD-1"}}),
    ("rt", {"event": "ticket.resolved", "id": "17"}),
    ("django_helpdesk", DJANGO | {"followup_id": 9}),
    ("standard", {"type": "ticket.closed", "data": {"id": "c-1"}}),
]


@pytest.mark.parametrize(("kind", "payload"), OTHERS)
def test_what_is_no_new_case_is_ignored_with_a_reason(kind: str, payload: Any) -> None:
    assert why(kind, payload)


OURS: list[tuple[str, Any, list[str | int]]] = [
    ("zendesk", ZENDESK, ["detail", "external_id"]),
    ("zendesk", ZENDESK_TRIGGER, ["ticket", "external_id"]),
    ("freshdesk", FRESHDESK, ["freshdesk_webhook", "ticket_tags"]),
    ("zammad", ZAMMAD, ["ticket", "firstline_id"]),
    ("chatwoot", CHATWOOT, ["conversation", "custom_attributes"]),
    ("intercom", INTERCOM, ["data", "item", "ticket_attributes", "firstline_id"]),
    ("jira", JIRA, ["issue", "fields", "labels"]),
    ("rt", RT, ["external_id"]),
    ("django_helpdesk", DJANGO, ["ticket", "custom_firstline_id"]),
]


@pytest.mark.parametrize(("kind", "payload", "path"), OURS)
def test_our_own_ticket_coming_back_is_ignored(kind: str, payload: Any, path: list[str]) -> None:
    echo = copy.deepcopy(payload)
    place = echo
    for step in path[:-1]:
        place = place[step]
    value: Any = {"labels": ["tkt_01"], "custom_attributes": {"firstline_id": "tkt_01"}}.get(path[-1], "tkt_01")
    place[path[-1]] = value
    assert why(kind, echo) == "it is our own"


@pytest.mark.parametrize(("kind", "payload", "by"), [("rt", RT, "RT_System"), ("jira", JIRA, "5b10")])
def test_what_our_own_user_made_is_ignored(kind: str, payload: Any, by: str) -> None:
    assert why(kind, payload, bot=by) == "it is our own"


def broken(payload: Any) -> list[Any]:
    """Return the payload with each of its values, in turn, null, a number, a text, a list or missing."""
    found = []

    def walk(node: Any, root: Any) -> None:
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
        for key in keys:
            kept = node[key]
            for other in (None, 7, "x", [], {}, [None], True):
                node[key] = other
                found.append(copy.deepcopy(root))
            node[key] = kept
            walk(kept, root)

    root = copy.deepcopy(payload)
    walk(root, root)
    return found


ALL = [(kind, payload) for kind, payload, *_ in NEW] + [
    ("zendesk", ZENDESK),
    ("chatwoot", CHATWOOT),
    ("hubspot", HUBSPOT),
    ("intercom", INTERCOM_CONVERSATION),
]


@pytest.mark.parametrize(("kind", "payload"), ALL)
def test_whatever_else_stands_in_a_field_nothing_breaks(kind: str, payload: Any) -> None:
    for sent in [*broken(payload), None, [], {}, 7, "x", [None], [[]]]:
        for each in heard(kind, sent):
            assert isinstance(each, Inbound | Ignored)


def test_html_becomes_what_a_reader_sees() -> None:
    body = "<p>All&nbsp;of them.</p><script>alert(1)</script><ul><li>one</li><li>two</li></ul>"
    [case] = heard("zammad", ZAMMAD | {"article": ZAMMAD["article"] | {"body": body}})
    assert case.text == "All of them.\none\ntwo"


def test_a_text_that_only_looks_like_html_is_kept() -> None:
    [case] = heard("rt", RT | {"content": "if a < b then c"})
    assert case.text == "if a < b then c"


def test_a_megabyte_is_cut_and_read() -> None:
    [case] = heard("rt", RT | {"content": "word " * 200_000, "subject": "s" * 5_000})
    assert (len(case.text), len(case.subject)) == (99_999, 1_000)
