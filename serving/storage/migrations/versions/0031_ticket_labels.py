"""The labels of every head in the row of a ticket, so that lists filter by them."""

import json
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
_BATCH = 500


def upgrade() -> None:
    """Add the column, and fill it from the events of the tickets that there are."""
    op.add_column("tickets", sa.Column("labels", sa.Text(), nullable=True))
    connection, last = op.get_bind(), ""
    asked = sa.text("SELECT id FROM tickets WHERE id > :last ORDER BY id LIMIT :batch")
    while ids := list(connection.scalars(asked, {"last": last, "batch": _BATCH})):
        last = ids[-1]
        events = sa.text(
            "SELECT ticket_id, record FROM ticket_events WHERE ticket_id >= :first AND ticket_id <= :last"
            " AND type IN ('ticket_tagged', 'ticket_retriaged') ORDER BY ticket_id, number"
        )
        found = connection.execute(events, {"first": ids[0], "last": last}).all()
        rows = [{"id": name, "labels": _labels(own)} for name, own in groupby(found, key=lambda row: row.ticket_id)]
        if rows:
            connection.execute(sa.text("UPDATE tickets SET labels = :labels WHERE id = :id"), rows)


def downgrade() -> None:
    """Drop it, and take lists of labels out of tickets' tags, which the code of before cannot read."""
    op.drop_column("tickets", "labels")
    connection = op.get_bind()
    asked = sa.text("SELECT ticket_id, number, record FROM ticket_events WHERE type = 'ticket_tagged'")
    changed = sa.text("UPDATE ticket_events SET record = :record WHERE ticket_id = :ticket_id AND number = :number")
    for row in connection.execute(asked).all():
        record = json.loads(row.record)
        lists = [tag for tag in record["tags"].values() if tag.pop("labels", None) is not None]
        if lists:
            written = {"record": json.dumps(record, ensure_ascii=False), "ticket_id": row.ticket_id}
            connection.execute(changed, written | {"number": row.number})


def _labels(events: object) -> str | None:
    tags: dict[str, str | None] = {}
    for row in events:  # type: ignore[attr-defined]
        record = json.loads(row.record) if isinstance(row.record, str) else row.record
        tags |= {head: tag.get("label") for head, tag in record.get("tags", {}).items()}
    lines = [f"{head}={' '.join(label.split())}" for head, label in sorted(tags.items()) if label]
    return "\n" + "\n".join(lines) + "\n" if lines else None
