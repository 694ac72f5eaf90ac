"""A Jira issue as a thread: comments, changes of status, fields.

The shapes are those of developer.atlassian.com: issue with changelog, comments of the platform API, statuses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import RemoteEvent, Thread
from serving.helpdesks.vendors import atlassian_document
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_inbound_payloads import broken

ISSUE = "/rest/api/3/issue/SD-1"
ANN = {"accountId": "qm:1", "displayName": "Ann", "accountType": "customer", "emailAddress": "ann@acme.example"}
BOB = {"accountId": "5b-bob", "displayName": "Bob", "accountType": "atlassian"}
BOT = {"accountId": "5b-bot", "displayName": "Firstline", "accountType": "atlassian"}
RULE = {"accountId": "557-rule", "displayName": "Automation for Jira", "accountType": "app"}


def adf(*lines: str) -> dict[str, Any]:
    return atlassian_document.write("\n".join(lines))


def comment(number: int, author: Any, words: str, minute: int, **more: Any) -> dict[str, Any]:
    at = f"2026-03-02T10:{minute:02}:00.000+0100"
    return {"id": str(number), "author": author, "body": adf(words), "created": at, "jsdPublic": True} | more


def move(number: int, author: Any, name: str, minute: int, to: str = "") -> dict[str, Any]:
    at = f"2026-03-02T10:{minute:02}:00.000+0100"
    item = {"field": "status", "fieldtype": "jira", "from": "1", "fromString": "Open", "to": to, "toString": name}
    other = {"field": "priority", "from": "3", "fromString": "Medium", "to": "2", "toString": "High"}
    return {"id": str(number), "author": author, "created": at, "items": [other, item]}


STATUSES: list[dict[str, Any]] = [
    {"id": "10", "name": "Waiting for support", "statusCategory": {"key": "new"}},
    {"id": "11", "name": "Waiting for customer", "statusCategory": {"key": "indeterminate"}},
    {"id": "12", "name": "Resolved", "statusCategory": {"key": "done"}},
    {"id": "13", "name": "Closed", "statusCategory": {"key": "done"}},
    {"id": "14", "name": "Parked", "statusCategory": {"key": "indeterminate"}},
    {"id": "15", "name": "Shipped", "statusCategory": {"key": "done"}},
]


def an_issue(**fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "summary": "Export is empty",
        "project": {"key": "SD", "name": "Service desk"},
        "issuetype": {"name": "[System] Incident"},
        "status": {"name": "Waiting for support", "statusCategory": {"key": "new"}},
        "priority": {"name": "High"},
        "labels": ["vip", "emea"],
        "components": [{"name": "Reports"}],
        "reporter": ANN | {"timeZone": "Europe/Berlin"},
        "assignee": BOB,
        "updated": "2026-03-02T10:30:00.000+0100",
        "attachment": [{"filename": "log.txt"}, {"filename": None}],
        "customfield_10002": [
            {"id": "1", "name": "Acme", "_links": {"self": "https://x/rest/servicedeskapi/organization/1"}}
        ],
        "customfield_10010": {"requestType": {"id": "25", "name": "Report a bug"}, "currentStatus": {}},
        "customfield_10020": {"value": "Enterprise", "id": "7"},
        "customfield_10021": {"value": "Europe", "child": {"value": "Germany"}},
        "customfield_10022": ["a", {"value": "b"}, None],
        "customfield_10023": 12.5,
        "customfield_10024": None,
        "customfield_10025": adf("one", "two"),
        "customfield_10026": {"languageCode": "de", "displayName": "German"},
    }
    names = {"customfield_10020": "Plan", "customfield_10024": "Empty", "summary": "Summary"}
    return {"id": "10002", "key": "SD-1", "names": names, "fields": given | fields}


def read(
    issue: dict[str, Any], comments: list[Any] | None = None, histories: list[Any] | None = None, **more: Any
) -> tuple[Thread, RecordingTransport]:
    changes = {"startAt": 0, "maxResults": 100, "total": len(histories or []), "histories": histories or []}
    recorder = RecordingTransport(
        {
            f"GET {ISSUE}": issue | {"changelog": changes},
            f"GET {ISSUE}/comment": {"comments": comments or [], "total": len(comments or [])},
            "GET /rest/api/3/status": STATUSES,
        }
    )
    return a_desk("jira", recorder, **{"bot": "5b-bot"} | more).thread("SD-1"), recorder


def test_a_thread_tells_who_said_what_and_when_the_status_moved() -> None:
    comments = [
        comment(5, BOB, "Which filter?", 5),
        comment(9, ANN, "All of them.", 12),
        comment(7, BOB, "easy one", 6, jsdPublic=False),
        comment(8, RULE, "We got it.", 1),
        comment(4, BOT, "Firstline: …", 2, jsdPublic=False),
    ]
    histories = [move(31, RULE, "Resolved", 20, to="12"), move(30, BOB, "Waiting for customer", 7, to="11")]
    thread, recorder = read(
        an_issue(status={"name": "Resolved", "statusCategory": {"key": "done"}}), comments, histories
    )
    assert [(each.id, each.kind, each.by, each.text, each.status, each.automatic) for each in thread.events] == [
        ("8", "note", "Automation for Jira", "We got it.", None, True),
        ("4", "note", "5b-bot", "Firstline: …", None, False),
        ("5", "agent_reply", "Bob", "Which filter?", None, False),
        ("7", "note", "Bob", "easy one", None, False),
        ("status:30", "status", "Bob", "", "pending", False),
        ("9", "customer_reply", "Ann", "All of them.", None, False),
        ("status:31", "status", "Automation for Jira", "", "resolved", True),
    ]
    assert thread.events[0].at == datetime(2026, 3, 2, 9, 1, tzinfo=UTC)
    assert (thread.status, thread.assignee, thread.deleted, thread.merged_into) == ("resolved", "Bob", False, None)
    assert thread.changed_at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert thread.remote.values["priority"] == "High"
    assert recorder.only("GET", ISSUE).query == {"expand": "names,schema,changelog"}
    asked = recorder.only("GET", f"{ISSUE}/comment").query
    assert asked == {"startAt": "0", "maxResults": "100", "orderBy": "-created"}
    assert not recorder.asked("GET", f"{ISSUE}/changelog")


def test_our_own_deeds_are_by_the_name_that_the_connection_gives_us() -> None:
    thread, _ = read(an_issue(assignee=BOT), [comment(4, BOT, "x", 2)], bot="Firstline")
    assert (thread.events[0].by, thread.assignee) == ("Firstline", "Firstline")


def test_the_reporter_is_the_customer_also_with_an_account_of_the_site() -> None:
    thread, _ = read(an_issue(reporter=BOB), [comment(4, BOB, "again", 2)])
    assert thread.events[0].kind == "customer_reply"


def test_a_participant_is_a_customer_too() -> None:
    schema = {"customfield_10003": {"custom": "com.atlassian.servicedesk:sd-request-participants"}, "summary": {}}
    issue = an_issue(customfield_10003=[BOB, None]) | {"schema": schema}
    thread, _ = read(issue, [comment(4, BOB, "me too", 2), comment(5, RULE, "noted", 3)])
    assert [each.kind for each in thread.events] == ["customer_reply", "note"]


def test_a_request_that_we_opened_is_not_answered_by_its_customer_when_we_write() -> None:
    thread, _ = read(an_issue(reporter=BOT), [comment(4, BOT, "hello", 2), comment(5, ANN, "hi", 3)])
    assert [each.kind for each in thread.events] == ["agent_reply", "customer_reply"]


STATES = [
    ("Waiting for customer", "11", {}, "pending"),
    ("WAITING  FOR CUSTOMER", "11", {}, "pending"),
    ("Warten auf Kunden", "", {}, "pending"),
    ("Waiting for support", "10", {}, "open"),
    ("Parked", "14", {}, "open"),
    ("Parked", "14", {"pending_statuses": "Parked, Elsewhere"}, "pending"),
    ("Waiting for customer", "11", {"pending_statuses": "Parked"}, "open"),
    ("Waiting for customer", "11", {"pending_statuses": ""}, "open"),
    ("Resolved", "12", {}, "resolved"),
    ("Shipped", "15", {}, "resolved"),
    ("Shipped", "", {}, "resolved"),
    ("Shipped", "15", {"closed_statuses": "shipped"}, "closed"),
    ("Closed", "13", {}, "closed"),
    ("Canceled", "99", {}, "closed"),
    ("Unknown", "99", {}, "open"),
    ("Done", "99", {}, "resolved"),
]


@pytest.mark.parametrize(("name", "to", "options", "ours"), STATES)
def test_a_status_is_read_by_its_category_and_by_the_names_that_pause(
    name: str, to: str, options: dict[str, str], ours: str
) -> None:
    given = dict(a_connection("jira").options) | options
    thread, _ = read(an_issue(), histories=[move(1, BOB, name, 3, to=to)], options=given)
    assert [each.status for each in thread.events] == [ours]


def test_an_issue_that_nobody_touched_is_new() -> None:
    thread, recorder = read(an_issue())
    assert (thread.status, thread.events) == ("new", ())
    assert not recorder.asked("GET", "/rest/api/3/status")
    assert read(an_issue(), histories=[move(1, BOB, "Waiting for support", 3, to="10")])[0].status == "open"


def test_a_long_thread_is_read_page_by_page_up_to_a_bound() -> None:
    def comments(call: Any) -> Any:
        start = int(call.query["startAt"])
        rows = [comment(5_000 - n, ANN, "x", 1) for n in range(start, min(start + 100, 2_500))]
        return {"comments": rows, "total": 2_500}

    def changes(call: Any) -> Any:
        start = int(call.query["startAt"])
        return {"values": [move(n, BOB, "Parked", 2, "14") for n in range(start, start + 100)], "total": 1_200}

    recorder = RecordingTransport(
        {
            f"GET {ISSUE}": an_issue() | {"changelog": {"total": 1_200, "histories": [move(1_199, BOB, "Parked", 2)]}},
            f"GET {ISSUE}/comment": comments,
            f"GET {ISSUE}/changelog": changes,
            "GET /rest/api/3/status": STATUSES,
        }
    )
    thread = a_desk("jira", recorder).thread("SD-1")
    assert len(thread.events) == 2_000
    assert {"5000", "status:1199", "status:200"} <= {each.id for each in thread.events}
    assert [call.query["startAt"] for call in recorder.asked("GET", f"{ISSUE}/changelog")][:2] == ["200", "300"]


def test_the_fields_are_what_the_page_of_this_helpdesk_names() -> None:
    thread, _ = read(an_issue())
    assert thread.fields == {
        "project": "SD",
        "issue_type": "[System] Incident",
        "components": "Reports",
        "tags": "vip, emea",
        "organization": "Acme",
        "request_type": "Report a bug",
        "language": "de",
        "contact.name": "Ann",
        "contact.email": "ann@acme.example",
        "contact.timezone": "Europe/Berlin",
        "field.customfield_10002": "Acme",
        "field.customfield_10020": "Enterprise",
        "field.Plan": "Enterprise",
        "field.customfield_10021": "Europe / Germany",
        "field.customfield_10022": "a, b",
        "field.customfield_10023": "12.5",
        "field.customfield_10025": "one\ntwo",
        "field.customfield_10026": "German",
    }


def test_a_thread_that_is_read_twice_is_the_same() -> None:
    comments = [comment(5, BOB, "a", 5), comment(6, ANN, "b", 5), comment(5, BOB, "a", 5)]
    histories = [move(31, RULE, "Resolved", 5, to="12")]
    first, second = (read(an_issue(), comments, histories)[0] for _ in range(2))
    assert first == second
    assert [each.id for each in first.events] == ["5", "6", "status:31"]


@pytest.mark.parametrize(
    ("field", "assignee"), [({"assignee": None}, ""), ({"assignee": BOB}, "Bob"), ({"assignee": {}}, "")]
)
def test_nobody_is_told_from_not_known(field: dict[str, Any], assignee: str) -> None:
    assert read(an_issue(**field))[0].assignee == assignee
    issue = an_issue()
    del issue["fields"]["assignee"]
    assert read(issue)[0].assignee is None


def test_whatever_else_stands_in_a_thread_nothing_breaks() -> None:
    for issue in broken(an_issue()):
        assert isinstance(read(issue)[0], Thread)
    for said in broken(comment(5, ANN, "a", 5)):
        assert all(isinstance(each, RemoteEvent) for each in read(an_issue(), [said, None, 7])[0].events)
    for moved in broken(move(5, ANN, "Closed", 5, "13")):
        assert all(isinstance(each, RemoteEvent) for each in read(an_issue(), [], [moved, None])[0].events)


def test_a_deleted_issue_is_told_from_one_that_is_only_hidden() -> None:
    recorder = RecordingTransport({f"GET {ISSUE}": 404, "GET /rest/api/3/project/SD": {"key": "SD"}})
    assert a_desk("jira", recorder).thread("SD-1").deleted
    with pytest.raises(DeskRefused):
        a_desk("jira", RecordingTransport({f"GET {ISSUE}": 404, "GET /rest/api/3/project/SD": 404})).thread("SD-1")
    with pytest.raises(DeskRefused):
        a_desk("jira", RecordingTransport({f"GET {ISSUE}": 503})).thread("SD-1")
