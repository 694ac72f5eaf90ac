"""Proposals in the database; whoever puts a ticket's row down proposes its burst."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.errors import NotFound
from serving.jobs import outbox
from serving.jobs.event_types import INCIDENT_PROPOSED
from serving.jobs.outbox import NewEvent
from serving.storage.ids import new_id
from serving.storage.job_tables import incident_proposal_tickets as members
from serving.storage.job_tables import incident_proposals as proposals
from serving.storage.tables import tickets
from serving.surges.schemas import ProposalOut, PublicIn, PublicOut, State, WindowCount
from triage.surges.arrival import Arrival
from triage.surges.scan import LONGEST, MOST, QUIET, Burst, KnownBurst

_IN_EVENT = 200  # tickets that an event names


def known(connection: sa.Connection, at: datetime) -> list[KnownBurst]:
    """Return the bursts whose last ticket came within the last day, with their tickets of that day."""
    asked = sa.select(proposals.c.id, proposals.c.kind, proposals.c.state).where(proposals.c.grew_at > at - LONGEST)
    rows = connection.execute(asked.order_by(proposals.c.id)).all()
    found: dict[str, list[str]] = {row.id: [] for row in rows}
    some = sa.select(members.c.proposal_id, members.c.ticket_id)
    for proposal_id, ticket_id in connection.execute(some.where(members.c.proposal_id.in_(list(found)))):
        found[proposal_id].append(ticket_id)
    return [KnownBurst(row.id, row.kind, found[row.id], row.state == "dismissed") for row in rows]


def propose(connection: sa.Connection, burst: Burst, at: datetime) -> str | None:
    """Keep a burst and send its event; None if another process has one of its tickets in a burst already."""
    ids, alarm = [each.id for each in burst.tickets], burst.alarm
    if connection.scalar(sa.select(members.c.ticket_id).where(members.c.ticket_id.in_(ids)).limit(1)):
        return None
    row = {
        "id": new_id("ipr", at),
        "kind": alarm.kind,
        "name": alarm.name,
        "proposed_at": at,
        "began_at": burst.since,
        "grew_at": burst.tickets[-1].at,
        "window_minutes": int(alarm.window.total_seconds() // 60),
        "count": alarm.count,
        "expected": alarm.expected,
        "usual_most": alarm.usual_most,
        "log10_p": alarm.log10_p,
        "senders": burst.senders,
        "words": list(burst.words),
        "area": burst.area,
        "priority": burst.priority,
        "state": "open",
    }
    connection.execute(proposals.insert().values(row))
    _add(connection, str(row["id"]), burst.tickets)
    outbox.emit(connection, str(row["id"]), [NewEvent(INCIDENT_PROPOSED, _event_data(row, ids), at)])
    return str(row["id"])


def grow(connection: sa.Connection, proposal_id: str, arrivals: Sequence[Arrival]) -> None:
    """Add tickets to a burst, which goes on; at most so many as an incident can lead."""
    ids = [each.id for each in arrivals]
    taken = set(connection.scalars(sa.select(members.c.ticket_id).where(members.c.ticket_id.in_(ids))))
    row = connection.execute(sa.select(proposals.c.grew_at).where(proposals.c.id == proposal_id)).one()
    count = connection.scalar(sa.select(sa.func.count()).where(members.c.proposal_id == proposal_id)) or 0
    fresh = [each for each in arrivals if each.id not in taken][: max(MOST - count, 0)]
    if fresh:
        _add(connection, proposal_id, fresh)
        sender = sa.func.coalesce(tickets.c.email, tickets.c.account, tickets.c.id)
        people = sa.select(sa.func.count(sa.distinct(sender))).join(members, members.c.ticket_id == tickets.c.id)
        now = {
            "grew_at": max(row.grew_at, *(each.at for each in fresh)),
            "ended_at": None,
            "senders": connection.scalar(people.where(members.c.proposal_id == proposal_id)),
        }
        connection.execute(proposals.update().where(proposals.c.id == proposal_id).values(now))


def end(connection: sa.Connection, at: datetime) -> None:
    """Mark the bursts as ended to which no ticket came for long enough."""
    quiet = proposals.c.ended_at.is_(None), proposals.c.grew_at < at - QUIET
    connection.execute(proposals.update().where(*quiet).values(ended_at=at))


def decide(connection: sa.Connection, proposal_id: str, state: State, decision: Mapping[str, object]) -> bool:
    """Decide on an open proposal; False if it is decided."""
    this = proposals.c.id == proposal_id, proposals.c.state == "open"
    decided = proposals.update().where(*this).values(state=state, **decision).returning(proposals.c.id)
    return connection.execute(decided).first() is not None


def tell_customers(connection: sa.Connection, proposal_id: str, public: PublicIn | None) -> None:
    """Set what customers are told of an accepted proposal; None: nothing any more."""
    told = {
        "public_message": public.message.strip() if public else None,
        "public_title": public.title if public else None,
        "public_terms": public.terms if public else None,
    }
    this = proposals.c.id == proposal_id, proposals.c.state == "accepted"
    connection.execute(proposals.update().where(*this).values(told))


def load(connection: sa.Connection, proposal_id: str) -> ProposalOut:
    """Return a proposal.

    Raises `NotFound`: there is none with this id.
    """
    found = _find(connection, (proposals.c.id == proposal_id,), 1)
    if not found:
        raise NotFound(kind="proposal", id=proposal_id)
    return found[0]


def newest(connection: sa.Connection, state: State | None, limit: int) -> list[ProposalOut]:
    """Return proposals, the newest first."""
    return _find(connection, () if state is None else (proposals.c.state == state,), limit)


def tickets_of(connection: sa.Connection, proposal_id: str) -> list[str]:
    """Return the ids of a proposal's tickets, oldest first."""
    asked = sa.select(members.c.ticket_id).where(members.c.proposal_id == proposal_id)
    return list(connection.scalars(asked.order_by(members.c.at, members.c.ticket_id)))


def forget_words(connection: sa.Connection, ticket_ids: Collection[str]) -> int:
    """Take the common words from proposals that have one of the tickets; return from how many."""
    having = sa.select(members.c.proposal_id).where(members.c.ticket_id.in_(list(ticket_ids)))
    some = proposals.c.id.in_(having)
    found = connection.execute(sa.select(proposals.c.id, proposals.c.words, proposals.c.kind).where(some)).all()
    changed = [row.id for row in found if row.words]
    if changed:
        word = sa.and_(proposals.c.id.in_(changed), proposals.c.kind == "word")
        connection.execute(proposals.update().where(word).values(name=None))
        connection.execute(proposals.update().where(proposals.c.id.in_(changed)).values(words=[]))
    return len(changed)


def _add(connection: sa.Connection, proposal_id: str, arrivals: Sequence[Arrival]) -> None:
    rows = [{"ticket_id": each.id, "proposal_id": proposal_id, "at": each.at} for each in arrivals]
    connection.execute(members.insert(), rows)


def _find(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], limit: int) -> list[ProposalOut]:
    asked = sa.select(proposals).where(*where).order_by(proposals.c.id.desc()).limit(limit)
    rows = connection.execute(asked).all()
    counted = sa.select(members.c.proposal_id, sa.func.count()).group_by(members.c.proposal_id)
    sizes = connection.execute(counted.where(members.c.proposal_id.in_([row.id for row in rows]))).all()
    by_id = {row[0]: row[1] for row in sizes}
    return [_out(row, by_id.get(row.id, 0)) for row in rows]


def _out(row: Any, size: int) -> ProposalOut:  # noqa: ANN401 (a row)
    names = ("id", "state", "proposed_at", "began_at", "grew_at", "ended_at", "senders", "words", "area", "priority")
    counted = WindowCount(
        kind=row.kind,
        name=row.name,
        window_minutes=row.window_minutes,
        n=row._mapping["count"],  # noqa: SLF001 (a row's own mapping: a row has a method of this name)
        expected=row.expected,
        usual_most=row.usual_most,
        p_value=10**row.log10_p,
    )
    decision = {name: getattr(row, name) for name in ("incident_id", "decided_at", "actor")}
    public = None
    if row.public_message is not None:
        public = PublicOut(title=row.public_title, message=row.public_message, terms=row.public_terms or [])
    same = {name: getattr(row, name) for name in names}
    return ProposalOut(tickets=size, counted=counted, public=public, **same, **decision)


def _event_data(row: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    """Return what the event says: ids, counts and times, and nothing that a customer wrote."""
    names = ("id", "kind", "area", "priority", "began_at", "proposed_at", "senders", "window_minutes", "expected")
    return {name: row[name] for name in names} | {"count": row["count"], "tickets": list(ids[:_IN_EVENT])}
