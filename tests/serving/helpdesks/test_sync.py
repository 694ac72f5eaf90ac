"""One case on both sides: whatever fails or repeats between them, there is one, and nobody's word is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Inbound
from serving.helpdesks.store import LinkStore
from serving.helpdesks.sync import Sync
from serving.helpdesks.tasks import SyncTasks
from serving.inference.suggestions import Suggestions, no_suggestions
from serving.inference.tagger import TicketText
from serving.jobs.workers import Workers
from serving.ticket_desk import TagsTickets, TicketOut
from serving.tickets.desk import Desk
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.helpdesks.memory_desk import MemoryDesk, a_new_ticket
from tests.serving.jobs_database import run_one


class Both:
    """A desk there, a desk here, and what goes between them."""

    def __init__(
        self,
        app: Litestar,
        clock: FrozenClock,
        there: MemoryDesk,
        suggests: Callable[[TicketText], Suggestions] = no_suggestions,
        tagger: TagsTickets | None = None,
    ) -> None:
        context = app.state.context
        self.clock, self.there, self.here = clock, there, Desk(context, tagger or FixedTagger())
        self.links = LinkStore(context.database)
        connections: dict[str, Connection] = {"desk": there.connection}
        self.exchange = Sync(connections, lambda _: there, self.here, self.links, context.telemetry, suggests=suggests)
        self.rounds = SyncTasks(self.exchange, clock)
        self.workers = Workers(
            context.database, clock, context.telemetry, self.rounds.tasks(), threads=1, draw=lambda: 0.5
        )
        self.links.since("desk", clock.now())

    def open(self, **more: Any) -> TicketOut:
        return self.here.open(a_new_ticket(**more), at=self.clock.now())

    def round(self, *, later: timedelta = timedelta(minutes=2)) -> None:
        self.rounds.look(self.clock.advance(later))
        self.work()

    def work(self) -> None:
        while run_one(self.workers):
            pass

    def hear(self, remote_id: str, **more: Any) -> int:
        case = Inbound(
            remote_id=remote_id, **{"subject": "Login fails", "text": "For me.", "email": "a@b.example"} | more
        )
        return self.links.arrive("desk", [case], self.clock.now())

    def ours(self, remote_id: str) -> TicketOut:
        ticket_id = self.links.ticket_of("desk", remote_id)
        assert ticket_id is not None
        return self.here.read(ticket_id)

    def retag(self, ticket_id: str, **labels: str) -> None:
        now = self.clock.now()
        self.here.change(ticket_id, lambda ticket: ticket.retag(labels, at=now, by="agent:kim"), at=now)


FIELDS = {"category": "Category", "product_area": "Area"}


@pytest.fixture
def opened(desk_app: Litestar) -> Iterator[Litestar]:
    with TestClient(desk_app):
        yield desk_app


@pytest.fixture
def both(opened: Litestar, clock: FrozenClock) -> Both:
    return Both(opened, clock, MemoryDesk(suggestions="fields", fields=FIELDS))


def test_a_ticket_goes_there_once_with_its_deadline_and_the_other_in_a_note(both: Both) -> None:
    ticket = both.open()
    for _ in range(3):
        both.round()
    [kept] = both.there.tickets.values()
    assert kept.values["priority"] == "high"
    assert kept.values["category"] == "bug"
    assert kept.values["tags"] == ("category_bug", "firstline", "product_area_api")
    assert str(kept.values["resolution_by"]).startswith("2026-03-")
    [note] = kept.notes
    assert note.startswith(f"Firstline ({ticket.id}):\n")
    assert "First reply by 2026-03-02 11:00 UTC (internal target; contract 2026-03-02 14:00 UTC)" in note


def test_a_create_that_was_cut_off_makes_no_second_ticket(both: Both) -> None:
    both.open()
    both.there.dies_after_create = True
    both.round()
    both.round()
    assert len(both.there.tickets) == 1
    both.retag(both.ours("1").id, category="billing")
    both.round()
    assert both.there.tickets["1"].values["priority"] == "high"


def test_a_desk_that_is_down_is_asked_again_ever_more_rarely_and_then_gets_everything(both: Both) -> None:
    tickets = [both.open(subject=f"Case {number}") for number in range(3)]
    both.there.down = True
    for _ in range(5):
        both.round(later=timedelta(seconds=1))
    both.there.down = False
    both.round(later=timedelta(seconds=1))
    assert both.there.tickets == {}  # it still pauses
    both.round(later=timedelta(minutes=1))
    assert {kept.external_id for kept in both.there.tickets.values()} == {ticket.id for ticket in tickets}


def test_tickets_from_before_the_connection_stay_here(both: Both) -> None:
    both.open(created_at=both.clock.now() - timedelta(hours=1))
    both.round()
    assert both.there.tickets == {}


def test_what_the_desk_itself_changed_at_creation_is_written_once_more(both: Both) -> None:
    both.there.rule = {"resolution_by": "2030-01-01T00:00:00Z"}
    both.open()
    both.round()
    assert both.there.tickets["1"].values["resolution_by"] != "2030-01-01T00:00:00Z"


def test_a_change_here_is_shown_there(both: Both) -> None:
    ticket = both.open()
    both.round()
    both.retag(ticket.id, category="billing", priority="P0")
    both.round()
    kept = both.there.tickets["1"]
    assert (kept.values["category"], kept.values["priority"]) == ("billing", "urgent")
    assert kept.values["tags"] == ("category_billing", "firstline", "product_area_api")


def test_what_an_agent_types_while_we_write_is_not_overwritten(both: Both) -> None:
    ticket = both.open()
    both.round()
    both.retag(ticket.id, category="billing", priority="P0")
    both.there.agent_types = {"category": "kims own word"}
    both.round()
    kept = both.there.tickets["1"]
    assert (kept.values["category"], kept.values["priority"]) == ("kims own word", "urgent")


def test_a_case_of_theirs_is_opened_once_tagged_and_written_back(both: Both) -> None:
    remote_id = both.there.file()
    assert both.hear(remote_id) == 1
    assert both.hear(remote_id) == 0  # delivered again
    for _ in range(3):
        both.round()
    assert both.hear(remote_id) == 0  # and again, later
    both.round()
    [listed] = [both.ours(remote_id)]
    assert (listed.subject, listed.email, listed.external_id) == ("Login fails", "a@b.example", f"desk:{remote_id}")
    assert both.there.tickets[remote_id].values["category"] == "bug"
    assert len(both.there.tickets) == 1


def test_what_was_chosen_there_before_we_came_stands(both: Both) -> None:
    remote_id = both.there.file(priority="low", category="theirs")
    both.hear(remote_id)
    for _ in range(2):
        both.round()
    values = both.there.tickets[remote_id].values
    assert (values["priority"], values["category"], values["product_area"]) == ("low", "theirs", "api")


def test_a_suggestion_is_a_note_unless_the_connection_says_otherwise(opened: Litestar, clock: FrozenClock) -> None:
    both = Both(opened, clock, MemoryDesk(fields=FIELDS))
    remote_id = both.there.file()
    both.hear(remote_id)
    for _ in range(2):
        both.round()
    kept = both.there.tickets[remote_id]
    assert "category" not in kept.values
    assert "Category: bug (suggested, 90% sure)" in kept.notes[0]
    both.retag(both.ours(remote_id).id, category="billing")
    both.round()
    assert kept.values["category"] == "billing"  # a person has said it


def test_a_case_that_was_named_only_is_fetched(both: Both) -> None:
    remote_id = both.there.file()
    both.hear(remote_id, subject="", text="", has_text=False)
    both.there.down = True
    both.round()
    both.there.down = False
    both.round()
    assert both.ours(remote_id).subject == "Fetched"


def test_a_case_without_a_word_is_a_ticket_that_somebody_looks_at(both: Both) -> None:
    """Often there is only a picture."""
    remote_id = both.there.file()
    both.hear(remote_id, subject=" ", text="")
    both.round()
    assert both.ours(remote_id).description == "(no text)"
    assert both.links.arrived(both.clock.now()) == []


def test_our_own_ticket_that_a_hook_tells_of_before_the_desk_has_answered_is_not_a_second_case(both: Both) -> None:
    ticket = both.open()
    both.hear("1")  # the hook of the create that is about to be made
    both.exchange.show("desk", ticket.id, both.clock.now())
    for _ in range(2):
        both.round()
    assert len(both.there.tickets) == 1
    assert both.links.arrived(both.clock.now()) == []


def test_without_push_only_what_came_from_there_goes_back(opened: Litestar, clock: FrozenClock) -> None:
    both = Both(opened, clock, MemoryDesk(push=False, suggestions="fields", fields=FIELDS))
    both.open()
    remote_id = both.there.file()
    both.hear(remote_id)
    for _ in range(2):
        both.round()
    assert list(both.there.tickets) == [remote_id]
    assert both.there.tickets[remote_id].values["category"] == "bug"


def test_a_ticket_that_was_deleted_there_is_let_be_until_ours_changes(both: Both) -> None:
    ticket = both.open()
    both.round()
    del both.there.tickets["1"]
    both.retag(ticket.id, category="billing")
    for _ in range(3):
        both.round()
    assert both.there.tickets == {}
    assert both.links.outdated("desk", both.clock.now(), []) == []


def test_whoever_is_erased_is_in_no_link_and_others_stay(both: Both) -> None:
    from serving.erasure import ErasureSubject, ErasureTrail
    from serving.helpdesks.erasing import erase

    gone, stays = both.open(email="gone@acme.example"), both.open(email="stays@acme.example")
    both.round()
    both.hear("77", email="gone@acme.example")
    both.hear("78", email="stays@acme.example")
    trail = ErasureTrail(whose=ErasureSubject(email="gone@acme.example"), tickets={gone.id})
    for _ in range(2):  # again, it changes nothing
        both.links.database.write(lambda writing: erase(writing, trail))
    assert trail.counts["helpdesk_links"] == 2
    assert [link.remote_id for link in both.links.arrived(both.clock.now())] == ["78"]
    kept = {ticket.id: both.links.begin("desk", ticket.id, both.clock.now())[0].written for ticket in (gone, stays)}
    assert kept[gone.id] == {}
    assert "note" in kept[stays.id]
