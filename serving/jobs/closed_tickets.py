"""Note that what a closed ticket teaches has changed: a job looks at it, in the transaction of the change."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from serving.jobs import queue as jobs

REMEMBER: Final = "ticket.remember"
LANE: Final = "memory"


def note(connection: sa.Connection, ticket_id: str, version: object, at: datetime) -> None:
    """Enqueue a look at a ticket, once for each of its versions."""
    jobs.enqueue(
        connection,
        REMEMBER,
        subject=f"{LANE}:{ticket_id}",
        record={"ticket_id": ticket_id},
        at=at,
        unique=f"{REMEMBER} {ticket_id} {version}",
    )
