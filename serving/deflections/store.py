"""Deflection sessions in the database: what was asked, what was shown, and the outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from serving.errors import NotFound
from serving.jobs import changed_days
from serving.storage.database import Database
from serving.storage.job_tables import session_arms, told_sessions
from serving.storage.tables import deflection_turns, deflections
from triage.experiments.arms import Arm
from triage.tickets.events import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflection:
    """One session: a question, the response, and the outcome."""

    id: str
    created_at: datetime
    question: str
    channel: str
    visitor: str | None = None
    account: str | None = None
    plan: str | None = None
    locale: str | None = None
    decision: str
    confidence: float | None
    reason: str
    eligible: bool  # a real question; greetings are not counted
    response: Mapping[str, Any]
    model: str | None = None
    articles_version: str | None = None
    outcome: str | None = None
    outcome_at: datetime | None = None
    outcome_key_id: str | None = None
    ended: str | None = None
    ticket_id: str | None = None
    key_id: str | None = None
    origin: str | None = None
    secret_hash: str | None = None
    identity_id: str | None = None
    email: str | None = None
    brand: str | None = None
    article_offered: bool = False  # the article is meant; which of its sections answers is for the customer to choose


@dataclass(frozen=True, slots=True)
class Remembered:
    """Whose earlier sessions a question may know of: those that agree in all of these."""

    visitor: str | None  # None: nobody's
    identity_id: str | None
    key_id: str | None  # None for secret keys, which share what they remember
    origin: str | None


class DeflectionStore:
    """Reads sessions and their transcripts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, deflection_id: str) -> Deflection | None:
        """Return a session, None when there is none."""
        return self._database.read(lambda connection: _find(connection, deflection_id))

    def recent(self, whose: Remembered, since: datetime) -> list[Deflection]:
        """Return a visitor's sessions since then, newest first."""
        if not whose.visitor:
            return []
        columns = deflections.c
        chosen = sa.select(deflections).where(
            columns.visitor == whose.visitor,
            columns.created_at >= since,
            columns.origin == whose.origin,
            columns.identity_id == whose.identity_id,
        )
        if whose.key_id is not None:
            chosen = chosen.where(columns.key_id == whose.key_id)
        ordered = chosen.order_by(deflections.c.created_at.desc(), deflections.c.id.desc()).limit(MOST_RECENT)
        return [from_row(row) for row in self._database.read(lambda c: c.execute(ordered).mappings().all())]

    def transcript(self, deflection_id: str) -> tuple[Message, ...]:
        """Return everything that was said, in order."""
        chosen = sa.select(deflection_turns).where(deflection_turns.c.deflection_id == deflection_id)
        ordered = chosen.order_by(deflection_turns.c.id)
        rows = self._database.read(lambda connection: connection.execute(ordered).all())
        return tuple(Message(row.at, row.by, row.text) for row in rows)


MOST_RECENT = 20
GONE_TO_A_PERSON = ("escalated", "human_requested")


def insert(connection: Connection, session: Deflection, turns: Sequence[Message]) -> None:
    """Add a session with its first turns."""
    connection.execute(_INSERT, to_row(session))
    _say(connection, session.id, turns)


def note_arm(connection: Connection, session: Deflection, arm: Arm, share: float) -> None:
    """Keep in which arm of the holdout a session is, and the share that is set."""
    values = {"deflection_id": session.id, "created_at": session.created_at, "arm": arm, "share": share}
    connection.execute(sa.insert(session_arms).values(values))


def note_told(connection: Connection, session: Deflection, incident: str) -> None:
    """Keep that a session got the message of an incident, by the id of its proposal or its own."""
    values = {"deflection_id": session.id, "incident": incident, "at": session.created_at}
    connection.execute(sa.insert(told_sessions).values(values))


def note_outcome(
    connection: Connection, deflection_id: str, outcome: str, ended: str | None, said: Message, *, key_id: str
) -> tuple[Deflection, bool]:
    """Record an outcome, and return the session as it stands then and whether that changed it.

    A session that went to a person keeps that as its end. Raises `NotFound` when there is no session with this id.
    """
    session = _find(connection, deflection_id)
    if session is None:
        raise NotFound("deflection", deflection_id)
    if session.outcome == outcome:
        return session, False
    final = session.ended if session.ended in GONE_TO_A_PERSON else ended
    values = {"outcome": outcome, "outcome_at": said.at, "outcome_key_id": key_id, "ended": final}
    changed_days.note_sessions(connection, deflections.c.id == deflection_id)
    connection.execute(sa.update(deflections).where(deflections.c.id == deflection_id).values(values))
    _say(connection, deflection_id, [said])
    return replace(session, outcome=outcome, outcome_at=said.at, outcome_key_id=key_id, ended=final), True


def note_ticket(connection: Connection, deflection_id: str, ticket_id: str) -> None:
    """Tie a ticket to its session, in the transaction that opens the ticket."""
    ended = sa.case((deflections.c.ended == "human_requested", "human_requested"), else_="escalated")
    changed_days.note_sessions(connection, deflections.c.id == deflection_id)
    changed = sa.update(deflections).where(deflections.c.id == deflection_id)
    connection.execute(changed.values(ticket_id=ticket_id, ended=ended))


def to_row(session: Deflection) -> dict[str, Any]:
    """Return the columns of a session."""
    return {name: getattr(session, name) for name in _COLUMNS}


def from_row(row: sa.RowMapping) -> Deflection:
    """Return the session of a row."""
    return Deflection(**{name: row[name] for name in _COLUMNS})


_COLUMNS = tuple(Deflection.__slots__)
_INSERT, _INSERT_TURNS = sa.insert(deflections), sa.insert(deflection_turns)


def _find(connection: Connection, deflection_id: str) -> Deflection | None:
    row = connection.execute(sa.select(deflections).where(deflections.c.id == deflection_id)).mappings().first()
    return None if row is None else from_row(row)


def _say(connection: Connection, deflection_id: str, turns: Sequence[Message]) -> None:
    rows = [{"deflection_id": deflection_id, "at": turn.at, "by": turn.by, "text": turn.text} for turn in turns]
    connection.execute(_INSERT_TURNS, rows)
