"""A ticket that needs nobody has no deadlines until somebody is needed; thanks reopen nothing unless they answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY, a_ticket, opened
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import from_record, to_record
from triage.tickets.messages.nobody import since_somebody
from triage.tickets.messages.replies import reason_on, with_reply_for_nobody
from triage.tickets.survey import offered
from triage.tickets.ticket import Status, Ticket

HOUR = timedelta(hours=1)
ANA = "agent:ana"
THANKS = NobodyReason.THANKS


def thanked() -> Ticket:
    return a_ticket(needs_nobody=THANKS)


def answered(text: str, status: Status | None = None) -> Ticket:
    ticket = a_ticket().reply(text, at=MONDAY, by=ANA)
    return ticket if status is None else ticket.transition(status, at=MONDAY, by=ANA)


def test_a_ticket_that_needs_nobody_says_why_and_has_no_facts_for_deadlines() -> None:
    ticket = thanked()
    assert ticket.needs_nobody == "thanks"
    assert since_somebody(ticket.events) == []
    assert a_ticket(automatic=True).needs_nobody == "notification"  # as earlier versions wrote it
    assert a_ticket().needs_nobody is None
    assert "needs_nobody" not in to_record(opened())
    assert from_record(to_record(ticket.events[0])) == ticket.events[0]


def test_an_agent_who_takes_it_up_lets_deadlines_run_from_when_it_was_opened() -> None:
    ticket = thanked().take_up(at=MONDAY + 5 * HOUR, by=ANA)
    assert ticket.needs_nobody is None
    assert since_somebody(ticket.events)[0].at == ticket.created_at
    assert ticket.take_up(at=MONDAY + 6 * HOUR, by=ANA) is ticket


def test_a_persons_message_lets_deadlines_run_from_then() -> None:
    ticket = thanked().reply("And the export fails.", at=MONDAY + 5 * HOUR, by="customer", author="customer")
    assert ticket.needs_nobody is None
    assert since_somebody(ticket.events)[0].at == MONDAY + 5 * HOUR


@pytest.mark.parametrize("reason", [THANKS, NobodyReason.OUT_OF_OFFICE, NobodyReason.BOUNCE])
def test_more_of_the_same_and_putting_it_away_call_nobody(reason: NobodyReason) -> None:
    ticket = with_reply_for_nobody(thanked(), "Thanks", reason, at=MONDAY + HOUR, by="customer")
    for status in (Status.RESOLVED, Status.CLOSED):
        ticket = ticket.transition(status, at=MONDAY + 2 * HOUR, by=ANA)
    assert ticket.needs_nobody == "thanks"
    assert since_somebody(ticket.events) == []
    assert offered(ticket) is None


@pytest.mark.parametrize("path", [(), (Status.OPEN,), (Status.PENDING,), (Status.RESOLVED,)], ids=str)
def test_thanks_change_no_status(path: tuple[Status, ...]) -> None:
    ticket = a_ticket()
    for status in path:
        ticket = ticket.transition(status, at=MONDAY, by=ANA)
    after = with_reply_for_nobody(ticket, "Thanks!", THANKS, at=MONDAY + HOUR, by="customer")
    assert after.status is ticket.status
    assert after.transcript[-1].text == "Thanks!"


def test_thanks_are_no_loop_of_machines() -> None:
    ticket = a_ticket()
    for _ in range(5):
        ticket = with_reply_for_nobody(ticket, "Thanks!", THANKS, at=MONDAY, by="customer")
    assert len(ticket.transcript) == 5


@pytest.mark.parametrize(
    ("ticket", "text", "reason"),
    [
        (answered("Shall I delete the account?"), "Thanks", None),
        (answered("Shall I delete the account?"), "It works now, thanks", THANKS),
        (answered("Removed the filter. Is there anything else I can do?"), "No thanks needed, all good", THANKS),
        (answered("Erledigt. Haben Sie sonst noch Fragen?"), "Danke", THANKS),
        (answered("Please tell me whether I may delete it.", Status.PENDING), "Yes, thanks", None),
        (answered("Please tell me whether I may delete it.", Status.PENDING), "👍", None),
        (answered("I have restarted it.", Status.PENDING), "Thank you!", THANKS),
        (answered("I have restarted it.", Status.RESOLVED), "Ok thanks", THANKS),
        (a_ticket(), "Thanks", THANKS),
    ],
)
def test_thanks_that_may_be_an_answer_need_somebody(ticket: Ticket, text: str, reason: NobodyReason | None) -> None:
    assert reason_on(ticket, THANKS, text) is reason
    assert reason_on(ticket, NobodyReason.BOUNCE, text) is NobodyReason.BOUNCE
    assert reason_on(ticket, None, text) is None
