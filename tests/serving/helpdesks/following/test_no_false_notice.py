"""A deadline is called missed only after the helpdesk was asked; one that cannot be asked is not waited for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.helpdesks.following.freshness import Freshness
from serving.helpdesks.wiring import freshness
from serving.tickets.tasks import TicketTasks
from tests.fakes import FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk
from triage.tickets.events import SlaBreached, SlaWarned
from triage.tickets.ticket import Ticket

MINUTE = timedelta(minutes=1)


class Watched(Both):
    """Both desks, and the watch that calls deadlines missed."""

    def __init__(self, app: Litestar, clock: FrozenClock) -> None:
        super().__init__(app, clock, TalkingDesk(clock))
        self.watch = TicketTasks(self.context, self.here, Freshness({"desk"})).watch

    def until(self, ticket_id: str, *, before: timedelta) -> Ticket:
        """Let time pass until shortly before the first response of the target is due."""
        ticket, clocks = self.here.judged(ticket_id)
        due_by = min(c.due_by for c in clocks.clocks if c.kind == "first_response" and c.due_by)
        self.clock.advance(due_by - before - self.clock.now())
        return ticket

    def noticed(self, ticket_id: str, kind: str = "first_response") -> list[str]:
        facts = self.here.load(ticket_id).events
        return [fact.type for fact in facts if isinstance(fact, SlaBreached | SlaWarned) and fact.kind == kind]

    def watches(self, times: int = 1, *, every: timedelta = timedelta(seconds=30)) -> None:
        for _ in range(times):
            self.watch(self.clock.now())
            self.round(later=every, lost=True)


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Watched]:
    with TestClient(desk_app):
        yield Watched(desk_app, clock)


def test_an_answer_in_time_whose_webhook_was_lost_is_no_breach(both: Watched) -> None:
    ticket_id, remote_id = both.settled()
    both.until(ticket_id, before=MINUTE)
    both.there.happens(remote_id, "agent_reply", text="Remove the filter.")
    both.there.webhooks.clear()
    both.clock.advance(2 * MINUTE)
    both.watches(3)
    assert both.noticed(ticket_id) == []
    _, clocks = both.here.judged(ticket_id)
    assert all(
        not clock.is_late(clock.stopped_at)
        for clock in clocks.clocks
        if clock.kind == "first_response" and clock.stopped_at
    )
    assert both.here.load(ticket_id).status == "open"


def test_a_deadline_that_was_missed_is_called_so_once_the_helpdesk_was_asked(both: Watched) -> None:
    ticket_id, _ = both.settled()
    both.until(ticket_id, before=-MINUTE)
    both.watch(both.clock.now())
    assert "sla_breached" not in both.noticed(ticket_id)
    both.watches(2)
    assert "sla_breached" in both.noticed(ticket_id)


def test_a_helpdesk_that_is_down_for_five_minutes_is_not_waited_for(both: Watched) -> None:
    ticket_id, _ = both.settled()
    both.until(ticket_id, before=-MINUTE)
    both.there.down = True
    both.watches(4)
    assert "sla_breached" not in both.noticed(ticket_id)
    both.watches(12)
    assert "sla_breached" in both.noticed(ticket_id)


def test_a_late_look_at_an_answer_in_time_takes_the_lateness_away(both: Watched) -> None:
    ticket_id, remote_id = both.settled()
    both.until(ticket_id, before=MINUTE)
    both.there.happens(remote_id, "agent_reply", text="Remove the filter.")
    both.there.down = True
    both.clock.advance(2 * MINUTE)
    both.watches(20)
    assert "sla_breached" in both.noticed(ticket_id)  # nobody could know better
    both.there.down = False
    for _ in range(3):
        both.round(later=5 * MINUTE)
    _, clocks = both.here.judged(ticket_id)
    assert not any(clock.is_late(both.clock.now()) for clock in clocks.clocks if clock.kind == "first_response")


def test_a_thread_that_cannot_be_read_is_not_waited_for(both: Watched) -> None:
    ticket_id, remote_id = both.settled()
    both.until(ticket_id, before=-MINUTE)
    both.there.talks[remote_id].status = "of another shape"
    both.there.happens(remote_id, "note", text="Hm.")
    both.watches(3)
    assert "sla_breached" in both.noticed(ticket_id)


def test_after_a_long_stop_of_ours_the_helpdesk_is_asked_all_the_same(both: Watched) -> None:
    ticket_id, remote_id = both.settled()
    both.until(ticket_id, before=MINUTE)
    both.there.happens(remote_id, "agent_reply", text="Remove the filter.")
    both.there.webhooks.clear()
    both.clock.advance(timedelta(hours=5))
    both.watches(3)
    assert both.noticed(ticket_id) == []


def test_a_ticket_that_is_at_no_helpdesk_is_not_waited_for(both: Watched) -> None:
    ticket = both.open(created_at=both.clock.now() - timedelta(days=2))  # older than the connection: it stays here
    both.watch(both.clock.now())
    assert "sla_breached" in both.noticed(ticket.id)


def test_only_helpdesks_that_can_be_read_are_asked(both: Watched, tmp_path: Path) -> None:
    path = tmp_path / "helpdesks.toml"
    rt = 'kind = "rt"\nurl = "https://rt.example.com"\noptions.queue = "Support"\n'
    path.write_text(f'[asked]\ntoken = "t"\n{rt}[inbound_only]\n{rt}[standard]\ntoken = "t"\n')
    context = replace(both.context, settings=replace(both.context.settings, helpdesks=path))
    assert freshness(context).connections == {"asked"}
