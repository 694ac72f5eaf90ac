"""Helpdesk work as jobs: each due link becomes one job, whichever replica finds it.

A job ends even if the helpdesk failed: the link stores the reason and when the next job is due.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.clock import Clock
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.sync import Sync
from serving.jobs.queue import Job, TaskSpec

OPEN, SHOW = "helpdesk.open", "helpdesk.show"
_AT_A_TIME = 2  # tickets that are shown to one desk

Wanted = tuple[str, str, Mapping[str, Any]]  # kind, subject, record


@dataclass(frozen=True, slots=True)
class SyncTasks:
    """Finds what is due and does it."""

    exchange: Sync
    clock: Clock

    def tasks(self) -> dict[str, TaskSpec]:
        """Return what runs each kind of job."""
        return {
            OPEN: TaskSpec(self.open, calls=True),
            SHOW: TaskSpec(self.show, concurrency=_AT_A_TIME, calls=True),
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

    def _able(self, can: Callable[[Any], bool]) -> Iterator[Connection]:
        for connection in self.exchange.connections.values():
            if connection.token and can(self.exchange.connects(connection).capabilities):
                yield connection
