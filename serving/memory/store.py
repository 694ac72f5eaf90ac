"""What recent tickets teach, in the database; every change of a row gets the next number, by which it is followed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from sys import intern
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from serving.erasure import any_of
from serving.inference.recent.recent_tickets import RecentTicket
from serving.jobs.closed_tickets import REMEMBER
from serving.jobs.queue import DEAD
from serving.storage.job_tables import jobs
from serving.storage.model_tables import recent_tickets
from serving.storage.tables import helpdesk_links, tickets

#: Most recent tickets, the newest; older ones teach by the next bundle or not at all. As many cost a question about a
#: millisecond, and each process 35 MiB.
MOST: Final = 10_000
KEPT: Final = timedelta(days=365)
#: So long a row that teaches no longer stays, for every process to have seen that.
SEEN_WITHIN: Final = timedelta(days=1)
#: The id by which an export of a helpdesk has a ticket.
_ELSEWHERE: Final = sa.func.coalesce(
    helpdesk_links.c.connection + "-" + helpdesk_links.c.remote_id, tickets.c.external_id
)


@dataclass(frozen=True, slots=True)
class Change:
    """A row as of its last change; without a ticket, it teaches no longer."""

    number: int
    key: tuple[str, str]
    ticket: RecentTicket | None


@dataclass(frozen=True, slots=True)
class Stand:
    """How a ticket stands: if another stands there when its row is written, it is looked at again."""

    version: int
    status: str
    subject: str | None


def stand(connection: Connection, ticket_id: str) -> Stand | None:
    """Return how a ticket stands; None where there is none."""
    asked = sa.select(tickets.c.version, tickets.c.status, tickets.c.subject).where(tickets.c.id == ticket_id)
    row = connection.execute(asked).first()
    return None if row is None else Stand(*row)


def newest(connection: Connection) -> int:
    """Return the number of the last change; 0 when there never was one."""
    return int(connection.scalar(sa.select(sa.func.max(recent_tickets.c.change))) or 0)


def since(connection: Connection, change: int, limit: int) -> list[Change]:
    """Return the next changes after one."""
    asked = (
        sa.select(recent_tickets, _ELSEWHERE.label("external_id"))
        .join(tickets, tickets.c.id == recent_tickets.c.ticket_id)
        .outerjoin(helpdesk_links, helpdesk_links.c.ticket_id == tickets.c.id)
        .where(recent_tickets.c.change > change)
        .order_by(recent_tickets.c.change)
        .limit(limit)
    )
    return [_change(row) for row in connection.execute(asked).mappings()]


def put(connection: Connection, ticket: RecentTicket, *, closed_at: datetime, at: datetime) -> None:
    """Store what a ticket teaches, in place of what it taught before, by whichever encoder."""
    row = {
        "changed_at": at,
        "created_at": ticket.created_at,
        "closed_at": closed_at,
        "vector": np.ascontiguousarray(ticket.vector, dtype="<f2").tobytes(),
        "bundle": ticket.bundle,
        "words": ticket.words[0].astype("<i4").tobytes() + ticket.words[1].astype("<f2").tobytes(),
        "links": [list(each) for each in ticket.links],
        "reads_like": dict(ticket.reads_like),
    }
    c = recent_tickets.c
    others = sa.and_(c.ticket_id == ticket.id, c.encoder != ticket.encoder)
    _end(connection, connection.execute(sa.select(c.ticket_id, c.encoder).where(others, c.vector.is_not(None))), at)
    this, change = {"ticket_id": ticket.id, "encoder": ticket.encoder}, newest(connection) + 1
    here = recent_tickets.update().where(*(c[name] == value for name, value in this.items()))
    if not connection.execute(here.values(row | {"change": change})).rowcount:
        connection.execute(recent_tickets.insert().values(this | row | {"change": change}))


def take_away(connection: Connection, ticket_ids: Collection[str], at: datetime) -> int:
    """Let tickets teach no longer; return how many did."""
    c, done = recent_tickets.c, 0
    for some in any_of(c.ticket_id, ticket_ids):
        found = connection.execute(sa.select(c.ticket_id, c.encoder).where(some, c.vector.is_not(None)))
        done += _end(connection, found, at)
    return done


def trim(connection: Connection, at: datetime) -> int:
    """Let those teach no longer that are too old, or more than may be; return how many."""
    c = recent_tickets.c
    teaching = sa.select(c.ticket_id, c.encoder).where(c.vector.is_not(None))
    ended = _end(connection, connection.execute(teaching.where(c.closed_at < at - KEPT)), at)
    ended += _end(connection, connection.execute(teaching.order_by(c.closed_at.desc()).offset(MOST)), at)
    # The last number stays in the table: the next change has to get a higher one.
    gone = sa.and_(c.vector.is_(None), c.changed_at < at - SEEN_WITHIN, c.change < newest(connection))
    connection.execute(recent_tickets.delete().where(gone))
    return ended


def stale(connection: Connection, encoder: str, bundle: str) -> list[tuple[str, str | None]]:
    """Return the ids (ours, and elsewhere) of tickets that another encoder or lexicon has read, the newest first."""
    c = recent_tickets.c
    other = sa.or_(c.encoder != encoder, c.bundle != bundle)
    asked = (
        sa.select(c.ticket_id, _ELSEWHERE.label("external_id"))
        .join(tickets, tickets.c.id == c.ticket_id)
        .outerjoin(helpdesk_links, helpdesk_links.c.ticket_id == tickets.c.id)
    )
    found = connection.execute(asked.where(c.vector.is_not(None), other).order_by(c.closed_at.desc()))
    return [(row.ticket_id, row.external_id) for row in found]


def waiting_since(connection: Connection) -> datetime | None:
    """Return since when the closed ticket waits that has waited longest to be looked at."""
    unread = jobs.c.kind == REMEMBER, jobs.c.state != DEAD
    found: datetime | None = connection.scalar(sa.select(sa.func.min(jobs.c.created_at)).where(*unread))
    return found


def _end(connection: Connection, rows: Iterable[Any], at: datetime) -> int:
    c, done = recent_tickets.c, 0
    nothing: dict[str, object] = {"vector": None, "words": None, "links": [], "reads_like": {}}
    for ticket_id, encoder in list(rows):
        this = recent_tickets.update().where(c.ticket_id == ticket_id, c.encoder == encoder)
        connection.execute(this.values(nothing | {"changed_at": at, "change": newest(connection) + 1}))
        done += 1
    return done


def _change(row: sa.RowMapping) -> Change:
    key = (str(row["ticket_id"]), str(row["encoder"]))
    if row["vector"] is None:
        return Change(row["change"], key, None)
    words = row["words"] or b""
    columns, weights = words[: len(words) // 6 * 4], words[len(words) // 6 * 4 :]
    ticket = RecentTicket(
        id=key[0],
        external_id=row["external_id"],
        created_at=row["created_at"],
        vector=np.frombuffer(row["vector"], dtype="<f2"),
        encoder=intern(key[1]),  # thousands of rows share a few of these texts
        words=(np.frombuffer(columns, dtype="<i4"), np.frombuffer(weights, dtype="<f2")),
        bundle=intern(row["bundle"]),
        links=[(intern(article), float(trust)) for article, trust in row["links"]],
        reads_like={intern(article): float(share) for article, share in row["reads_like"].items()},
    )
    return Change(row["change"], key, ticket)
