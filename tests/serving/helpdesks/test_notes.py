"""A note is rewritten in place where the helpdesk can; else there are few of them, and never one for a score."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from litestar import Litestar

from serving.helpdesks.port.errors import DeskRefused
from tests.fakes import FrozenClock, suggestion
from tests.serving.helpdesks.noted_tickets import EditingDesk, escalate, replied, shown, suggests, tagged
from tests.serving.helpdesks.test_sync import FIELDS, Both


def test_many_versions_are_one_note_that_is_rewritten(editing: Both) -> None:
    ticket_id, notes = shown(editing)
    for number, area in enumerate(["api", "reports", "dashboard", "api", "reports"]):
        tagged(editing, ticket_id, product_area=suggestion(area, 0.5 + number / 100))
    replied(editing, ticket_id)
    editing.retag(ticket_id, category="billing")
    editing.round()
    assert len(notes) == 1
    assert "Product area: reports (suggested, 54% sure)" in notes[0]
    assert "Category: billing (set by a person)" in notes[0]
    assert "First reply by" not in notes[0]  # somebody has replied


def test_what_changes_nothing_in_it_writes_nothing(editing: Both) -> None:
    ticket_id, _ = shown(editing)
    now = editing.clock.now()
    editing.here.change(ticket_id, lambda ticket: ticket.assign("ann", at=now, by="agent:kim"), at=now)
    editing.round()
    assert editing.there.edits == 0  # type: ignore[attr-defined]


def test_a_desk_that_cannot_rewrite_gets_another_one_only_for_what_an_agent_acts_on(adding: Both) -> None:
    ticket_id, notes = shown(adding)
    for confidence in (0.7, 0.8, 0.9):
        tagged(adding, ticket_id, product_area=suggestion("api", confidence))
    replied(adding, ticket_id)
    replied(adding, ticket_id, "Still looking.")
    assert len(notes) == 1  # scores, and a deadline that was met
    tagged(adding, ticket_id, product_area=suggestion("reports", 0.9))
    assert len(notes) == 2
    adding.retag(ticket_id, priority="P0")
    adding.round()
    assert len(notes) == 3
    assert "Priority: P0 (set by a person)" in notes[2]


def test_a_deadline_counts_from_a_minute_on(adding: Both) -> None:
    ticket_id, notes = shown(adding)

    def move(to: str) -> None:
        now = adding.clock.now()
        adding.here.change(ticket_id, lambda ticket: ticket.transition(to, at=now, by="agent:kim"), at=now)

    def pause(span: timedelta) -> None:
        move("pending")
        adding.clock.advance(span)
        move("open")
        adding.round()

    pause(timedelta(seconds=40))
    assert len(notes) == 1
    pause(timedelta(minutes=30))
    assert len(notes) == 2


def test_a_note_that_an_agent_deleted_does_not_come_back_for_nothing(editing: Both) -> None:
    ticket_id, notes = shown(editing)
    editing.there.refuses = 404  # type: ignore[attr-defined]
    tagged(editing, ticket_id, product_area=suggestion("api", 0.6))
    assert len(notes) == 1
    editing.retag(ticket_id, priority="P0")
    editing.round()
    assert len(notes) == 2


def test_a_desk_that_is_too_busy_to_rewrite_is_asked_again(editing: Both) -> None:
    ticket_id, notes = shown(editing)
    editing.there.refuses = 429  # type: ignore[attr-defined]
    editing.retag(ticket_id, priority="P0")
    editing.round()
    assert (len(notes), "P0" in notes[0]) == (1, False)
    editing.there.refuses = None  # type: ignore[attr-defined]
    editing.round(later=timedelta(minutes=5))
    assert (len(notes), "P0" in notes[0]) == (1, True)


def test_a_packet_that_could_not_be_noted_repeats_no_other_note(adding: Both) -> None:
    ticket_id, notes = shown(adding, plan="premium", labels={"category": "billing"}, by="agent:kim")
    write, refused = adding.there.note, []

    def fails_once(remote_id: str, body: str) -> str:
        if "(written by a person)" in body and not refused:
            refused.append(body)
            raise DeskRefused("desk", 422)
        return write(remote_id, body)

    adding.there.note = fails_once  # type: ignore[method-assign]
    escalate(adding, ticket_id)
    assert [note.count("tier T2") for note in notes] == [0, 1]
    adding.round(later=timedelta(minutes=5))
    assert len(notes) == 3


def test_a_link_keeps_no_text_of_it(editing: Both) -> None:
    ticket_id, _ = shown(editing)
    written = editing.links.begin("desk", ticket_id, editing.clock.now())[0].written
    assert "filter" not in str(written["note"])
    assert written["note"][0] == "1"


def test_a_note_of_an_earlier_version_is_followed_by_one_that_can_be_rewritten(editing: Both) -> None:
    ticket_id, notes = shown(editing)
    link, _ = editing.links.begin("desk", ticket_id, editing.clock.now())
    editing.links.noted(link, {**link.written, "note": f"Firstline ({ticket_id}):\nPriority, suggested: P1"})
    for priority in ("P0", "P2"):
        editing.retag(ticket_id, priority=priority)
        editing.round()
    assert len(notes) == 2
    assert "Priority: P2" in notes[1]


class AlsoFirstReplies(EditingDesk):
    """Has a field for the first response, too."""

    capabilities = replace(EditingDesk.capabilities, first_response_by="written")


def test_the_deadline_of_a_reply_that_was_given_does_not_move(opened: Litestar, clock: FrozenClock) -> None:
    both = Both(opened, clock, AlsoFirstReplies(fields=FIELDS), suggests)
    ticket_id, _ = shown(both)
    before = dict(both.there.tickets["1"].values)
    replied(both, ticket_id)
    both.retag(ticket_id, priority="P0")
    both.round()
    after = both.there.tickets["1"].values
    assert after["first_response_by"] == before["first_response_by"] != ""
    assert after["resolution_by"] < before["resolution_by"]
