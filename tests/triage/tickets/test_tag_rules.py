"""After a later message a model changes a label at most once, only for a surer one, and never a person's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import MONDAY, a_tag, a_ticket
from triage.reason_codes import ReasonCode
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import AGENT, Tag, TicketRetriaged, TicketTagged
from triage.tickets.messages.replies import with_reply_for_nobody
from triage.tickets.tag_rules import may_change
from triage.tickets.ticket import LEADS_TO, Ticket

MODEL, ANA = "model:1", "agent:ana"
SURE = {"mode": "auto", "certificate": "c", "reason_code": ReasonCode.CERTIFIED}


def tagged(head: str = "category", label: str | None = "bug", **content: object) -> Ticket:
    return a_ticket().tag({head: a_tag(label, **content)}, at=MONDAY, by=MODEL)


def wrote(ticket: Ticket, text: str = "It is about the invoice.") -> Ticket:
    return ticket.reply(text, at=MONDAY, by="customer", author="customer")


def anew(ticket: Ticket, head: str = "category", label: str | None = "billing", **content: object) -> Ticket:
    return ticket.retriage({head: a_tag(label, **content)}, at=MONDAY + timedelta(minutes=1), by=MODEL)


def test_a_certified_label_takes_the_place_of_a_suggestion_once_and_says_what_was_before() -> None:
    ticket = anew(wrote(tagged()), **SURE)
    assert ticket.label("category") == "billing"
    fact = ticket.events[-1]
    assert isinstance(fact, TicketRetriaged)
    assert (fact.before, fact.message) == ({"category": "bug"}, 3)
    assert fact.tags["category"].reason_code is ReasonCode.CERTIFIED
    assert anew(wrote(ticket), label="how_to", **SURE).label("category") == "billing"
    assert not may_change(ticket.events)


def test_the_first_label_of_a_head_that_abstained_is_no_change() -> None:
    ticket = anew(wrote(tagged(label=None, mode="abstain")), **SURE)
    assert may_change(ticket.events)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, {"mode": "suggest"}),  # not certified
        (SURE, SURE),  # the old one was applied, too
        ({"reason_code": ReasonCode.AUDITED}, SURE),  # or covered, and a person is asked
        ({"mode": AGENT}, SURE),
    ],
)
def test_anything_less_changes_nothing(before: dict[str, object], now: dict[str, object]) -> None:
    ticket = wrote(tagged(**before))
    assert anew(ticket, **now) is ticket


def test_nothing_changes_without_a_message_that_somebody_reads_and_on_a_closed_ticket() -> None:
    ticket = tagged()
    assert anew(ticket, **SURE) is ticket
    thanked = with_reply_for_nobody(ticket, "Thanks", NobodyReason.THANKS, at=MONDAY, by="customer")
    assert anew(thanked, **SURE) is thanked
    closed = wrote(ticket).transition("closed", at=MONDAY, by=ANA)
    assert anew(closed, **SURE) is closed


@pytest.mark.parametrize(("now", "label"), [("P1", "P1"), ("P3", "P2"), ("P4", "P2")])
def test_the_urgency_floor_raises_a_priority_and_nothing_lowers_one(now: str, label: str) -> None:
    ticket = wrote(tagged("priority", "P2", **SURE))
    raised = anew(ticket, "priority", now, raised_by="lexicon", reason_code=ReasonCode.RAISED_BY_PHRASE)
    assert raised.label("priority") == label
    suggested = wrote(tagged("priority", "P2"))
    assert anew(suggested, "priority", now, **SURE).label("priority") == label


HEADS, LABELS = ("category", "priority"), ("P0", "P1", "P2", "P3", None)
TAGS = st.builds(
    lambda label, mode, raised, code: a_tag(label, mode=mode, raised_by=raised, reason_code=code),
    st.sampled_from(LABELS),
    st.sampled_from(["auto", "suggest", "abstain"]),
    st.sampled_from([None, "lexicon"]),
    st.sampled_from([None, ReasonCode.CERTIFIED, ReasonCode.AUDITED]),
)
STEPS = st.one_of(
    st.tuples(st.just("message"), st.dictionaries(st.sampled_from(HEADS), TAGS)),
    st.tuples(st.just("person"), st.dictionaries(st.sampled_from(HEADS), st.sampled_from(LABELS))),
    st.tuples(st.just("status"), st.sampled_from(["open", "pending", "resolved"])),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(HEADS), TAGS), st.lists(STEPS, max_size=12))
def test_whatever_is_said_a_label_changes_at_most_once_without_a_person_and_never_after_one(
    first: dict[str, Tag], steps: list[tuple[str, dict[str, object]]]
) -> None:
    ticket = a_ticket().tag(first, at=MONDAY, by=MODEL)
    for kind, what in steps:
        if kind == "message":
            ticket = wrote(ticket).retriage(what, at=MONDAY, by=MODEL)  # type: ignore[arg-type]
        elif kind == "person":
            ticket = ticket.retag(what, at=MONDAY, by=ANA)  # type: ignore[arg-type]
        elif what in LEADS_TO[ticket.status]:
            ticket = ticket.transition(str(what), at=MONDAY, by=ANA)
    for head in HEADS:
        _check(ticket, head)


def _check(ticket: Ticket, head: str) -> None:
    label, changes, person = None, 0, False
    for fact in ticket.events:
        if not isinstance(fact, TicketTagged) or head not in fact.tags:
            continue
        tag = fact.tags[head]
        if tag.mode == AGENT:
            person = True
        else:
            assert not person
            changes += label is not None and tag.label != label
            if head == "priority" and isinstance(fact, TicketRetriaged) and label is not None:
                assert str(tag.label) < label
        label = tag.label
    assert changes <= 1
