"""A customer's later message has the ticket tagged anew: a job, enqueued in the transaction of the message."""

from typing import Final

import sqlalchemy as sa

from serving.jobs import queue
from triage.tickets.tag_rules import is_message, may_change
from triage.tickets.ticket import Status, Ticket

RETRIAGE: Final = "ticket.retriage"


def note_message(connection: sa.Connection, before: Ticket, after: Ticket) -> None:
    """Enqueue the job where there is a new message that somebody has to read, and a label that may change."""
    fresh = after.events[before.version :]
    if after.status is Status.CLOSED or not any(map(is_message, fresh)) or not may_change(after.events):
        return
    queue.enqueue(
        connection,
        RETRIAGE,
        subject=f"{RETRIAGE}:{after.id}",
        record={"ticket_id": after.id},
        at=after.events[-1].at,
        unique=f"{RETRIAGE} {after.id} {after.version}",
    )
