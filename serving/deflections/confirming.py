"""Confirming an answer by what the customer writes next: thanks, or that it works now."""

from collections.abc import Sequence

import sqlalchemy as sa

from serving.deflections.announcing import announce_outcome
from serving.deflections.store import Deflection, DeflectionStore
from triage.tickets.events import Message


def confirm_last(store: DeflectionStore, earlier: Sequence[Deflection], said: Message) -> None:
    """Note that the newest of a visitor's sessions helped, where it is an answer and nothing else is known of it."""
    if not earlier:
        return
    last = earlier[0]
    if last.decision != "answer" or last.outcome is not None or last.ended is not None:
        return

    def announce(connection: sa.Connection, session: Deflection, news: bool) -> None:  # noqa: FBT001 (as the store calls it)
        if news:
            announce_outcome(connection, session, at=said.at)

    store.note_outcome(last.id, "confirmed", "confirmed", said, announce)
