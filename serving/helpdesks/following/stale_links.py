"""Links whose ticket changed at the helpdesk, and what of its thread is known here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from serving.errors import NotReady
from serving.helpdesks.port.port import Inbound, Value
from serving.helpdesks.port.values import from_row, to_row
from serving.jobs import queue as jobs
from serving.jobs.queue import Job
from serving.storage.database import Database
from serving.storage.tables import helpdesk_links, helpdesk_marks

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=2)  # while the helpdesk is down
UNREADABLE = timedelta(minutes=10)  # until a thread is tried again that could not be read
LOOKED_FOR_AFTER = timedelta(minutes=1)  # a ticket of ours that is being created there has its id by then
_SEEN_BEFORE = 1_000  # ids that are kept beside those of the last thread
_c = helpdesk_links.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A ticket on both sides, and what was known of its thread when it was last read."""

    id: int
    connection: str
    remote_id: str
    ticket_id: str
    written: Mapping[str, Value]
    stale_at: datetime | None
    read_at: datetime | None
    seen: Sequence[str]
    shown: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a thread once it is read: its events, how it stands, and on which values both sides agree."""

    event_ids: Iterable[str]
    shown: Mapping[str, Value]
    written: Mapping[str, Value]
    absorbed: Collection[str] = ()  # tickets of which it is new that they were merged into this one


@dataclass(frozen=True, slots=True)
class StaleLinks:
    """Reads and writes what is known of threads; a job that lost its lease writes nothing."""

    database: Database
    job: Job | None = None

    def changed(self, connection: str, remote_ids: Collection[str], at: datetime) -> tuple[int, int]:
        """Note that tickets changed there; return how many are followed, and how many were never heard of.

        Those are looked at, too: the webhook of their creation may be lost.
        """

        def operation(writing: sa.Connection) -> tuple[int, int]:
            jobs.fence(writing, self.job)
            found = {row.remote_id: row for row in writing.execute(_of(connection, remote_ids))}
            ids = [row.id for row in found.values() if row.ticket_id is not None]
            writing.execute(helpdesk_links.update().where(_c.id.in_(ids)).values(stale_at=at))
            strange = [each for each in dict.fromkeys(remote_ids) if each not in found]
            for remote_id in strange:
                writing.execute(helpdesk_links.insert().values(_unknown(connection, remote_id, at)))
            waiting = sum(row.ticket_id is None and row.arrived is not None for row in found.values())
            return len(ids) + waiting, len(strange)

        return self.database.write(operation) if remote_ids else (0, 0)

    def due(self, connections: Sequence[str], at: datetime, limit: int = 100) -> list[Any]:
        """Return the links to read: of each connection so many, those longest due and those that changed last."""
        asked = (
            sa.select(_c.id, _c.connection, _c.ticket_id)
            .where(_c.stale_at <= at, _c.remote_id.is_not(None), _c.ticket_id.is_not(None))
            .limit(limit // 2)
        )

        def operation(reading: sa.Connection) -> list[Any]:
            found: dict[int, Any] = {}
            for name in connections:
                for order in ((_c.stale_at, _c.id), (_c.stale_at.desc(), _c.id.desc())):
                    rows = reading.execute(asked.where(_c.connection == name).order_by(*order))
                    found |= {row.id: row for row in rows}
            return list(found.values())

        return self.database.read(operation)

    def begin(self, link_id: int) -> Followed | None:
        """Return a link that is to be read."""
        asked = sa.select(helpdesk_links).where(_c.id == link_id, _c.remote_id.is_not(None), _c.ticket_id.is_not(None))
        row = self.database.read(lambda reading: reading.execute(asked).one_or_none())
        return None if row is None else _from_row(row)

    def find(self, connection: str, remote_id: str) -> Followed | None:
        """Return the link of a ticket, or None where it was never heard of.

        Raises `NotReady`: it is being opened here.
        """
        asked = sa.select(helpdesk_links).where(_c.connection == connection, _c.remote_id == remote_id)
        row = self.database.read(lambda reading: reading.execute(asked).one_or_none())
        if row is not None and row.ticket_id is None:
            raise NotReady("the ticket is being opened")
        return None if row is None else _from_row(row)

    def see_unchanged(self, writing: sa.Connection, link: Followed) -> None:
        """Raise `NotReady` where another delivery about the same ticket was faster."""
        row = writing.execute(sa.select(helpdesk_links).where(_c.id == link.id).with_for_update()).one_or_none()
        if row is None or list(_from_row(row).seen) != list(link.seen):
            raise NotReady("another delivery about this ticket is being applied")

    def read(self, writing: sa.Connection, link: Followed, now: Known, at: datetime) -> None:
        """Keep what is known of a thread now, in the caller's transaction; what changed in the meantime stays stale."""
        jobs.fence(writing, self.job)
        ids = dict.fromkeys(now.event_ids)
        seen = [*[each for each in link.seen if each not in ids][-_SEEN_BEFORE:], *ids]
        values = {"read_at": at, "thread": {"seen": seen, "shown": to_row(now.shown)}, "written": to_row(now.written)}
        writing.execute(helpdesk_links.update().where(_c.id == link.id).values(values))
        writing.execute(helpdesk_links.update().where(*_as_it_was(link)).values(stale_at=None))
        merged = _c.connection == link.connection, _c.remote_id.in_(list(now.absorbed))
        writing.execute(helpdesk_links.update().where(*merged).values(stale_at=at))
        down = helpdesk_marks.c.connection == link.connection, helpdesk_marks.c.unreachable_since.is_not(None)
        writing.execute(helpdesk_marks.update().where(*down).values(unreachable_since=None))

    def not_read(self, link: Followed, at: datetime, wait: timedelta | None, *, down: bool) -> datetime:
        """Pause after a thread that could not be read; return until when.

        The longer the helpdesk is down, the longer the pause.
        """

        def operation(writing: sa.Connection) -> datetime:
            jobs.fence(writing, self.job)
            mark = helpdesk_marks.c.connection == link.connection
            since = writing.scalar(sa.select(helpdesk_marks.c.unreachable_since).where(mark)) or at
            if down:
                writing.execute(helpdesk_marks.update().where(mark).values(unreachable_since=since))
            pause = min(max(FIRST_PAUSE, at - since), LONGEST_PAUSE) if down else UNREADABLE
            until: datetime = at + max(pause, wait or timedelta(0))
            writing.execute(helpdesk_links.update().where(*_as_it_was(link)).values(stale_at=until))
            return until

        return self.database.write(operation)

    def hold(self, connection: str, kind: str, until: datetime) -> None:
        """Leave a helpdesk alone until an instant, with everything that is to be read there."""

        def operation(writing: sa.Connection) -> None:
            jobs.fence(writing, self.job)
            stale = _c.connection == connection, _c.stale_at < until
            writing.execute(helpdesk_links.update().where(*stale).values(stale_at=until))
            jobs.postpone(writing, kind, connection, until)

        self.database.write(operation)


def _of(connection: str, remote_ids: Collection[str]) -> "sa.Select[Any]":
    asked = sa.select(_c.id, _c.remote_id, _c.ticket_id, _c.arrived)
    return asked.where(_c.connection == connection, _c.remote_id.in_(list(remote_ids)))


def _as_it_was(link: Followed) -> tuple["sa.ColumnElement[bool]", ...]:
    same = _c.stale_at.is_(None) if link.stale_at is None else _c.stale_at == link.stale_at
    return _c.id == link.id, same


def _unknown(connection: str, remote_id: str, at: datetime) -> dict[str, object]:
    case = Inbound(remote_id=remote_id, has_text=False)
    return {
        "connection": connection,
        "remote_id": remote_id,
        "arrived": msgspec.to_builtins(case),
        "written": {},
        "version": 0,
        "attempts": 0,
        "due_at": at + LOOKED_FOR_AFTER,
    }


def _from_row(row: Any) -> Followed:  # noqa: ANN401
    return Followed(
        id=row.id,
        connection=row.connection,
        remote_id=row.remote_id,
        ticket_id=row.ticket_id,
        written=from_row(row.written),
        stale_at=row.stale_at,
        read_at=row.read_at,
        seen=tuple((row.thread or {}).get("seen", ())),
        shown=from_row((row.thread or {}).get("shown", {})),
    )
