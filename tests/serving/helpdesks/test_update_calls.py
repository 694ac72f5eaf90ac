"""What each desk is asked when a ticket of ours changed there or here, is noted on, or is looked for."""

from __future__ import annotations

from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Remote, Reply
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_case, a_desk

DUE, FIRST = "2026-03-03T09:30:00Z", "2026-03-02T11:00:00Z"


TICKETS: list[tuple[str, str, Any, dict[str, str]]] = [
    (
        "zendesk",
        "/api/v2/tickets/9.json",
        {"ticket": {"id": 9, "priority": "high", "tags": ["b", "a"], "custom_fields": [{"id": 101, "value": "bug"}]}},
        {"category": "101"},
    ),
    (
        "freshdesk",
        "/api/v2/tickets/9",
        {"priority": 3, "tags": ["b", "a"], "due_by": "2026-03-03T10:30:00+01:00", "custom_fields": {"cf": "bug"}},
        {"category": "cf"},
    ),
    (
        "jira",
        "/rest/api/3/issue/9",
        {
            "fields": {
                "priority": {"name": "High"},
                "labels": ["b", "a"],
                "duedate": "2026-03-03",
                "cf": {"value": "bug"},
            }
        },
        {"category": "cf"},
    ),
    (
        "chatwoot",
        "/api/v1/accounts/7/conversations/9",
        {"priority": "high", "labels": ["b", "a"], "custom_attributes": {"c": "bug"}},
        {"category": "c"},
    ),
    (
        "hubspot",
        "/crm/v3/objects/tickets/9",
        {"properties": {"hs_ticket_priority": "HIGH", "c": "bug"}},
        {"category": "c"},
    ),
    ("intercom", "/tickets/9", {"ticket_attributes": {"P": "P1", "c": "bug"}}, {"priority": "P", "category": "c"}),
    ("zammad", "/api/v1/tickets/9", {"priority": "3 high", "c": "bug"}, {"category": "c"}),
]


@pytest.mark.parametrize(("kind", "path", "answer", "fields"), TICKETS)
def test_what_a_desk_shows_is_read_in_the_words_in_which_it_is_written(
    kind: str, path: str, answer: Any, fields: dict[str, str]
) -> None:
    recorder = RecordingTransport({f"GET {path}": answer, "GET /api/v1/tags": {"tags": ["b", "a"]}})
    desk = a_desk(kind, recorder, fields=fields)
    shown, wanted = desk.read("9").values, desk.wanted(a_case())
    assert {name: shown[name] for name in ("priority", "category")} == {
        name: wanted[name] for name in ("priority", "category")
    }
    if "tags" in wanted:
        assert shown["tags"] == ("a", "b")
    if kind in {"freshdesk", "jira"}:
        assert shown["resolution_by"] == wanted["resolution_by"]


@pytest.mark.parametrize(
    ("kind", "method", "path", "body"),
    [
        (
            "zendesk",
            "PUT",
            "/api/v2/tickets/9.json",
            {"ticket": {"priority": "high", "safe_update": True, "updated_stamp": "v1"}},
        ),
        ("freshdesk", "PUT", "/api/v2/tickets/9", {"priority": 3}),
        ("zammad", "PUT", "/api/v1/tickets/9", {"priority": "3 high"}),
        ("jira", "PUT", "/rest/api/3/issue/9", {"fields": {"priority": {"name": "High"}}}),
        ("hubspot", "PATCH", "/crm/v3/objects/tickets/9", {"properties": {"hs_ticket_priority": "HIGH"}}),
        ("rt", "PUT", "/REST/2.0/ticket/9", {"Priority": "High"}),
        ("django_helpdesk", "PATCH", "/api/tickets/9/", {"priority": "2"}),
    ],
)
def test_an_update_writes_what_changed_and_nothing_else(kind: str, method: str, path: str, body: Any) -> None:
    recorder = RecordingTransport()
    desk = a_desk(kind, recorder)
    desk.update(Remote(id="9", values={}, version="v1"), {"priority": desk.priorities["P1"]})
    assert [(call.method, call.path, call.json) for call in recorder.calls] == [(method, path, body)]
    assert recorder.calls[0].headers == ({"If-Match": "v1"} if kind == "rt" else {})


def test_freshdesk_takes_both_deadlines_or_none() -> None:
    recorder = RecordingTransport()
    a_desk("freshdesk", recorder).update(Remote(id="9", values={"first_response_by": FIRST}), {"resolution_by": DUE})
    assert recorder.calls[0].json == {"due_by": DUE, "fr_due_by": FIRST}


def test_zammad_adds_and_takes_away_tags_one_by_one() -> None:
    recorder = RecordingTransport()
    a_desk("zammad", recorder).update(Remote(id="9", values={"tags": ("a", "b")}), {"tags": ("b", "c")})
    told = [(call.method, call.path, call.json["item"]) for call in recorder.calls]
    assert told == [("POST", "/api/v1/tags/add", "c"), ("DELETE", "/api/v1/tags/remove", "a")]


def test_chatwoot_keeps_the_attributes_that_others_set() -> None:
    path = "/api/v1/accounts/7/conversations/9"
    recorder = RecordingTransport({f"GET {path}": {"custom_attributes": {"theirs": 1, "due": "old"}}})
    a_desk("chatwoot", recorder, fields={"resolution_by": "due"}).update(
        Remote(id="9", values={}), {"resolution_by": DUE}
    )
    assert recorder.only("POST", f"{path}/custom_attributes").json == {"custom_attributes": {"theirs": 1, "due": DUE}}


@pytest.mark.parametrize(
    ("kind", "path", "hidden"),
    [
        ("zendesk", "/api/v2/tickets/9.json", lambda body: body["ticket"]["comment"]["public"] is False),
        ("freshdesk", "/api/v2/tickets/9/notes", lambda body: body["private"] is True),
        ("zammad", "/api/v1/ticket_articles", lambda body: body["internal"] is True),
        ("chatwoot", "/api/v1/accounts/7/conversations/9/messages", lambda body: body["private"] is True),
        ("intercom", "/tickets/9/reply", lambda body: body["message_type"] == "note"),
        ("jira", "/rest/servicedeskapi/request/9/comment", lambda body: body["public"] is False),
        ("hubspot", "/crm/v3/objects/notes", lambda body: body["associations"][0]["to"] == {"id": "9"}),
        ("rt", "/REST/2.0/ticket/9/comment", lambda body: "Content" in body),
        ("django_helpdesk", "/api/followups/", lambda body: body["public"] is False and body["title"] == "Theirs"),
    ],
)
def test_a_note_is_never_seen_by_the_customer(kind: str, path: str, hidden: Any) -> None:
    recorder = RecordingTransport({"GET /api/tickets/9/": {"title": "Theirs"}})
    a_desk(kind, recorder).note("9", "Resolve by tomorrow")
    [body] = [call.json for call in recorder.calls if call.path == path]
    assert hidden(body)
    assert "Resolve by tomorrow" in str(body)


@pytest.mark.parametrize(
    ("kind", "method", "path", "answer"),
    [
        ("zendesk", "GET", "/api/v2/tickets.json", {"tickets": [{"id": 9}]}),
        ("freshdesk", "GET", "/api/v2/search/tickets", {"results": [{"id": 9}]}),
        ("zammad", "GET", "/api/v1/tickets/search", [{"id": 9}]),
        ("chatwoot", "POST", "/api/v1/accounts/7/conversations/filter", {"payload": [{"id": 9}]}),
        ("intercom", "POST", "/tickets/search", {"tickets": [{"id": "9"}]}),
        ("jira", "GET", "/rest/api/3/search/jql", {"issues": [{"key": "9"}]}),
        ("hubspot", "POST", "/crm/v3/objects/tickets/search", {"results": [{"id": "9"}]}),
        ("rt", "GET", "/REST/2.0/tickets", {"items": [{"id": "9"}]}),
        (
            "django_helpdesk",
            "GET",
            "/api/tickets/",
            {"count": 1, "results": [{"id": 9, "custom_firstline_id": "tkt_01"}]},
        ),
    ],
)
def test_what_was_created_is_found_by_our_id(kind: str, method: str, path: str, answer: Any) -> None:
    recorder = RecordingTransport({f"{method} {path}": answer})
    assert a_desk(kind, recorder).find("tkt_01") == "9"
    assert kind == "django_helpdesk" or "tkt_01" in str(recorder.calls[0])
    assert a_desk(kind, RecordingTransport()).find("tkt_01") is None


def test_request_trackers_refusal_that_comes_as_a_success_is_an_error() -> None:
    recorder = RecordingTransport({"PUT /REST/2.0/ticket/9": Reply(["Priority: Permission Denied"])})
    with pytest.raises(DeskRefused, match="some fields were not written"):
        a_desk("rt", recorder).update(Remote(id="9", values={}), {"priority": "High"})
