"""A helpdesk whose answers have no end takes neither the database nor a worker from the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.erasure import ErasureSubject, ErasureTrail
from serving.helpdesks.erasing import erase
from serving.helpdesks.following.thread_changes import FULL
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import ChangedPage, Inbound, Remote, RemoteEvent, Thread
from serving.helpdesks.port.timeline import EVENTS, TEXT, bounded
from serving.storage.tables import helpdesk_links, tickets
from serving.ticket_desk import NewTicket, TicketOut
from tests.fakes import FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk
from triage.tickets.events import NoteAdded

MINUTE = timedelta(minutes=1)


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Both]:
    with TestClient(desk_app):
        yield Both(desk_app, clock, TalkingDesk(clock))


def said(clock: FrozenClock, number: int, **more: str) -> RemoteEvent:
    at = clock.now() + timedelta(seconds=number)
    return RemoteEvent(**{"id": f"e{number}", "kind": "note", "at": at, "by": "kim", "text": f"{number}."} | more)  # type: ignore[arg-type]


def a_thread(*events: RemoteEvent) -> Thread:
    return Thread(remote=Remote(id="1", values={}), events=events)


def test_of_a_long_thread_the_newest_is_taken(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    for number in range(EVENTS + 500):
        both.there.happens(remote_id, "note", text=f"{number}.")
    both.round()
    notes = [fact.text for fact in both.here.load(ticket_id).events if isinstance(fact, NoteAdded)]
    assert (len(notes), notes[0], notes[-1]) == (EVENTS, "500.", f"{EVENTS + 499}.")
    version = both.here.load(ticket_id).version
    both.there.happens(remote_id, "note", text="One more.")
    both.round()
    assert both.here.load(ticket_id).version == version + 1


def test_of_long_texts_as_many_are_taken_as_have_room_and_always_the_newest(clock: FrozenClock) -> None:
    events = [said(clock, number, text="x" * (TEXT // 3)) for number in range(9)]
    assert [event.id for event in bounded(a_thread(*events)).events] == ["e6", "e7", "e8"]
    assert len(bounded(a_thread(said(clock, 1, text="x" * 2 * TEXT))).events) == 1


def test_of_an_id_or_a_name_without_end_only_a_part_is_kept(clock: FrozenClock) -> None:
    long = [said(clock, 1, id="9" * 5_000), said(clock, 2, id="8" * 5_000), said(clock, 3, by="k" * 5_000)]
    events = bounded(a_thread(*long)).events
    assert [len(event.id) for event in events] == [64, 64, 2]
    assert len({event.id for event in events}) == 3
    assert len(events[-1].by) == 200
    assert bounded(replace(a_thread(), assignee="k" * 5_000)).assignee == "k" * 200
    assert (bounded(replace(a_thread(), assignee="")).assignee, bounded(a_thread()).assignee) == ("", None)


def test_a_ticket_that_is_full_takes_no_more_messages_but_a_status(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FULL >= 10 * EVENTS
    ticket_id, remote_id = both.settled()
    monkeypatch.setattr("serving.helpdesks.following.thread_changes.FULL", both.here.load(ticket_id).version + 2)
    for number in range(5):
        both.there.happens(remote_id, "agent_reply", text=f"{number}.")
    both.there.talks[remote_id].status = "resolved"
    both.round()
    assert both.read(ticket_id).status == "resolved"
    assert len(both.read(ticket_id).transcript) <= 2


def test_a_list_of_changes_that_never_ends_is_read_with_pauses(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def changed_since(_: datetime, cursor: str | None) -> ChangedPage:
        asked.append(both.clock.now())
        return ChangedPage(ids=[], cursor=str(int(cursor or 0) + 1), more=True)

    monkeypatch.setattr(both.there, "changed_since", changed_since)
    both.poll()
    assert len(asked) == 50
    both.round(later=MINUTE)
    assert len(asked) == 100


def test_a_list_that_begins_anew_has_ended(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def changed_since(_: datetime, cursor: str | None) -> ChangedPage:
        asked.append(cursor)
        return ChangedPage(ids=[], cursor="same", more=True)

    monkeypatch.setattr(both.there, "changed_since", changed_since)
    both.poll()
    assert asked == [None, "same"]


def test_a_cursor_without_end_is_not_kept(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ChangedPage(ids=["1"], cursor="c" * 1_000_000, more=True)
    monkeypatch.setattr(both.there, "changed_since", lambda *_: page)
    with pytest.raises(ValueError, match="a cursor of 1000000 letters"):
        both.pulls.pulling.changed("desk", both.clock.now(), None, both.clock.now())


def test_a_page_of_any_length_is_noted(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [str(number) for number in range(40_000, 42_000)]
    monkeypatch.setattr(both.there, "changed_since", lambda *_: ChangedPage(ids=ids, cursor="", more=False))
    sizes, changed = [], both.stale.changed

    def noted(name: str, some: list[str], at: datetime) -> tuple[int, int]:
        sizes.append(len(some))
        return changed(name, some, at)

    monkeypatch.setattr(type(both.stale), "changed", lambda _, *told: noted(*told))
    both.pulls.pulling.changed("desk", both.clock.now(), None, both.clock.now())
    assert (sum(sizes), max(sizes)) == (2_000, 500)


def test_a_case_that_is_never_found_is_dropped_after_a_day(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def fetch(_: str) -> Inbound:
        asked.append(both.clock.now())
        raise DeskRefused("desk", 404)

    monkeypatch.setattr(both.there, "fetch", fetch)
    both.stale.changed("desk", ["77"], both.clock.now())
    for _ in range(40):
        both.round(later=timedelta(hours=1))
    assert timedelta(hours=20) < asked[-1] - asked[0] < timedelta(hours=36)
    [row] = both.context.database.read(lambda reading: reading.execute(helpdesk_links.select()).all())
    assert row.arrived is None


def test_many_cases_of_one_helpdesk_hold_up_neither_anothers_nor_the_next_one(both: Both) -> None:
    at = both.clock.now()
    for name, number in [*(("desk", number) for number in range(1_000)), ("other", 1), ("desk", 1_000)]:
        both.links.arrive(name, [Inbound(remote_id=str(number), has_text=False)], at)
    found = [(link.connection, link.remote_id) for link in both.links.arrived(at)]
    assert len(found) == len(set(found)) == 101
    assert {("desk", "0"), ("other", "1"), ("desk", "1000")} <= set(found)


def test_many_threads_of_one_helpdesk_hold_up_neither_anothers_nor_the_next_one(both: Both) -> None:
    ticket_ids = [both.open().id for _ in range(9)]
    names = ["desk"] * 7 + ["other", "desk"]
    for number, (name, ticket_id) in enumerate(zip(names, ticket_ids, strict=True)):
        link, _ = both.links.begin(name, ticket_id, both.clock.now())
        both.links.found(link, str(number), {})
        both.stale.changed(name, [str(number)], both.clock.advance(MINUTE))
    found = both.stale.due(["desk", "other"], both.clock.now(), limit=4)
    assert [row.ticket_id for row in found] == [ticket_ids[number] for number in (0, 1, 8, 6, 7)]


def test_a_case_whose_customer_is_erased_while_it_is_opened_is_not_opened(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Inbound(remote_id="77", subject="Login fails", text="For me.", email="gone@acme.example")
    both.links.arrive("desk", [case], both.clock.now())
    opened = both.here.open

    def after_an_erasure(new: NewTicket, **more: Any) -> TicketOut:
        trail = ErasureTrail(whose=ErasureSubject(email="gone@acme.example"))
        both.links.database.write(lambda writing: erase(writing, trail))
        return opened(new, **more)

    monkeypatch.setattr(type(both.here), "open", lambda _, new, **more: after_an_erasure(new, **more))
    both.round()
    both.round(later=timedelta(hours=2))
    assert both.context.database.read(lambda reading: reading.execute(tickets.select()).all()) == []
