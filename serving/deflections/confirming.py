"""Confirm an answer by what the customer writes next: thanks, or that it works now."""

from collections.abc import Sequence

import sqlalchemy as sa

from serving.deflections import store as sessions
from serving.deflections.announcing import announce_outcome
from serving.deflections.store import Deflection
from triage.tickets.events import Message


def confirm_last(connection: sa.Connection, earlier: Sequence[Deflection], said: Message, *, key_id: str) -> None:
    """Note that the newest of a visitor's sessions helped, if it is an answer without an outcome."""
    if not earlier:
        return
    last = earlier[0]
    if last.decision != "answer" or last.outcome is not None or last.ended is not None:
        return
    session, changed = sessions.note_outcome(connection, last.id, "confirmed", "confirmed", said, key_id=key_id)
    if changed:
        announce_outcome(connection, session, at=said.at)
