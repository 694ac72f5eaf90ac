"""What Zammad sends when a ticket changes, what changed since, and what it knows of the customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import Changed, Ignored, Inbound
from serving.helpdesks.vendor_table import HEARD
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.webhook_payloads import ZAMMAD
from tests.serving.helpdesks.zammad_answers import OTHERS, SAID, TICKET, answers, thread


def heard(payload: Any, **more: Any) -> Any:
    [found] = HEARD["zammad"](payload, a_connection("zammad", **more))
    return found


def sent(article: Any = None, **ticket: Any) -> Any:
    """Return a delivery; without an article, as of a change of state, priority, owner, tags or objects."""
    return {"ticket": ZAMMAD["ticket"] | ticket, "article": {} if article is None else ZAMMAD["article"] | article}


AGAIN: list[Any] = [
    sent(),
    sent(state="closed"),
    sent(state="merged"),
    sent({"id": 105}, article_ids=[104, 105], article_count=2),
    sent({"id": 105, "sender": "Agent"}, article_ids=[104, 105], article_count=2),
    sent({"id": 105, "sender": "System"}, article_count=2),
    sent({"id": 105, "internal": True}, article_count=2),
    sent(firstline_id="tkt_01"),
    sent(id="81"),
    sent() | {"article": None},
    {"ticket": {"id": 81}},
]


@pytest.mark.parametrize("payload", AGAIN)
def test_a_trigger_about_a_known_ticket_says_that_it_changed(payload: Any) -> None:
    assert heard(payload) == Changed("81")


def test_a_new_ticket_is_new_although_an_automatic_answer_was_faster() -> None:
    found = heard(sent({}, article_ids=[105, 104], article_count=2))
    assert isinstance(found, Inbound)
    assert (found.remote_id, found.text) == ("81", "All of them.")


@pytest.mark.parametrize("number", [None, "", {}, [], True, "9" * 81])
def test_an_event_without_the_number_of_its_ticket_is_ignored(number: Any) -> None:
    assert isinstance(heard(sent(id=number)), Ignored)


ME = {"id": 77, "login": "firstline", "email": "bot@acme.example"}


@pytest.mark.parametrize("bot", ["77", "firstline", "bot@acme.example"])
def test_what_our_own_user_did_there_is_ignored(bot: str) -> None:
    assert isinstance(heard(sent(updated_by=ME), bot=bot), Ignored)
    note = {"id": 105, "created_by": ME}
    assert isinstance(heard(sent(note, article_count=2), bot=bot), Ignored)
    theirs = {"id": 105, "created_by": {"id": 5}}
    assert heard(sent(theirs, article_count=2, updated_by=ME), bot=bot) == Changed("81")
    assert heard(sent(updated_by=ME)) == Changed("81")


def test_what_a_trigger_sends_of_the_customer_is_kept() -> None:
    customer = {"email": "ann@acme.example", "vip": True, "region": "EMEA", "phone": "1", "updated_at": "x"}
    organization = {"id": 3, "name": "Acme", "domain": "acme.example", "plan": "gold", "note": "pays late"}
    mail = {"attachments": [{"filename": "a.png"}, {}], "preferences": {"is-auto-response": True}}
    found = heard(sent(mail, customer=customer, organization=organization, product="Reports", slot=None))
    assert (found.automatic, found.attachments) == (True, ("a.png",))
    assert found.fields == {
        "group": "Support",
        "organization": "Acme",
        "organization.domains": "acme.example",
        "organization.plan": "gold",
        "requester.vip": "true",
        "requester.region": "EMEA",
        "field.product": "Reports",
    }


FIELDS = {
    "group": "Support",
    "tags": "big customer, vip",
    "organization": "Acme",
    "organization.domains": "acme.example",
    "organization.vip": "false",
    "organization.plan": "gold",
    "organization.arr": "120000",
    "requester.locale": "de-de",
    "requester.vip": "true",
    "requester.department": "Sales",
    "requester.seats": "12",
    "field.product": "Reports",
    "field.systems": "a, b c",
}


def test_what_zammad_knows_of_the_customer_is_flat() -> None:
    mail = SAID[0] | {"attachments": [{"id": 1, "filename": "a.png"}], "preferences": {"is-auto-response": True}}
    recorder = RecordingTransport(answers([mail, *SAID[1:]]))
    found = a_desk("zammad", recorder).fetch("81")
    assert isinstance(found, Inbound)
    assert (found.subject, found.text, found.email) == ("Export is empty", "All of them.", "ann@acme.example")
    assert (found.channel, found.automatic, found.attachments) == ("email", True, ("a.png",))
    assert found.fields == FIELDS
    assert recorder.only("GET", TICKET).query == {"expand": "true"}
    assert len(recorder.calls) == 5  # ticket, tags, articles, customer, organization
    assert thread().fields == FIELDS


@pytest.mark.parametrize("refusal", [403, 404])
def test_what_is_not_for_us_to_see_is_left_out(refusal: int) -> None:
    hidden = {"GET /api/v1/users/8": refusal, "GET /api/v1/organizations/3": refusal}
    found = a_desk("zammad", RecordingTransport(answers(customer="ann@acme.example") | hidden)).fetch("81")
    assert (found.email, found.fields["organization"]) == ("ann@acme.example", "Acme")
    assert {name for name in found.fields if name.startswith(("requester", "organization."))} == set()


def test_our_own_ticket_is_not_fetched() -> None:
    fields = {"external_id": "ours"}
    by_object = RecordingTransport(answers(ours="tkt_01"))
    by_tag = RecordingTransport(answers() | {"GET /api/v1/tags": {"tags": ["tkt_01"]}})
    assert a_desk("zammad", by_object, fields=fields).fetch("81") == Ignored("it is our own")
    assert a_desk("zammad", by_tag).fetch("81") == Ignored("it is our own")
    assert OTHERS


# what changed, notes, and what works without a search index

SINCE = datetime(2026, 3, 2, 10, tzinfo=UTC)
SEARCH = "/api/v1/tickets/search"


def test_changes_are_read_from_the_database_by_their_time() -> None:
    rows = [{"id": n, "updated_at": f"2026-03-02T10:{n // 60:02}:{n % 60:02}.5Z"} for n in range(50)]
    recorder = RecordingTransport({f"GET {SEARCH}": rows})
    page = a_desk("zammad", recorder).changed_since(SINCE, None)
    assert recorder.calls[0].query == {
        "condition[ticket.updated_at][operator]": "after (absolute)",
        "condition[ticket.updated_at][value]": "2026-03-02T10:00:00Z",
        "expand": "true",
        "sort_by": "updated_at",
        "order_by": "asc",
        "per_page": "50",
        "page": "1",
    }
    assert (page.ids[:2], len(page.ids), page.more, page.cursor) == (["0", "1"], 50, True, "2026-03-02T10:00:48Z|1")
    recorder.answers = {f"GET {SEARCH}": rows[48:]}
    page = a_desk("zammad", recorder).changed_since(SINCE, page.cursor)
    assert recorder.calls[1].query["condition[ticket.updated_at][value]"] == "2026-03-02T10:00:48Z"
    assert (page.ids, page.more) == (["48", "49"], False)


@pytest.mark.parametrize("reply", [[], None, {}, [None, {}]])
def test_where_nothing_changed_the_place_stays(reply: Any) -> None:
    page = a_desk("zammad", RecordingTransport({f"GET {SEARCH}": reply})).changed_since(SINCE, None)
    assert (page.ids, page.more, page.cursor) == ([], False, "2026-03-02T10:00:00Z|1")


@pytest.mark.parametrize(
    ("fields", "name", "operator"), [({}, "tags", "contains one"), ({"external_id": "ours"}, "ours", "is")]
)
def test_what_was_created_is_looked_for_in_the_database(fields: dict[str, str], name: str, operator: str) -> None:
    recorder = RecordingTransport({f"GET {SEARCH}": [{"id": 9}]})
    assert a_desk("zammad", recorder, fields=fields).find("tkt_01") == "9"
    assert recorder.calls[0].query == {
        f"condition[ticket.{name}][operator]": operator,
        f"condition[ticket.{name}][value]": "tkt_01",
        "expand": "true",
    }


def test_only_closed_tickets_are_taken_for_closed() -> None:
    rows = [{"id": 1, "state": "closed"}, {"id": 2, "state": "open"}, {"id": 3, "state": "merged"}]
    page = a_desk("zammad", RecordingTransport({f"GET {SEARCH}": rows})).closed_since(SINCE, None)
    assert [each["id"] for each in page.records] == ["zammad-1"]


def test_a_note_has_the_number_that_the_thread_shows_and_is_not_rewritten() -> None:
    desk = a_desk("zammad", RecordingTransport({"POST /api/v1/ticket_articles": {"id": 107}}))
    assert desk.note("81", "Due tomorrow") == "107"
    assert (desk.capabilities.threads, desk.capabilities.edits_notes) == (True, False)
