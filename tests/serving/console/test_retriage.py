"""A label that a later message changed is told in conversation and history."""

from __future__ import annotations

from datetime import UTC, datetime

from serving.console.queue.conversation import conversation
from serving.console.queue.phrases import HAPPENED, NOBODY_REASONS
from tests.builders import MONDAY, a_tag, a_ticket
from triage.fields.declaration import parse
from triage.fields.later_replies import with_later_values
from triage.fields.ticket_values import with_fields
from triage.reason_codes import ReasonCode
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import FACTS
from triage.tickets.messages.replies import with_reply_for_nobody

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_conversation_says_what_changed_from_what_and_why() -> None:
    ticket = a_ticket().tag({"product_area": a_tag("api")}, at=MONDAY, by="model:1")
    ticket = ticket.reply("It is about reports.", at=MONDAY, by="customer", author="customer")
    sure = a_tag("reports", mode="auto", reason_code=ReasonCode.CERTIFIED)
    told = conversation(ticket.retriage({"product_area": sure}, at=AT, by="model:1"))[-1]
    why = "A certificate covers this label, so it was applied"
    assert told.text == f"changed after a later message: product area from api to reports ({why})"


def test_the_conversation_says_which_fields_a_later_message_gave_and_which_a_person_set() -> None:
    fields = parse('[order_number]\nkind = "order_number"\n')
    ticket = a_ticket().reply("It is order 10234.", at=MONDAY, by="customer", author="customer")
    found = with_later_values(ticket, fields, since=1)
    entry = conversation(found)[-1]
    assert (entry.who, entry.text) == ("Firstline", "found in a later message: order number 10234")
    emptied = with_fields(found, {"order_number": None}, at=AT, by="agent:kim")
    assert conversation(emptied)[-1].text == "set fields: order number none"


def test_a_message_that_needs_no_answer_is_marked() -> None:
    thanked = with_reply_for_nobody(a_ticket(), "Thanks!", NobodyReason.THANKS, at=AT, by="customer")
    assert conversation(thanked)[-1].who == "Customer (needs no answer)"


def test_every_kind_of_event_and_every_reason_has_words() -> None:
    assert set(FACTS) <= set(HAPPENED)
    assert {each.value for each in NobodyReason} == set(NOBODY_REASONS)
