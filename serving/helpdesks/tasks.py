"""Helpdesk work as jobs: each due link becomes one job, whichever replica finds it.

A job ends even if the helpdesk failed: the link stores the reason and when the next job is due.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from serving.clock import Clock
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.sync import Sync
from serving.jobs.queue import Job, RetryLater, TaskSpec
from triage.errors import FirstlineError

OPEN, SHOW, LEARN = "helpdesk.open", "helpdesk.show", "helpdesk.learn"
_AT_A_TIME = 2  # tickets that are shown to one desk
_SETTLED = timedelta(seconds=10)  # closings so young are left to the next sweep

Wanted = tuple[str, str, Mapping[str, Any]]  # kind, subject, record


@dataclass(frozen=True, slots=True)
class SyncTasks:
    """Finds what is due and does it."""

    exchange: Sync
    clock: Clock
    sweeps: timedelta  # between two questions what was closed

    def tasks(self) -> dict[str, TaskSpec]:
        """Return what runs each kind of job."""
        return {
            OPEN: TaskSpec(self.open, calls=True),
            SHOW: TaskSpec(self.show, concurrency=_AT_A_TIME, calls=True),
            LEARN: TaskSpec(self.learn, concurrency=1, calls=True),
        }

    def look(self, at: datetime) -> None:
        """Make jobs of the cases that arrived and the tickets that changed."""
        links = self.exchange.links
        wanted: list[Wanted] = [(OPEN, f"{link.connection}:{link.id}", {"link": link.id}) for link in links.arrived(at)]
        for connection in self._able(lambda can: can.create):
            name = connection.name
            others = [each for each in self.exchange.connections if each != name]
            due = links.outdated(name, at, others if connection.push else None)
            wanted += [(SHOW, f"{name}:{ticket}", {"connection": name, "ticket_id": ticket}) for ticket in due]
        links.plan(wanted, at)

    def sweep(self, at: datetime) -> None:
        """Make a job of asking each desk with open cases what was closed there."""
        links = self.exchange.links
        names = [each.name for each in self._able(lambda can: can.closed_since and not can.threads)]
        due = [name for name in names if self._is_due(name, at) and links.open_links(name)]
        links.plan([(LEARN, f"{name}:closed", {"connection": name}) for name in due], at)

    def open(self, job: Job) -> None:
        """Open a case of theirs."""
        self.exchange.holding(job).open(job.record["link"], self.clock.now())

    def show(self, job: Job) -> None:
        """Bring a ticket over; a desk that is down is left alone, with whatever waits for it."""
        name, at = job.record["connection"], self.clock.now()
        exchange = self.exchange.holding(job)
        until = exchange.show(name, job.record["ticket_id"], at)
        if until is not None:
            exchange.links.hold(name, SHOW, until)

    def learn(self, job: Job) -> None:
        """Learn from one page; the next is a job of its own, so that a crash repeats one page and not all."""
        name, at, cursor = job.record["connection"], self.clock.now(), job.record.get("cursor")
        exchange = self.exchange.holding(job)
        if name not in exchange.connections or (cursor is None and not self._is_due(name, at)):
            return
        begun = cursor is None
        since = exchange.links.closed_until(name, at) if begun else datetime.fromisoformat(job.record["since"])
        until = at - _SETTLED if begun else datetime.fromisoformat(job.record["until"])
        try:
            cursor = exchange.learn(name, since, cursor, at)
        except (FirstlineError, KeyError, TypeError, ValueError) as error:
            wait = error.wait if isinstance(error, DeskRefused) else None
            raise RetryLater(wait or min(self.sweeps, timedelta(minutes=5)), str(error)[:200], counted=False) from None
        if cursor is None:
            exchange.links.advance(name, until)
        else:
            told = {"connection": name, "cursor": cursor, "since": since.isoformat(), "until": until.isoformat()}
            exchange.links.go_on(LEARN, job.subject, told, at)

    def _able(self, can: Callable[[Any], bool]) -> Iterator[Connection]:
        for connection in self.exchange.connections.values():
            if connection.token and can(self.exchange.connects(connection).capabilities):
                yield connection

    def _is_due(self, name: str, at: datetime) -> bool:
        return self.exchange.links.closed_until(name, at) + self.sweeps <= at
