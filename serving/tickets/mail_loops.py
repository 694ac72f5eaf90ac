"""End a loop of machines that answer each other by opening one new ticket after the other."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from serving.storage.ids import first_id
from serving.storage.tables import ticket_events, tickets
from serving.tickets import store
from triage.tickets.ticket import Status, Ticket

#: So many mails alike, opened within `WINDOW`, make a loop; it lasts until none has come for so long.
LOOP_FROM: Final = 3
WINDOW: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(days=1)  # behind the first mail of a loop
_LOOKED_AT: Final = 1_000  # of the newest mails
_COMPARED: Final = 2_000  # characters
_NUMBER: Final = re.compile(r"\d+")
_PREFIX: Final = re.compile(r"^(?:(?:re|aw|fwd?|wg|sv|tr|rv|r|antw)\s?:\s*)+", re.IGNORECASE)


def first_of_loop(connection: sa.Connection, new: Ticket, at: datetime) -> Ticket | None:
    """Return the ticket that a mail of a loop belongs to: the first that is not closed; None for any other ticket.

    Mails are alike that have the same sender and subject, and either the same words or a machine that wrote both;
    numbers do not count, as machines count up.
    """
    if new.email is None or new.channel != "email":
        return None
    found = list(store.load_all(connection, _of_sender(connection, new.email, at)))
    alike = [ticket for ticket in found if _is_like(ticket, new)]
    if len(alike) < LOOP_FROM or alike[-1].created_at - alike[-LOOP_FROM].created_at > WINDOW:
        return None
    if max(ticket.events[-1].at for ticket in alike) < at - WINDOW:
        return None
    return next((ticket for ticket in alike if ticket.status is not Status.CLOSED), None)


def _of_sender(connection: sa.Connection, email: str, at: datetime) -> Sequence[str]:
    newest = (
        sa.select(tickets.c.id)
        .where(tickets.c.id >= first_id("tkt", at - _LONGEST), tickets.c.channel == "email")
        .order_by(tickets.c.id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    record = sa.type_coerce(ticket_events.c.record, sa.Text)
    asked = (
        sa.select(ticket_events.c.ticket_id)
        .join(newest, newest.c.id == ticket_events.c.ticket_id)
        .where(ticket_events.c.number == 1, record.contains(email, autoescape=True))
    )
    return list(connection.scalars(asked.order_by(ticket_events.c.ticket_id.desc()).limit(50)))


def _is_like(ticket: Ticket, new: Ticket) -> bool:
    if ticket.email != new.email or _plain(ticket.subject) != _plain(new.subject):
        return False
    return (ticket.automatic and new.automatic) or _plain(ticket.description) == _plain(new.description)


def _plain(text: str) -> str:
    words = " ".join(text[:_COMPARED].lower().split())
    return _NUMBER.sub("0", _PREFIX.sub("", words))
