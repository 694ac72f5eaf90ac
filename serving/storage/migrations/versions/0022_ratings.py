"""Ratings of customers are facts of a ticket; nothing is to be added for them."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_RATED = "SELECT DISTINCT ticket_id FROM ticket_events WHERE type = 'ticket_rated' ORDER BY ticket_id"
_KEPT = "SELECT number FROM ticket_events WHERE ticket_id = :id AND type <> 'ticket_rated' ORDER BY number"


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Take the ratings away, which the code of before cannot read; its figures keep them."""
    connection = op.get_bind()
    for ticket_id in connection.scalars(sa.text(_RATED)).all():
        of = {"id": ticket_id}
        numbers = list(connection.scalars(sa.text(_KEPT), of))
        connection.execute(sa.text("DELETE FROM ticket_events WHERE ticket_id = :id AND type = 'ticket_rated'"), of)
        moved = sa.text("UPDATE ticket_events SET number = :new WHERE ticket_id = :id AND number = :old")
        for new, old in enumerate(numbers, 1):  # a version is the number of the facts
            if new != old:
                connection.execute(moved, {**of, "new": new, "old": old})
        for change in (
            "UPDATE tickets SET version = :version WHERE id = :id",
            "UPDATE ticket_figures SET version = :version WHERE ticket_id = :id",
        ):
            connection.execute(sa.text(change), {**of, "version": len(numbers)})
