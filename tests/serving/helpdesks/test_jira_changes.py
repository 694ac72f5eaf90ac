"""What Jira tells of an issue that is already there: deliveries, what changed since, and notes that are rewritten."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Changed, Ignored, Inbound
from serving.helpdesks.vendors.jira import heard
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_inbound_payloads import broken
from tests.serving.helpdesks.test_jira_thread import ANN, BOB, BOT, ISSUE, an_issue, comment, move
from tests.serving.helpdesks.webhook_payloads import JIRA

DELIVERIES: list[tuple[dict[str, Any], str]] = [
    ({"webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_generic", "user": BOB}, "SD-1"),
    ({"webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_assigned", "user": BOB}, "SD-1"),
    ({"webhookEvent": "jira:issue_updated", "user": None}, "SD-1"),
    ({"webhookEvent": "jira:issue_deleted", "user": BOB}, "SD-1"),
    ({"webhookEvent": "jira:issue_deleted", "user": BOT}, "SD-1"),
    ({"webhookEvent": "comment_created", "comment": comment(1, ANN, "still", 1)}, "SD-1"),
    ({"webhookEvent": "comment_updated", "comment": comment(1, ANN, "still", 1)}, "SD-1"),
    ({"webhookEvent": "comment_deleted", "comment": comment(1, BOT, "gone", 1)}, "SD-1"),
    (
        {"webhookEvent": "jira:issue_updated", "changelog": {"items": [{"field": "Key", "fromString": "OPS-7"}]}},
        "OPS-7",
    ),
]


@pytest.mark.parametrize(("delivery", "key"), DELIVERIES)
def test_a_delivery_about_a_known_issue_says_that_it_changed(delivery: dict[str, Any], key: str) -> None:
    sent = {"issue": {"id": "10002", "key": "SD-1"}} | delivery
    assert heard(sent, a_connection("jira", bot="5b-bot")) == [Changed(key)]


@pytest.mark.parametrize(
    "delivery",
    [
        {"webhookEvent": "jira:issue_updated", "user": BOT, "issue": {"key": "SD-1"}},
        {"webhookEvent": "comment_created", "comment": comment(1, BOT, "note", 1), "issue": {"key": "SD-1"}},
        {"webhookEvent": "comment_updated", "comment": {"author": BOB, "updateAuthor": BOT}, "issue": {"key": "SD-1"}},
        {"webhookEvent": "jira:issue_updated", "user": BOB, "issue": {"key": None}},
        {"webhookEvent": "comment_created", "comment": comment(1, ANN, "still", 1)},
        {"webhookEvent": "sprint_started"},
    ],
)
def test_what_we_did_and_what_names_no_issue_is_ignored(delivery: dict[str, Any]) -> None:
    [found] = heard(delivery, a_connection("jira", bot="5b-bot"))
    assert isinstance(found, Ignored)


def test_an_issue_whose_delivery_was_lost_is_fetched_unless_it_is_ours() -> None:
    def fetch(issue: Any) -> Any:
        return a_desk("jira", RecordingTransport({f"GET {ISSUE}": issue})).fetch("SD-1")

    case = fetch(an_issue(created="2026-03-02T10:59:58.021+0100"))
    assert isinstance(case, Inbound)
    assert (case.remote_id, case.email, case.fields["field.Plan"]) == ("SD-1", "ann@acme.example", "Enterprise")
    assert case.created_at is not None
    assert isinstance(fetch(an_issue(labels=["tkt_01"])), Ignored)
    assert isinstance(fetch(404), Ignored)
    with pytest.raises(DeskRefused):
        fetch(503)


def test_whatever_stands_in_a_delivery_nothing_breaks() -> None:
    for sent in broken({"webhookEvent": "jira:issue_updated", "issue": an_issue(), "changelog": move(1, BOB, "x", 1)}):
        assert all(isinstance(each, Changed | Ignored | Inbound) for each in heard(sent, a_connection("jira")))


def test_a_new_issue_brings_what_is_known_of_the_customer() -> None:
    payload = copy.deepcopy(JIRA)
    payload["issue"]["fields"] |= {name: value for name, value in an_issue()["fields"].items() if name != "reporter"}
    [case] = heard(payload, a_connection("jira"))
    assert isinstance(case, Inbound)
    assert case.attachments == ("log.txt",)
    assert not case.automatic
    assert case.fields["organization"] == "Acme"
    assert case.fields["field.customfield_10020"] == "Enterprise"


@pytest.mark.parametrize(
    ("zone", "minute"),
    [
        ("Europe/Berlin", "2026-02-01 01:00"),
        ("America/Los_Angeles", "2026-01-31 16:00"),
        ("", "2026-02-01 00:00"),
        ("Nowhere/Land", "2026-02-01 00:00"),
        ("../etc", "2026-02-01 00:00"),
    ],
)
def test_changes_are_asked_for_in_the_time_zone_of_whoever_asks(zone: str, minute: str) -> None:
    recorder = RecordingTransport(
        {
            "GET /rest/api/3/myself": {"timeZone": zone},
            "GET /rest/api/3/search/jql": {"issues": [{"key": "SD-1"}, {"key": "SD-2"}, {}], "nextPageToken": "n"},
        }
    )
    page = a_desk("jira", recorder).changed_since(datetime(2026, 2, 1, tzinfo=UTC), None)
    assert (list(page.ids), page.cursor, page.more) == (["SD-1", "SD-2"], "n", True)
    assert recorder.only("GET", "/rest/api/3/search/jql").query == {
        "jql": f'project = "SD" AND updated >= "{minute}" ORDER BY updated',
        "maxResults": "50",
        "fields": "updated",
    }


def test_the_next_page_goes_on_and_the_last_ends() -> None:
    recorder = RecordingTransport({"GET /rest/api/3/search/jql": {"issues": []}})
    page = a_desk("jira", recorder).changed_since(datetime(2026, 2, 1, tzinfo=UTC), "n")
    assert (list(page.ids), page.cursor, page.more) == ([], "n", False)
    assert recorder.only("GET", "/rest/api/3/search/jql").query["nextPageToken"] == "n"


def test_a_note_is_rewritten_in_place_and_stays_internal() -> None:
    recorder = RecordingTransport()
    a_desk("jira", recorder).edit_note("SD-1", "77", "Team: billing\n\nTier: T2")
    assert recorder.only("PUT", f"{ISSUE}/comment/77").json == {
        "body": {
            "type": "doc",
            "version": 1,
            "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "Team: billing"}]},
                {"type": "paragraph", "content": [{"type": "text", "text": "Tier: T2"}]},
            ],
        },
        "properties": [{"key": "sd.public.comment", "value": {"internal": True}}],
    }
