"""Erase a visitor's texts from sessions; the session and its outcome stay for reports."""

from collections.abc import Iterable

import sqlalchemy as sa

from serving.erasure import MARK, ErasureSubject, ErasureTrail, any_of, may_be_of
from serving.jobs import changed_days
from serving.storage.tables import deflection_turns, deflections

_WHO = ("visitor", "account", "identity_id", "email", "secret_hash")  # without a hash no secret opens the session


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Erase questions, transcripts and what was answered."""
    trail.deflections |= _of_same_visitors(connection, trail) | _whose(connection, trail.whose)
    blank: dict[str, object] = {"question": MARK, "response": {}} | dict.fromkeys(_WHO)
    for some in any_of(deflections.c.id, trail.deflections):
        left = sa.and_(some, deflections.c.question != MARK)
        changed_days.note_sessions(connection, left)
        trail.counts["deflections"] += connection.execute(deflections.update().where(left).values(blank)).rowcount
    for some in any_of(deflection_turns.c.deflection_id, trail.deflections):
        left = sa.and_(some, deflection_turns.c.text != MARK)
        changed = connection.execute(deflection_turns.update().where(left).values(text=MARK)).rowcount
        trail.counts["deflection_turns"] += changed


def _whose(connection: sa.Connection, whose: ErasureSubject) -> set[str]:
    """Return sessions by who asked; a person also by a question that gives the address or id."""
    if whose.ticket is not None:
        return set(connection.scalars(sa.select(deflections.c.id).where(deflections.c.ticket_id == whose.ticket)))
    columns = (deflections.c.visitor, deflections.c.account, deflections.c.email, deflections.c.question)
    asked = sa.select(deflections.c.id, *columns)
    found = connection.execute(asked.where(sa.or_(*(may_be_of(whose, column) for column in columns)))).mappings()
    return {row["id"] for row in found if _is_theirs(row, whose)}


def _is_theirs(row: sa.RowMapping, whose: ErasureSubject) -> bool:
    said = whose.mention is not None and whose.mention.is_in(row["question"])
    return said or whose.is_person(row["visitor"]) or whose.owns(row["email"], row["account"])


def _of_same_visitors(connection: sa.Connection, trail: ErasureTrail) -> set[str]:
    """Return all sessions of the visitors who opened the person's tickets, if these are all their tickets.

    A page that gives everybody the same visitor id leads to nobody.
    """
    if trail.whose.person is None:
        return set()
    visitors = _values(connection, deflections.c.visitor, deflections.c.id, trail.deflections)
    with_tickets = deflections.c.visitor, deflections.c.ticket_id
    shared = {
        visitor
        for some in any_of(deflections.c.visitor, visitors)
        for visitor, ticket in connection.execute(sa.select(*with_tickets).where(some)).all()
        if ticket is not None and ticket not in trail.tickets
    }
    return _values(connection, deflections.c.id, deflections.c.visitor, visitors - shared)


def _values(connection: sa.Connection, wanted: sa.Column[str], known: sa.Column[str], among: Iterable[str]) -> set[str]:
    found = (connection.scalars(sa.select(wanted).where(some)) for some in any_of(known, among))
    return {value for values in found for value in values if value is not None}
