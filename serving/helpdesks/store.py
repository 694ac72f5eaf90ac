"""Links between our tickets and a helpdesk's, and the work due for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from serving.errors import NotReady
from serving.helpdesks.port.port import Inbound, Value
from serving.helpdesks.port.values import from_row as values_from_row
from serving.helpdesks.port.values import to_row
from serving.jobs import queue as jobs
from serving.jobs.queue import Job
from serving.storage.database import Database
from serving.storage.tables import helpdesk_links, helpdesk_marks, tickets

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
_CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One ticket on both sides."""

    id: int
    connection: str
    remote_id: str | None
    ticket_id: str | None
    arrived: Inbound | None
    written: Mapping[str, Value]
    version: int
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LinkStore:
    """Reads and writes links; every write is one transaction, and a job that lost its lease writes nothing."""

    database: Database
    job: Job | None = None  # on whose behalf

    def arrive(self, connection: str, cases: Sequence[Inbound], at: datetime) -> int:
        """Put down cases that a hook told of, and return how many are new: a repeat finds its row.

        What was only heard of by a change is told now, and need not be looked at.
        """

        def operation(writing: sa.Connection) -> int:
            fresh = 0
            for case in cases:
                row = {"remote_id": case.remote_id, "arrived": msgspec.to_builtins(case)}
                known = _found(writing, connection, case.remote_id)
                if known is None:
                    writing.execute(helpdesk_links.insert().values(_blank(connection, at) | row))
                elif case.has_text and known.arrived is not None and not known.arrived["has_text"]:
                    values = row | {"due_at": min(known.due_at, at)}
                    writing.execute(helpdesk_links.update().where(helpdesk_links.c.id == known.id).values(values))
                else:
                    continue
                fresh += 1
            return fresh

        return self.database.write(operation)

    def begin(self, connection: str, ticket_id: str, at: datetime) -> tuple[Link, bool]:
        """Return the link of a ticket that goes out, and whether an earlier attempt had begun."""

        def operation(writing: sa.Connection) -> tuple[Link, bool]:
            asked = sa.select(helpdesk_links).where(
                helpdesk_links.c.connection == connection, helpdesk_links.c.ticket_id == ticket_id
            )
            jobs.fence(writing, self.job)
            row = writing.execute(asked).one_or_none()
            if row is not None:
                return from_row(row), True
            writing.execute(helpdesk_links.insert().values(_blank(connection, at) | {"ticket_id": ticket_id}))
            return from_row(writing.execute(asked).one()), False

        return self.database.write(operation)

    def found(self, link: Link, remote_id: str, written: Mapping[str, Value]) -> None:
        """Keep the id that a ticket of ours got there, before anything else is done with it.

        A hook that told of it in the meantime told of our own.
        """
        echo = sa.and_(
            helpdesk_links.c.connection == link.connection,
            helpdesk_links.c.remote_id == remote_id,
            helpdesk_links.c.ticket_id.is_(None),
        )
        values = {"remote_id": remote_id, "written": to_row(written)}

        def operation(writing: sa.Connection) -> None:
            jobs.fence(writing, self.job)
            writing.execute(helpdesk_links.delete().where(echo))
            writing.execute(helpdesk_links.update().where(helpdesk_links.c.id == link.id).values(values))

        self.database.write(operation)

    def bind(self, writing: sa.Connection, link: Link, ticket_id: str) -> None:
        """Tie a case of theirs to the ticket that was opened for it, in the transaction that opens it.

        Raises `NotReady`: its customer was erased since it was read, so that nothing of it may be kept.
        """
        jobs.fence(writing, self.job)
        values = {"ticket_id": ticket_id, "arrived": None, "attempts": 0, "fault": None}
        waits = helpdesk_links.c.id == link.id, helpdesk_links.c.arrived.is_not(None)
        if not writing.execute(helpdesk_links.update().where(*waits).values(values)).rowcount:
            raise NotReady("the case is no longer there")

    def drop(self, link: Link) -> None:
        """Forget what a hook said and open nothing; the row stays, so that a repeat is still one."""
        self._set(link, arrived=None, attempts=0, fault=None)

    def noted(self, link: Link, written: Mapping[str, Value]) -> None:
        """Keep what was written so far, before something else is."""
        self._set(link, written=to_row(written))

    def done(self, link: Link, written: Mapping[str, Value], version: int, *, tells: bool = False) -> None:
        """Note that the desk shows our ticket as it was at a version; one that `tells` is read once from now on."""
        values: dict[str, object] = {"written": to_row(written), "version": version, "attempts": 0, "fault": None}
        if tells:
            c = helpdesk_links.c
            unread = sa.and_(c.read_at.is_(None), c.stale_at.is_(None))
            values["stale_at"] = sa.case((unread, c.due_at), else_=c.stale_at)
        self._set(link, **values)

    def failed(self, link: Link, reason: str, at: datetime, wait: timedelta | None = None) -> datetime:
        """Note why an attempt failed, and pause: twice as long each time, up to an hour, or as the desk asked.

        Return until when.
        """
        pause = max(min(FIRST_PAUSE * 2 ** min(link.attempts, 12), LONGEST_PAUSE), wait or timedelta(0))
        until: datetime = at + pause
        self._set(link, attempts=link.attempts + 1, fault=reason[:200], due_at=until)
        return until

    def hold(self, connection: str, kind: str, until: datetime) -> None:
        """Leave a desk alone until an instant, with whatever waits for it."""
        newer = sa.exists().where(
            tickets.c.id == helpdesk_links.c.ticket_id, tickets.c.version > helpdesk_links.c.version
        )
        waits = helpdesk_links.c.connection == connection, helpdesk_links.c.due_at < until, newer

        def operation(writing: sa.Connection) -> None:
            jobs.fence(writing, self.job)
            writing.execute(helpdesk_links.update().where(*waits).values(due_at=until))
            jobs.postpone(writing, kind, connection, until)

        self.database.write(operation)

    def plan(self, wanted: Sequence[tuple[str, str, Mapping[str, Any]]], at: datetime) -> None:
        """Add a job for each kind, subject and record unless there is one: writes of all replicas follow each other."""

        def operation(writing: sa.Connection) -> None:
            for kind, subject, record in wanted:
                jobs.enqueue(writing, kind, subject=subject, record=record, at=at, unique=f"{kind}:{subject}")

        if wanted:
            self.database.write(operation)

    def arrived(self, at: datetime, limit: int = 100) -> list[Link]:
        """Return cases of theirs that wait to be opened here: of each connection so many, the oldest and the newest.

        So many cases at once hold up neither another connection's nor the next new one.
        """
        c = helpdesk_links.c
        waits = c.arrived.is_not(None), c.due_at <= at
        places = [sa.func.row_number().over(partition_by=c.connection, order_by=by) for by in (c.id, c.id.desc())]
        ranked = (
            sa.select(c.id, *(place.label(f"place_{n}") for n, place in enumerate(places))).where(*waits).subquery()
        )
        chosen = sa.or_(ranked.c.place_0 <= limit // 2, ranked.c.place_1 <= limit // 2)
        asked = sa.select(helpdesk_links).join(ranked, ranked.c.id == c.id).where(chosen)
        return self._links(asked.order_by(c.id))

    def outdated(self, connection: str, at: datetime, new: Sequence[str] | None, limit: int = 100) -> list[str]:
        """Return the tickets that changed since they were brought to the desk, oldest first.

        With `new`, also those that never were, unless they came from one of these other connections.
        """
        joined = tickets.outerjoin(
            helpdesk_links,
            sa.and_(helpdesk_links.c.ticket_id == tickets.c.id, helpdesk_links.c.connection == connection),
        )
        due = sa.and_(tickets.c.version > helpdesk_links.c.version, helpdesk_links.c.due_at <= at)
        if new is not None:
            whence = sa.func.coalesce(tickets.c.external_id, "")
            elsewhere = [whence.startswith(f"{other}:", autoescape=True) for other in new]
            fresh = sa.and_(helpdesk_links.c.id.is_(None), tickets.c.created_at >= self.since(connection, at))
            due = sa.or_(due, sa.and_(fresh, *(sa.not_(each) for each in elsewhere)))
        asked = sa.select(tickets.c.id).select_from(joined).where(due, tickets.c.status != _CLOSED)
        return self.database.read(lambda reading: list(reading.scalars(asked.order_by(tickets.c.id).limit(limit))))

    def since(self, connection: str, at: datetime) -> datetime:
        """Return when the connection was first seen: tickets from before stay here."""
        since: datetime = self._mark(connection, at).since
        return since

    def closed_until(self, connection: str, at: datetime) -> datetime:
        """Return up to when it is known here what was closed there."""
        until: datetime = self._mark(connection, at).closed_until
        return until

    def advance(self, connection: str, until: datetime) -> None:
        """Note up to when it is known."""
        moved = helpdesk_marks.update().where(helpdesk_marks.c.connection == connection).values(closed_until=until)

        def operation(writing: sa.Connection) -> None:
            jobs.fence(writing, self.job)
            writing.execute(moved)

        self.database.write(operation)

    def go_on(self, kind: str, subject: str, record: Mapping[str, Any], at: datetime) -> None:
        """Add the job that goes on where this one ends."""

        def operation(writing: sa.Connection) -> None:
            jobs.fence(writing, self.job)
            jobs.enqueue(writing, kind, subject=subject, record=record, at=at)

        self.database.write(operation)

    def link(self, link_id: int) -> Link | None:
        """Return a link."""
        return next(iter(self._links(sa.select(helpdesk_links).where(helpdesk_links.c.id == link_id))), None)

    def ticket_of(self, connection: str, remote_id: str) -> str | None:
        """Return our ticket for one of theirs."""
        row = self.database.read(lambda reading: _found(reading, connection, remote_id))
        return row.ticket_id if row is not None else None

    def _mark(self, connection: str, at: datetime) -> Any:  # noqa: ANN401 (a row)
        asked = sa.select(helpdesk_marks).where(helpdesk_marks.c.connection == connection)
        row = self.database.read(lambda reading: reading.execute(asked).one_or_none())
        if row is not None:
            return row

        def operation(writing: sa.Connection) -> Any:  # noqa: ANN401
            if writing.execute(asked).one_or_none() is None:
                fresh = {"connection": connection, "since": at, "closed_until": at}
                writing.execute(helpdesk_marks.insert().values(fresh))
            return writing.execute(asked).one()

        return self.database.write(operation)

    def _links(self, asked: "sa.Select[Any]") -> list[Link]:
        return self.database.read(lambda reading: [from_row(row) for row in reading.execute(asked)])

    def _set(self, link: Link, **values: object) -> None:
        changed = helpdesk_links.update().where(helpdesk_links.c.id == link.id).values(**values)

        def operation(writing: sa.Connection) -> None:
            jobs.fence(writing, self.job)
            writing.execute(changed)

        self.database.write(operation)


def from_row(row: Any) -> Link:  # noqa: ANN401
    """Return the link of a row."""
    return Link(
        id=row.id,
        connection=row.connection,
        remote_id=row.remote_id,
        ticket_id=row.ticket_id,
        arrived=None if row.arrived is None else msgspec.convert(row.arrived, Inbound),
        written=values_from_row(row.written),
        version=row.version,
        attempts=row.attempts,
        due_at=row.due_at,
    )


def _blank(connection: str, at: datetime) -> dict[str, object]:
    return {"connection": connection, "written": {}, "version": 0, "attempts": 0, "due_at": at}


def _found(reading: sa.Connection, connection: str, remote_id: str) -> Any:  # noqa: ANN401
    theirs = sa.select(helpdesk_links).where(
        helpdesk_links.c.connection == connection, helpdesk_links.c.remote_id == remote_id
    )
    return reading.execute(theirs).one_or_none()
