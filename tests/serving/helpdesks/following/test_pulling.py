"""What people do at the helpdesk is on our ticket: at its instant, once, and nothing of ours comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.erasure import ErasureSubject, ErasureTrail
from serving.helpdesks.erasing import erase as forget
from serving.helpdesks.port.port import Inbound, Thread
from serving.helpdesks.waiting import waiting
from serving.storage.tables import helpdesk_links
from serving.tickets.erasing import erase
from tests.fakes import FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk
from triage.tickets.events import CustomerReplied

MINUTE = timedelta(minutes=1)


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Both]:
    with TestClient(desk_app):
        yield Both(desk_app, clock, TalkingDesk(clock))


def test_an_agents_reply_there_is_the_first_response_at_its_instant(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    replied_at = both.clock.advance(5 * MINUTE)
    both.there.happens(remote_id, "agent_reply", text="Remove the filter.")
    both.round(later=7 * MINUTE)
    ticket, clocks = both.here.judged(ticket_id)
    [first] = {clock.stopped_at for clock in clocks.clocks if clock.kind == "first_response"}
    assert first == replied_at
    assert [(turn.by, turn.text) for turn in both.read(ticket_id).transcript] == [("agent", "Remove the filter.")]
    assert (ticket.status, ticket.events[-1].by) == ("open", "agent:kim")


def test_a_status_there_pauses_resumes_and_stops_the_clocks_at_its_instants(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    instants = []
    for status in ("open", "pending", "open", "resolved", "open", "pending"):
        instants.append(both.clock.advance(MINUTE))
        both.there.happens(remote_id, "status", status=status)
    both.round()
    ticket = both.here.load(ticket_id)
    moves = [(fact.type, fact.at) for fact in ticket.events if fact.by == "agent:kim"]
    names = ["started", "paused", "resumed", "resolved", "reopened", "paused"]
    assert moves == [(f"ticket_{name}", at) for name, at in zip(names, instants, strict=True)]
    assert ticket.status == "pending"


def test_the_customers_words_there_are_here_and_a_machines_start_nothing(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "agent_reply", text="Which browser?")
    both.there.happens(remote_id, "status", status="pending")
    both.there.happens(remote_id, "customer_reply", by="ann", text="Firefox.")
    both.there.happens(remote_id, "customer_reply", by="ann", text="I am out of office.", automatic=True)
    both.round()
    said = [fact for fact in both.here.load(ticket_id).events if isinstance(fact, CustomerReplied)]
    assert [(fact.text, fact.by, fact.automatic) for fact in said] == [
        ("Firefox.", "customer", False),
        ("I am out of office.", "customer", True),
    ]
    assert both.read(ticket_id).status == "pending"  # as it stands there


def test_a_note_there_is_a_note_here_and_no_response(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "note", text="Ask engineering.")
    both.there.happens(remote_id, "agent_reply", text="We got your mail.", automatic=True)
    both.round()
    read = both.read(ticket_id)
    assert [(note.by, note.text) for note in read.internal_notes] == [
        ("agent:kim", "Ask engineering."),
        ("agent:kim", "We got your mail."),
    ]
    assert (read.transcript, read.status) == ([], "new")
    assert read.sla.target.first_response_by is not None


def test_of_what_ended_here_before_it_was_ever_read_only_what_came_later_counts(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "agent_reply", text="Remove the filter.")
    both.there.happens(remote_id, "status", status="resolved")
    both.there.webhooks.clear()
    now = both.clock.advance(5 * MINUTE)  # as a Firstline that read no threads learnt it
    both.here.change(ticket_id, lambda t: t.transition("resolved", at=now, by="agent:desk"), at=now)
    never_read = helpdesk_links.update().values(read_at=None, thread=None)
    both.context.database.write(lambda writing: writing.execute(never_read))
    both.clock.advance(MINUTE)
    both.there.happens(remote_id, "customer_reply", by="ann", text="It came back.")
    both.there.happens(remote_id, "status", status="open")
    both.round()
    read = both.read(ticket_id)
    assert (read.status, [turn.text for turn in read.transcript]) == ("open", ["It came back."])


def test_a_ticket_that_was_erased_here_takes_nothing_any_more(both: Both) -> None:
    ticket_id, remote_id = both.settled(email="gone@acme.example")
    trail = ErasureTrail(whose=ErasureSubject(email="gone@acme.example"), tickets={ticket_id})
    both.context.database.write(lambda writing: [erase(writing, trail), forget(writing, trail)])
    both.there.happens(remote_id, "customer_reply", by="ann", text="I am gone@acme.example.")
    both.round()
    assert both.read(ticket_id).transcript == []


def test_whoever_opens_a_ticket_once_more_reads_no_notes(both: Both) -> None:
    ticket_id, remote_id = both.settled(deflection_id="dfl_1")
    both.there.happens(remote_id, "note", text="Ask engineering.")
    both.round()
    again = both.open(deflection_id="dfl_1")
    assert (again.id, again.internal_notes) == (ticket_id, [])


def test_what_a_person_chose_there_is_theirs_here_and_our_own_values_are_none(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    assert both.read(ticket_id).tags["category"].mode == "suggest"
    both.there.sets(remote_id, priority="urgent", category="billing")
    for _ in range(3):
        both.round()
    tags = both.read(ticket_id).tags
    assert {head: (tags[head].label, tags[head].mode) for head in ("priority", "category", "product_area")} == {
        "priority": ("P0", "agent"),
        "category": ("billing", "agent"),
        "product_area": ("api", "suggest"),
    }
    assert tags["priority"].reason_code == "set_by_person"
    assert both.there.tickets[remote_id].values["priority"] == "urgent"


def test_a_word_for_two_of_our_priorities_is_no_change_of_either(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    now = both.clock.now()
    both.here.change(ticket_id, lambda t: t.retag({"priority": "P4"}, at=now, by="agent:ana"), at=now)
    for _ in range(2):
        both.round()
    both.there.sets(remote_id, priority="high")
    both.round()
    both.there.sets(remote_id, priority="low")
    both.round()
    assert both.read(ticket_id).tags["priority"].label == "P3"  # the milder urgency of the two, once it was neither
    both.there.sets(remote_id, priority="low", category="theirs alone")
    both.round()
    assert both.read(ticket_id).tags["category"].label == "bug"


def test_a_label_that_a_person_sets_here_later_is_not_undone_by_reading_again(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.sets(remote_id, category="billing")
    both.round()
    now = both.clock.now()
    both.here.change(ticket_id, lambda t: t.retag({"category": "how_to"}, at=now, by="agent:ana"), at=now)
    both.there.happens(remote_id, "note", text="Hm.")
    for _ in range(3):
        both.round()
    assert both.read(ticket_id).tags["category"].label == "how_to"


def test_a_resolution_here_is_not_undone_by_a_status_that_did_not_change_there(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "status", status="open")
    both.round()
    now = both.clock.now()
    both.here.change(ticket_id, lambda t: t.transition("resolved", at=now, by="agent:ana"), at=now)
    both.there.happens(remote_id, "note", text="Done here.")
    both.round()
    assert both.read(ticket_id).status == "resolved"


def test_the_assignee_there_is_the_assignee_here(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.talks[remote_id].assignee = "kim"
    both.there.happens(remote_id, "note", text="Mine.")
    both.round()
    assert both.read(ticket_id).assignee == "kim"


def test_a_merged_ticket_is_closed_as_a_duplicate_of_the_other(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.talks[remote_id].merged_into = "77"
    both.there.happens(remote_id, "status", status="resolved")
    for _ in range(2):
        both.round()
    read = both.read(ticket_id)
    assert (read.status, read.resolution_type) == ("closed", "duplicate")
    assert [note.text for note in read.internal_notes] == ["Merged into desk ticket 77."]


def test_a_ticket_that_is_deleted_there_is_closed_here(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.talks[remote_id].deleted = True
    both.there.sets(remote_id)
    both.round()
    assert both.read(ticket_id).status == "closed"


def test_what_was_closed_here_is_reopened_there_and_so_here(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "status", status="closed")
    both.round()
    assert both.read(ticket_id).status == "closed"
    both.there.happens(remote_id, "customer_reply", by="ann", text="Not yet.")
    both.there.happens(remote_id, "status", status="open")
    both.round()
    read = both.read(ticket_id)
    assert (read.status, [turn.text for turn in read.transcript]) == ("open", ["Not yet."])


def test_our_notes_and_the_text_that_we_gave_do_not_come_back(both: Both) -> None:
    ticket_id, remote_id = both.settled(description="All rows are gone.")
    both.there.happens(remote_id, "note", by="somebody", text=f"Firstline ({ticket_id}):\nPriority: P1")
    both.there.happens(remote_id, "customer_reply", by="ann", text="All rows are\ngone.")
    both.round()
    read = both.read(ticket_id)
    assert (read.internal_notes, read.transcript) == ([], [])


def test_a_ticket_whose_create_webhook_was_lost_is_opened_and_an_older_one_is_not(both: Both) -> None:
    new, old = both.there.file(), both.there.file()
    now = both.clock.now()
    born = {new: now, old: now - timedelta(days=1)}
    both.there.fetch = lambda remote_id: Inbound(  # type: ignore[method-assign]
        remote_id=remote_id, subject="Lost", text="Its text", created_at=born[remote_id]
    )
    both.stale.changed("desk", [new, old], now)
    for _ in range(3):
        both.round(later=MINUTE)
    assert both.links.ticket_of("desk", new) is not None
    assert both.links.ticket_of("desk", old) is None
    both.stale.changed("desk", [old], both.clock.now())
    both.round(later=2 * MINUTE)
    assert both.links.ticket_of("desk", old) is None


def test_a_ticket_that_the_helpdesk_does_not_show_stays_and_is_not_asked_for_again(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    del both.there.tickets[remote_id]
    both.stale.changed("desk", [remote_id], both.clock.now())
    both.round()
    reads = both.there.reads
    for _ in range(3):
        both.round(later=20 * MINUTE)
    assert (both.read(ticket_id).status, both.there.reads) == ("new", reads)


def test_what_waits_to_be_read_is_listed(both: Both) -> None:
    _, remote_id = both.settled()
    settings = both.context.settings
    database = settings.database_url or settings.home / "firstline.db"
    assert waiting(database, both.clock.now()) == []
    both.stale.changed("desk", [remote_id], both.clock.now())
    [line] = waiting(database, both.clock.now())
    assert line == f"desk: ticket {remote_id} changed there and is not read yet; due now"


def test_a_helpdesk_that_is_down_is_asked_again_and_then_everything_is_here(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "agent_reply", text="Remove the filter.")
    both.there.down = True
    for _ in range(3):
        both.round()
    assert both.read(ticket_id).transcript == []
    both.there.down = False
    for _ in range(3):
        both.round(later=MINUTE)
    assert [turn.text for turn in both.read(ticket_id).transcript] == ["Remove the filter."]


def test_what_comes_while_a_thread_is_read_is_read_once_more(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    read = both.there.thread

    def while_reading(asked: str) -> Thread:
        thread = read(asked)
        both.clock.advance(timedelta(seconds=1))
        both.there.happens(remote_id, "agent_reply", text="Just now.")
        both.deliver()
        both.there.thread = read  # type: ignore[method-assign]
        return thread

    both.there.thread = while_reading  # type: ignore[method-assign]
    both.stale.changed("desk", [remote_id], both.clock.now())
    for _ in range(2):
        both.round()
    assert [turn.text for turn in both.read(ticket_id).transcript] == ["Just now."]
