"""Reason codes of tags: codes of earlier tags are told from the rest of them, so that nothing is rewritten."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change nothing: a tag without a code is read as it is."""


def downgrade() -> None:
    """Take the codes out of tickets' tags, which the code of before cannot read."""
    connection = op.get_bind()
    asked = sa.text("SELECT ticket_id, number, record FROM ticket_events WHERE type = 'ticket_tagged'")
    changed = sa.text("UPDATE ticket_events SET record = :record WHERE ticket_id = :ticket_id AND number = :number")
    for row in connection.execute(asked).all():
        record = json.loads(row.record)
        for tag in record["tags"].values():
            tag.pop("reason_code", None)
        written = {"record": json.dumps(record, ensure_ascii=False), "ticket_id": row.ticket_id, "number": row.number}
        connection.execute(changed, written)
