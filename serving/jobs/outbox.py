"""The outbox: events are written in the transaction that made them, and delivered to listeners by a job.

An event is what happened; a delivery sends it to one receiver. An event has ids, labels and times, and no customer
text but what the packet of an escalation quotes, without personal data, and single words that several customers use.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.clock import Clock
from serving.jobs import queue as jobs
from serving.jobs.queue import Job
from serving.storage.database import Database
from serving.storage.ids import new_id
from serving.storage.job_tables import outbox_events, webhook_endpoints

FAN_OUT = "event.fan_out"


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a subject, numbered by `sequence`."""

    id: str
    type: str
    subject: str
    sequence: int
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it is numbered."""

    type: str
    data: Mapping[str, Any]
    at: datetime


Listener = Callable[[sa.Connection, Sequence[Event]], None]
"""Runs in the transaction that hands events out, those of one subject in order, and enqueues what follows from them."""


def emit(connection: sa.Connection, subject: str, news: Sequence[NewEvent], *, fan_out: bool = True) -> list[str]:
    """Keep what happened to a subject and one job that hands it out, in the caller's transaction; return the ids.

    What nobody wants to hear of needs no job.
    """
    if not news:
        return []
    fan_out = fan_out and _is_wanted(connection, news)
    first = (connection.scalar(_LAST, {"of_subject": subject}) or 0) + 1
    ids = [new_id("evt", each.at) for each in news]
    rows = [
        {
            "id": id_,
            "type": each.type,
            "subject": subject,
            "sequence": number,
            "at": each.at,
            "data": dict(each.data),
            "fanned_out_at": None if fan_out else each.at,
        }
        for number, (id_, each) in enumerate(zip(ids, news, strict=True), start=first)
    ]
    connection.execute(_INSERT, rows)
    if fan_out:
        jobs.enqueue(connection, FAN_OUT, subject=subject, record={"event_ids": ids}, at=news[0].at)
    return ids


def find(connection: sa.Connection, event_id: str) -> Event | None:
    """Return an event, unless it was forgotten."""
    row = connection.execute(_EVENTS.where(outbox_events.c.id == event_id)).first()
    return None if row is None else Event(*row)


@dataclass(frozen=True, slots=True)
class FanOut:
    """Passes each event to every listener once, in the transaction that ends the job."""

    database: Database
    clock: Clock
    listeners: Sequence[Listener]

    def __call__(self, job: Job) -> bool:
        """Hand out the events of the job, unless another holds it by now."""
        self.database.write(lambda connection: self._hand_out(connection, job))
        return True

    def _hand_out(self, connection: sa.Connection, job: Job) -> None:
        if not jobs.finish(connection, job):
            return
        wanted = outbox_events.c.id.in_(job.record["event_ids"]), outbox_events.c.fanned_out_at.is_(None)
        events = [Event(*row) for row in connection.execute(_EVENTS.where(*wanted).order_by(outbox_events.c.sequence))]
        connection.execute(outbox_events.update().where(*wanted).values(fanned_out_at=self.clock.now()))
        for listener in self.listeners if events else ():
            listener(connection, events)


def _is_wanted(connection: sa.Connection, news: Sequence[NewEvent]) -> bool:
    """Tell whether an endpoint wants to hear of any of this.

    SQLite has one writer, so an endpoint is added before this transaction or after it. In PostgreSQL one may be added
    at the same time; there the job looks, which runs after both.
    """
    if connection.dialect.name != "sqlite":
        return True
    wanted = [types for (types,) in connection.execute(_WANTED)]
    return any(not types or each.type in types for types in wanted for each in news)


_INSERT = sa.insert(outbox_events)
_WANTED = sa.select(webhook_endpoints.c.types).where(webhook_endpoints.c.enabled)
_LAST = sa.select(sa.func.max(outbox_events.c.sequence)).where(outbox_events.c.subject == sa.bindparam("of_subject"))
_EVENTS = sa.select(
    outbox_events.c.id,
    outbox_events.c.type,
    outbox_events.c.subject,
    outbox_events.c.sequence,
    outbox_events.c.at,
    outbox_events.c.data,
)
