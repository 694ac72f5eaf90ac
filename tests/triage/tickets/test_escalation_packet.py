"""What travels upwards is given by a person, stands in the ticket word for word, or is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import MONDAY, a_ticket
from triage.sla import policy as sla_policy
from triage.tickets.escalation_packet import Packet, packed
from triage.tickets.events import Message
from triage.tickets.ticket import Ticket

RULES = sla_policy.default().escalation
T2, T3 = RULES.needed("T1", "T2"), RULES.needed("T2", "T3")

DESCRIPTION = """Since this morning none of our users can export. Is there a workaround?
1. Open the report
2. Press Export

2026-03-02 09:12:44 ERROR export failed: java.lang.IllegalStateException
See https://status.example.com/incident/91. I attach screen-1.png. Thanks."""


def a_case(description: str = DESCRIPTION, **fields: Any) -> Ticket:
    return a_ticket(subject="Export broken", description=description, **fields)


def told(packet: Packet, name: str) -> tuple[str, list[tuple[str, str]]]:
    item = packet.items[name]
    return item.mark, [(quote.where, quote.text) for quote in item.quotes]


def test_steps_evidence_and_impact_are_taken_word_for_word_with_their_place() -> None:
    ticket = a_case().reply("Please clear the cache.", at=MONDAY, by="agent:ana")
    ticket = ticket.reply("We already tried that.", at=MONDAY, by="customer", author="customer")
    packet = packed(ticket, T2, {})
    assert told(packet, "steps_taken") == (
        "extracted",
        [("transcript[0]", "Please clear the cache."), ("transcript[1]", "We already tried that.")],
    )
    assert told(packet, "customer_impact")[1] == [("description", "Since this morning none of our users can export.")]
    assert told(packet, "reproduction_steps")[1] == [("description", "1. Open the report\n2. Press Export")]
    assert [text for _, text in told(packet, "evidence")[1]] == [
        "2026-03-02 09:12:44 ERROR export failed: java.lang.IllegalStateException",
        "https://status.example.com/incident/91.",
        "screen-1.png",
    ]
    assert packet.missing == ()


def test_every_extracted_word_stands_in_the_ticket() -> None:
    ticket = a_case(arr=120_000.0).reply("A workaround: use PDF.", at=MONDAY, by="agent:ana")
    sources = {"subject": ticket.subject, "description": ticket.description, "arr": "120000.0"}
    sources |= {f"transcript[{place}]": each.text for place, each in enumerate(ticket.transcript)}
    quotes = [quote for item in packed(ticket, {**T2, **T3}, {}).items.values() for quote in item.quotes]
    assert len(quotes) > 5
    assert all(quote.text in sources[quote.where] for quote in quotes)


def test_nothing_is_made_up_for_a_ticket_that_says_nothing() -> None:
    packet = packed(a_case("It does not work."), T2, {})
    assert (packet.values, packet.missing) == ({}, tuple(T2))
    assert {item.to_record()["value"] for item in packet.items.values()} == {None}


def test_what_a_person_gives_goes_before_what_was_found_unless_it_says_nothing() -> None:
    packet = packed(a_case(), T2, {"evidence": "log 91", "reproduction_steps": " ", "note": "hurry"})
    assert packet.marks == {
        "steps_taken": "missing",
        "customer_impact": "extracted",
        "reproduction_steps": "extracted",
        "evidence": "given",
        "note": "given",
    }
    assert packet.values["evidence"] == "log 91"


def test_what_engineering_needs_is_written_by_people_but_for_the_arr_and_a_workaround() -> None:
    packet = packed(a_case(arr=0.0), T3, {})
    assert packet.missing == ("bug_report", "business_impact", "communication_plan")
    assert packet.values["arr"] == 0.0


@pytest.mark.parametrize("text", ["1. Only one step", "In 2024 we had 3. Then none", "a list: first, second"])
def test_what_is_no_list_of_steps_is_not_taken_for_one(text: str) -> None:
    assert "reproduction_steps" in packed(a_case(text), T2, {}).missing


def test_our_own_answers_are_no_testimony() -> None:
    ticket = a_case("Help", transcript=(Message(MONDAY, "firstline", DESCRIPTION),))
    assert packed(ticket, T2, {}).missing == tuple(T2)


def test_a_long_line_is_read_in_time() -> None:
    assert packed(a_case("a" * 100_000 + "1" * 100_000 + " . " * 30_000), T2, {}).missing == tuple(T2)
