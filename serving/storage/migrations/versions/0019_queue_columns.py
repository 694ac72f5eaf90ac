"""What the queue shows and searches of a ticket, in its row: subject, address, category and how it was set."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_SUBJECT, _EMAIL, _CATEGORY, _MODE = 200, 320, 200, 16


def upgrade() -> None:
    """Add the columns, and fill them from the facts."""
    op.add_column("tickets", sa.Column("subject", sa.String(_SUBJECT), nullable=True))
    op.add_column("tickets", sa.Column("email", sa.String(_EMAIL), nullable=True))
    op.add_column("tickets", sa.Column("category", sa.String(_CATEGORY), nullable=True))
    op.add_column("tickets", sa.Column("category_mode", sa.String(_MODE), nullable=True))
    _fill(op.get_bind())


def downgrade() -> None:
    """Drop them."""
    for name in ("category_mode", "category", "email", "subject"):
        op.drop_column("tickets", name)


def _fill(connection: sa.Connection) -> None:
    of_type = sa.text("SELECT ticket_id, record FROM ticket_events WHERE type = :type ORDER BY ticket_id, number")
    opened = sa.text("UPDATE tickets SET subject = :subject, email = :email WHERE id = :id")
    for ticket_id, written in connection.execute(of_type, {"type": "ticket_opened"}).all():
        record = json.loads(written)
        row = {"subject": _cut(record.get("subject"), _SUBJECT), "email": _cut(record.get("email"), _EMAIL)}
        connection.execute(opened, {"id": ticket_id, **row})
    tagged = sa.text("UPDATE tickets SET category = :label, category_mode = :mode WHERE id = :id")
    for ticket_id, written in connection.execute(of_type, {"type": "ticket_tagged"}).all():
        tag = json.loads(written).get("tags", {}).get("category")
        if tag is not None:
            row = {"label": _cut(tag.get("label"), _CATEGORY), "mode": _cut(tag.get("mode"), _MODE)}
            connection.execute(tagged, {"id": ticket_id, **row})


def _cut(value: Any, most: int) -> str | None:  # noqa: ANN401 (whatever JSON holds)
    return " ".join(value.replace("\0", "").split())[:most] if isinstance(value, str) else None
