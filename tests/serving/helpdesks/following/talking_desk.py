"""A helpdesk in memory at which people work: every change, ours too, sends a webhook, and its thread can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from litestar import Litestar

from serving.helpdesks.following.pulling import Pulling
from serving.helpdesks.following.stale_links import StaleLinks
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Capabilities, ChangedPage, Handoff, RemoteEvent, Thread, Value, Values
from serving.helpdesks.port.port import Remote as RemoteTicket
from serving.helpdesks.pull_tasks import PullTasks
from serving.helpdesks.store import LinkStore
from serving.helpdesks.sync import Sync
from serving.helpdesks.tasks import SyncTasks
from serving.inference.labels import KnownLabels
from serving.jobs.workers import Workers
from serving.ticket_desk import TicketOut
from serving.tickets.desk import Desk
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.helpdesks.memory_desk import MemoryDesk, a_new_ticket
from tests.serving.jobs_database import run_one

FIELDS = {"category": "Category", "product_area": "Area"}


@dataclass
class Talk:
    """What was said and done about one ticket."""

    events: list[RemoteEvent] = field(default_factory=list)
    status: Any = "new"
    assignee: str = ""
    changed_at: datetime | None = None
    merged_into: str | None = None
    deleted: bool = False


class TalkingDesk(MemoryDesk):
    """Tells what happens; `webhooks` are the ids of the tickets whose webhook is on its way."""

    capabilities = Capabilities(resolution_by="written", guarded=True, threads=True)

    def __init__(self, clock: FrozenClock, **more: Any) -> None:
        super().__init__(**{"bot": "firstline", "suggestions": "fields", "fields": FIELDS} | more)
        self.clock = clock
        self.talks: dict[str, Talk] = {}
        self.webhooks: list[str] = []
        self.reads = 0

    def create(self, case: Handoff) -> str:
        remote_id = super().create(case)
        self._changes(remote_id)
        return remote_id

    def update(self, remote: RemoteTicket, changes: Values) -> None:
        super().update(remote, changes)
        self._changes(remote.id)

    def note(self, remote_id: str, body: str) -> str:
        super().note(remote_id, body)
        self.happens(remote_id, "note", by="firstline", text=body)
        return ""

    def happens(self, remote_id: str, kind: Any, *, at: datetime | None = None, **more: Any) -> None:
        """Let somebody say or do something there."""
        talk = self.talks.setdefault(remote_id, Talk())
        event = RemoteEvent(id=f"e{len(talk.events)}", kind=kind, at=at or self.clock.now(), **{"by": "kim"} | more)
        talk.events.append(event)
        if kind == "status":
            talk.status = event.status
        self._changes(remote_id)

    def sets(self, remote_id: str, **values: Value) -> None:
        """Let an agent change fields."""
        self.tickets[remote_id].values |= values
        self.tickets[remote_id].version += 1
        self._changes(remote_id)

    def thread(self, remote_id: str) -> Thread:
        self._reach()
        self.reads += 1
        if remote_id not in self.tickets:
            raise DeskRefused("desk", 404)
        talk, kept = self.talks.setdefault(remote_id, Talk()), self.tickets[remote_id]
        return Thread(
            remote=RemoteTicket(id=remote_id, values=dict(kept.values)),
            events=tuple(talk.events),
            status=talk.status,
            changed_at=talk.changed_at,
            assignee=talk.assignee,
            merged_into=talk.merged_into,
            deleted=talk.deleted,
        )

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        self._reach()
        found = [key for key, talk in self.talks.items() if talk.changed_at and talk.changed_at >= since]
        first = int(cursor or 0)
        return ChangedPage(ids=found[first : first + 2], cursor=str(first + 2), more=len(found) > first + 2)

    def _changes(self, remote_id: str) -> None:
        self.talks.setdefault(remote_id, Talk()).changed_at = self.clock.now()
        self.webhooks.append(remote_id)


class Both:
    """A desk there, a desk here, and what goes between them in both directions."""

    def __init__(self, app: Litestar, clock: FrozenClock, there: TalkingDesk) -> None:
        context = app.state.context
        self.clock, self.there, self.here, self.context = clock, there, Desk(context, FixedTagger()), context
        self.links, self.stale = LinkStore(context.database), StaleLinks(context.database)
        connections = {"desk": there.connection}
        exchange = Sync(connections, lambda _: there, self.here, self.links, context.telemetry)
        self.rounds = SyncTasks(exchange, clock)
        pulling = Pulling(
            connections=connections,
            connects=lambda _: there,
            desk=self.here,
            links=self.stale,
            vocabulary=KnownLabels(context.policies),
            telemetry=context.telemetry,
            declared=context.policies.fields,
        )
        self.pulls = PullTasks(pulling, self.links, clock, timedelta(minutes=1))
        tasks = self.rounds.tasks() | self.pulls.tasks()
        self.workers = Workers(context.database, clock, context.telemetry, tasks, threads=1, draw=lambda: 0.5)
        self.links.since("desk", clock.now())

    def open(self, **more: Any) -> TicketOut:
        return self.here.open(a_new_ticket(**more), at=self.clock.now())

    def settled(self, **more: Any) -> tuple[str, str]:
        """Open a ticket, bring it there and read it once; return its ids here and there."""
        ticket = self.open(**more)
        for _ in range(3):
            self.round()
        [remote_id] = [key for key, kept in self.there.tickets.items() if kept.external_id == ticket.id]
        return ticket.id, remote_id

    def deliver(self) -> None:
        """Let the webhooks that are on their way arrive."""
        arrived, self.there.webhooks = self.there.webhooks, []
        if arrived:
            self.stale.changed("desk", arrived, self.clock.now())

    def round(self, *, later: timedelta = timedelta(seconds=10), lost: bool = False) -> None:
        at = self.clock.advance(later)
        if lost:
            self.there.webhooks = []
        self.deliver()
        self.rounds.look(at)
        self.pulls.look(at)
        self.work()

    def poll(self, *, later: timedelta = timedelta(minutes=2)) -> None:
        self.pulls.poll(self.clock.advance(later))
        self.work()
        self.round(lost=True)

    def work(self) -> None:
        while run_one(self.workers):
            pass

    def read(self, ticket_id: str) -> TicketOut:
        return self.here.read(ticket_id)
