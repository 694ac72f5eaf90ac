"""What each desk is asked when a ticket of ours goes there, changes, or is noted on: the calls, as values."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pytest

from serving.helpdesks.vendor_table import KINDS
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_case, a_desk

DUE, FIRST = "2026-03-03T09:30:00Z", "2026-03-02T11:00:00Z"
TAGS = ["category_bug", "firstline", "product_area_reports"]
TEXT = "Since today, <b>every</b> export.\nAll of them."
MAPPED = {"category": "101", "product_area": "102", "resolution_by": "103", "first_response_by": "104"}


def basic(headers: Mapping[str, str]) -> str:
    return b64decode(headers["Authorization"].removeprefix("Basic ")).decode()


def created(kind: str, path: str, answer: Any, **more: Any) -> tuple[Any, str, RecordingTransport]:
    recorder = RecordingTransport({f"POST {path}": answer, **more.pop("answers", {})})
    remote_id = a_desk(kind, recorder, **more).create(a_case())
    return recorder.only("POST", path), remote_id, recorder


def test_zendesk_gets_a_ticket_once_for_its_key_and_deadlines_in_custom_fields() -> None:
    call, remote_id, _ = created("zendesk", "/api/v2/tickets.json", {"ticket": {"id": 9}}, fields=MAPPED)
    assert remote_id == "9"
    assert call.headers == {"Idempotency-Key": "tkt_01"}
    assert call.json["ticket"] == {
        "subject": "Export is empty",
        "comment": {"body": TEXT, "public": True},
        "external_id": "tkt_01",
        "requester": {"email": "ann@acme.example", "name": "ann"},
        "priority": "high",
        "tags": TAGS,
        "custom_fields": [
            {"id": 101, "value": "bug"},
            {"id": 102, "value": "reports"},
            {"id": 103, "value": DUE},
            {"id": 104, "value": FIRST},
        ],
    }


def test_freshdesk_gets_both_deadlines_and_our_id_as_a_tag() -> None:
    fields = {"category": "cf_category"}
    call, remote_id, _ = created("freshdesk", "/api/v2/tickets", {"id": 9}, fields=fields)
    assert remote_id == "9"
    assert call.json == {
        "subject": "Export is empty",
        "description": "Since today, &lt;b&gt;every&lt;/b&gt; export.<br>All of them.",
        "email": "ann@acme.example",
        "status": 2,
        "source": 2,
        "priority": 3,
        "due_by": DUE,
        "fr_due_by": FIRST,
        "tags": [*TAGS, "tkt_01"],
        "custom_fields": {"cf_category": "bug"},
    }


def test_zammad_gets_its_words_for_priority_and_a_public_article() -> None:
    fields = {"resolution_by": "firstline_due", "external_id": "firstline_id"}
    call, remote_id, _ = created("zammad", "/api/v1/tickets", {"id": 9}, fields=fields)
    assert remote_id == "9"
    assert call.json == {
        "title": "Export is empty",
        "group": "Support",
        "customer_id": "guess:ann@acme.example",
        "article": {
            "subject": "Export is empty",
            "body": TEXT,
            "type": "note",
            "content_type": "text/plain",
            "internal": False,
        },
        "priority": "3 high",
        "firstline_due": DUE,
        "firstline_id": "tkt_01",
        "tags": ",".join(TAGS),
    }


def test_chatwoot_gets_contact_conversation_priority_and_labels() -> None:
    base = "/api/v1/accounts/7"
    answers = {
        f"GET {base}/contacts/search": {"payload": []},
        f"POST {base}/contacts": {"payload": {"contact": {"id": 5}}},
    }
    fields = {"resolution_by": "due"}
    call, remote_id, recorder = created("chatwoot", f"{base}/conversations", {"id": 44}, fields=fields, answers=answers)
    assert remote_id == "44"
    assert call.json == {
        "inbox_id": 3,
        "contact_id": 5,
        "status": "open",
        "additional_attributes": {"mail_subject": "Export is empty"},
        "custom_attributes": {"firstline_id": "tkt_01", "due": DUE},
        "message": {"content": TEXT, "message_type": "incoming"},
    }
    assert recorder.only("POST", f"{base}/conversations/44/toggle_priority").json == {"priority": "high"}
    assert recorder.only("POST", f"{base}/conversations/44/labels").json == {"labels": TAGS}


def test_intercom_gets_attributes() -> None:
    fields = {"priority": "Priority", "category": "Category", "resolution_by": "Due", "tags": "Tags"}
    call, remote_id, _ = created("intercom", "/tickets", {"id": "215"}, fields=fields)
    assert remote_id == "215"
    assert call.json == {
        "ticket_type_id": "55",
        "contacts": [{"email": "ann@acme.example"}],
        "ticket_attributes": {
            "_default_title_": "Export is empty",
            "_default_description_": TEXT,
            "firstline_id": "tkt_01",
            "Priority": "P1",
            "Category": "bug",
            "Due": DUE,
            "Tags": " ".join(TAGS),
        },
    }


def test_jira_gets_a_request_and_then_what_its_form_may_lack() -> None:
    fields = {"category": "customfield_10050"}
    call, remote_id, recorder = created("jira", "/rest/servicedeskapi/request", {"issueKey": "SD-1"}, fields=fields)
    assert remote_id == "SD-1"
    assert call.json == {
        "serviceDeskId": "1",
        "requestTypeId": "25",
        "requestFieldValues": {"summary": "Export is empty", "description": TEXT},
        "isAdfRequest": False,
    }
    assert recorder.only("PUT", "/rest/api/3/issue/SD-1").json == {
        "fields": {
            "priority": {"name": "High"},
            "duedate": "2026-03-03",
            "labels": [*TAGS, "tkt_01"],
            "customfield_10050": "bug",
        }
    }


def test_hubspot_gets_properties() -> None:
    fields = {"category": "hs_ticket_category", "resolution_by": "firstline_due"}
    call, remote_id, _ = created("hubspot", "/crm/v3/objects/tickets", {"id": "987"}, fields=fields)
    assert remote_id == "987"
    assert call.json == {
        "properties": {
            "subject": "Export is empty",
            "content": TEXT,
            "hs_pipeline": "0",
            "hs_pipeline_stage": "1",
            "firstline_id": "tkt_01",
            "hs_ticket_priority": "HIGH",
            "hs_ticket_category": "bug",
            "firstline_due": DUE,
        }
    }


def test_request_tracker_gets_a_due_date_and_custom_fields() -> None:
    fields = {"category": "Category", "first_response_by": "First reply by", "tags": "Tags"}
    call, remote_id, _ = created("rt", "/REST/2.0/ticket", {"id": "17"}, fields=fields)
    assert remote_id == "17"
    assert call.json == {
        "Queue": "1",
        "Subject": "Export is empty",
        "Content": TEXT,
        "ContentType": "text/plain",
        "Requestor": "ann@acme.example",
        "Priority": "High",
        "Due": "2026-03-03 09:30:00",  # its own form: with T and Z it answers well and stores nothing
        "CustomFields": {"Category": "bug", "First reply by": FIRST, "Tags": TAGS, "External id": "tkt_01"},
    }


def test_django_helpdesk_gets_a_due_date_and_custom_fields() -> None:
    call, remote_id, _ = created("django_helpdesk", "/api/tickets/", {"id": 3}, fields={"category": "category"})
    assert remote_id == "3"
    assert call.json == {
        "queue": 1,
        "title": "Export is empty",
        "description": TEXT,
        "submitter_email": "ann@acme.example",
        "custom_firstline_id": "tkt_01",
        "priority": "2",
        "due_date": DUE,
        "custom_category": "bug",
    }


def test_every_desk_shows_its_own_kind_of_credentials() -> None:
    shown = {kind: a_desk(kind, RecordingTransport()).headers() for kind in KINDS}
    assert basic(shown["zendesk"]) == "bot@acme.example/token:t0ken"
    assert basic(shown["freshdesk"]) == "t0ken:X"
    assert basic(shown["jira"]) == "bot@acme.example:t0ken"
    assert shown["zammad"] == {"Authorization": "Token token=t0ken"}
    assert shown["chatwoot"] == {"api_access_token": "t0ken"}
    assert shown["intercom"] == {"Authorization": "Bearer t0ken", "Intercom-Version": "2.15"}
    assert shown["hubspot"] == {"Authorization": "Bearer t0ken"}
    assert shown["rt"] == {"Authorization": "token t0ken"}
    assert shown["django_helpdesk"] == {"Authorization": "Token t0ken"}
    assert shown["standard"] == {}


@pytest.mark.parametrize(
    ("kind", "untold"),
    [
        ("zendesk", {"category", "product_area", "resolution_by", "first_response_by"}),
        ("freshdesk", {"category", "product_area"}),
        ("zammad", {"category", "product_area", "resolution_by", "first_response_by"}),
        ("chatwoot", {"category", "product_area", "resolution_by", "first_response_by"}),
        ("intercom", {"priority", "category", "product_area", "resolution_by", "first_response_by"}),
        ("jira", {"category", "product_area", "resolution_by", "first_response_by", "email"}),
        ("hubspot", {"category", "product_area", "resolution_by", "first_response_by", "email"}),
        ("rt", {"category", "product_area", "first_response_by"}),
        ("django_helpdesk", {"category", "product_area", "first_response_by"}),
    ],
)
def test_what_has_no_place_is_told_in_words_and_never_dropped(kind: str, untold: set[str]) -> None:
    desk = a_desk(kind, RecordingTransport())
    assert set(desk.untold(a_case())) == untold
    mapped = a_desk(
        kind, RecordingTransport(), fields={name: f"f{n}" for n, name in enumerate(sorted(untold - {"email"}))}
    )
    assert set(mapped.untold(a_case())) <= {"email"}
