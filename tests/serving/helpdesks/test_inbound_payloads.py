"""What each desk sends, in the shapes that its documentation gives, and what we make of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from serving.helpdesks.port.port import Changed, Ignored, Inbound, Thread
from serving.helpdesks.vendor_table import HEARD
from tests.serving.helpdesks.recording_transport import a_connection
from tests.serving.helpdesks.webhook_payloads import (
    CHATWOOT,
    DJANGO,
    FRESHDESK,
    HUBSPOT,
    INTERCOM,
    INTERCOM_CONVERSATION,
    JIRA,
    RT,
    STANDARD,
    ZAMMAD,
    ZENDESK,
    ZENDESK_TRIGGER,
)

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
    assert changed == Changed("988")
    assert len(heard("hubspot", HUBSPOT * 100)) == 100


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("zendesk", {"type": "zen:event-type:organization.created", "detail": {"id": "1"}}),
    ("freshdesk", {"freshdesk_webhook": {"triggered_event": "{ticket_action:updated}", "ticket_id": ""}}),
    ("zammad", ZAMMAD | {"article": ZAMMAD["article"] | {"sender": "Agent"}}),
    ("zammad", {"ticket": {"id": None}, "article": {}}),
    ("chatwoot", {"event": "conversation_typing_on", "conversation": {"id": 44}}),
    ("chatwoot", CHATWOOT | {"content": None}),
    ("intercom", {"type": "notification_event", "topic": "ping", "data": {"item": {"message": "hello"}}}),
    ("jira", {"webhookEvent": "jira:version_released", "issue": {"key": "SD-1"}}),
    ("rt", {"event": "ticket.resolved", "id": "17"}),
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
            assert isinstance(each, Inbound | Changed | Thread | Ignored)


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
