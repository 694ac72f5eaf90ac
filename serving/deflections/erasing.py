"""Erase a visitor's texts from sessions; the session and its outcome stay for reports."""

import sqlalchemy as sa

from serving.erasure import MARK, ErasureSubject, ErasureTrail, any_of
from serving.storage.tables import deflection_turns, deflections

_WHO = ("visitor", "account", "identity_id", "email", "secret_hash")  # without a hash no secret opens the session


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Erase questions, transcripts and what was answered."""
    trail.deflections |= set(connection.scalars(sa.select(deflections.c.id).where(_of(trail.whose))))
    blank: dict[str, object] = {"question": MARK, "response": {}} | dict.fromkeys(_WHO)
    for some in any_of(deflections.c.id, trail.deflections):
        left = sa.and_(some, deflections.c.question != MARK)
        trail.counts["deflections"] += connection.execute(deflections.update().where(left).values(blank)).rowcount
    for some in any_of(deflection_turns.c.deflection_id, trail.deflections):
        left = sa.and_(some, deflection_turns.c.text != MARK)
        connection.execute(deflection_turns.update().where(left).values(text=MARK))


def _of(whose: ErasureSubject) -> sa.ColumnElement[bool]:
    """Ask for sessions by who asked; an e-mail address also by a question that gives it."""
    if whose.account is not None:
        return deflections.c.account == whose.account
    if whose.email is not None:
        address = whose.email.lower()
        asked = sa.func.lower(deflections.c.question).contains(address, autoescape=True)
        signed = sa.func.lower(deflections.c.email) == address
        return sa.or_(sa.func.lower(deflections.c.visitor) == address, signed, asked)
    return deflections.c.ticket_id == whose.ticket
