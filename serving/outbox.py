"""Events that leave: kept in the transaction that made them, told to the listeners by a job.

An event is what happened; a delivery is telling one receiver of it. An event holds ids, labels and times, and no text
that a customer wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving import jobs
from serving.clock import Clock
from serving.database import Database
from serving.ids import new_id
from serving.job_tables import outbox_events
from serving.jobs import Job

FAN_OUT = "event.fan_out"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a subject, the `sequence`-th that was told of it."""

    id: str
    type: str
    subject: str
    sequence: int
    at: datetime
    data: Mapping[str, Any]


Listener = Callable[[sa.Connection, Event], None]
"""Runs in the transaction that hands an event out, and enqueues what follows from it."""


def emit(
    connection: sa.Connection,
    type: str,  # noqa: A002 (as receivers know it)
    *,
    subject: str,
    data: Mapping[str, Any],
    at: datetime,
    fan_out: bool = True,
) -> str:
    """Keep an event and the job that hands it out, in the caller's transaction; return its id."""
    last = sa.select(sa.func.max(outbox_events.c.sequence)).where(outbox_events.c.subject == subject)
    sequence = (connection.scalar(last) or 0) + 1
    event_id = new_id("evt", at)
    connection.execute(
        outbox_events.insert().values(
            id=event_id, type=type, subject=subject, sequence=sequence, at=at, data=dict(data)
        )
    )
    if fan_out:
        jobs.enqueue(connection, FAN_OUT, subject=subject, record={"event_id": event_id}, at=at)
    return event_id


def find(connection: sa.Connection, event_id: str) -> Event | None:
    """Return an event, unless it was forgotten."""
    c = outbox_events.c
    asked = sa.select(c.id, c.type, c.subject, c.sequence, c.at, c.data).where(c.id == event_id)
    row = connection.execute(asked).first()
    return None if row is None else Event(*row)


@dataclass(frozen=True, slots=True)
class FanOut:
    """Hands each event to every listener once, all in one transaction."""

    database: Database
    clock: Clock
    listeners: Sequence[Listener]

    def __call__(self, job: Job) -> None:
        """Hand out the event of the job; a repeat finds that it was."""
        self.database.write(lambda connection: self._hand_out(connection, job.record["event_id"]))

    def _hand_out(self, connection: sa.Connection, event_id: str) -> None:
        first = outbox_events.c.id == event_id, outbox_events.c.fanned_out_at.is_(None)
        marked = connection.execute(outbox_events.update().where(*first).values(fanned_out_at=self.clock.now()))
        event = find(connection, event_id) if marked.rowcount else None
        for listener in self.listeners if event else ():
            assert event is not None  # noqa: S101 (for the type alone)
            listener(connection, event)
