"""Deadline notices: at-risk times, notices given once, incidents, and account alerts.

Old tickets get `warn_by` at their creation, so that the first round of the watch looks at each that still runs and
brings its row up to date.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.storage.instants import from_text, to_text

revision = "0002"
down_revision = "0001"

_INSTANTS = ("at_risk_from", "warn_by", "escalate_by")
_UNKNOWN_BEFORE = (
    "sla_warned",
    "escalation_due",
    "handling_chosen",
    "csm_alerted",
    "ticket_moved",
    "incident_joined",
    "incident_left",
    "customer_changed",
)
_FIELDS_UNKNOWN_BEFORE = {"ticket_escalated": ("marks",), "ticket_opened": ("brand", "region")}


def upgrade() -> None:
    """Add columns and tables, and fill them from the facts."""
    op.add_column("tickets", sa.Column("priority", sa.String(length=8), nullable=True))
    op.add_column("tickets", sa.Column("incident_id", sa.String(length=40), nullable=True))
    for name in _INSTANTS:
        op.add_column("tickets", sa.Column(name, sa.String(length=27), nullable=True))
    for name in ("incident_id", *_INSTANTS):
        op.create_index(op.f(f"ix_tickets_{name}"), "tickets", [name], unique=False)
    _create_ticket_notices()
    _create_account_alerts()
    _fill(op.get_bind())


def downgrade() -> None:
    """Drop them, and the facts that the code of before cannot read."""
    _forget(op.get_bind())
    op.drop_table("account_alerts")
    op.drop_table("ticket_notices")
    for name in ("incident_id", *_INSTANTS):
        op.drop_index(op.f(f"ix_tickets_{name}"), "tickets")
    for name in ("priority", "incident_id", *_INSTANTS):
        op.drop_column("tickets", name)


def _create_ticket_notices() -> None:
    op.create_table(
        "ticket_notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("due_by", sa.String(length=27), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("credit_percent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_notices_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_notices")),
        sa.UniqueConstraint(
            "ticket_id",
            "what",
            "source",
            "kind",
            "due_by",
            name=op.f("uq_ticket_notices_ticket_id_what_source_kind_due_by"),
        ),
        sqlite_autoincrement=True,
    )


def _create_account_alerts() -> None:
    op.create_table(
        "account_alerts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("since", sa.String(length=27), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("csm", sa.String(length=64), nullable=False),
        sa.Column("tickets", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_alerts")),
        sa.UniqueConstraint("account", "since", name=op.f("uq_account_alerts_account_since")),
        sqlite_autoincrement=True,
    )


def _fill(connection: sa.Connection) -> None:
    connection.execute(sa.text("UPDATE tickets SET warn_by = created_at WHERE status <> 'closed'"))
    changed = sa.text("UPDATE tickets SET priority = :priority WHERE id = :id")
    tagged = "SELECT ticket_id, record FROM ticket_events WHERE type = 'ticket_tagged' ORDER BY ticket_id, number"
    for ticket_id, record in connection.execute(sa.text(tagged)).all():
        tag = json.loads(record)["tags"].get("priority")
        if tag is not None:
            connection.execute(changed, {"id": ticket_id, "priority": tag["label"]})
    told = sa.text(
        "INSERT INTO ticket_notices (ticket_id, what, source, kind, due_by, at, credit_percent)"
        " VALUES (:ticket_id, 'breached', :source, :kind, :due_by, :at, :credit_percent) ON CONFLICT DO NOTHING"
    )
    breaches = "SELECT ticket_id, record, at FROM ticket_events WHERE type = 'sla_breached' ORDER BY at"
    for ticket_id, written, at in connection.execute(sa.text(breaches)).all():
        record = json.loads(written)
        names = ("source", "kind", "due_by", "credit_percent")
        due_by = _sortable(record["due_by"])
        connection.execute(
            told, {**{name: record[name] for name in names}, "ticket_id": ticket_id, "at": at, "due_by": due_by}
        )


def _sortable(instant: str) -> str:
    """Write an instant of a fact in the form of the columns."""
    return to_text(from_text(instant))


def _forget(connection: sa.Connection) -> None:
    """Take away what 0001 cannot read; the facts that stay are counted anew, because a version is their number."""
    for ticket_id, facts in _told(connection):
        kept = [fact for fact in facts if fact["type"] not in _UNKNOWN_BEFORE]
        connection.execute(sa.text("DELETE FROM ticket_events WHERE ticket_id = :id"), {"id": ticket_id})
        for number, fact in enumerate(kept, 1):
            strange = _FIELDS_UNKNOWN_BEFORE.get(fact["type"], ())
            record = {name: value for name, value in json.loads(fact["record"]).items() if name not in strange}
            connection.execute(
                sa.text("INSERT INTO ticket_events VALUES (:ticket_id, :number, :type, :at, :record)"),
                {**fact, "number": number, "record": json.dumps(record, ensure_ascii=False)},
            )
        connection.execute(
            sa.text("UPDATE tickets SET version = :version WHERE id = :id"), {"id": ticket_id, "version": len(kept)}
        )


def _told(connection: sa.Connection) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    asked = sa.text("SELECT ticket_id, number, type, at, record FROM ticket_events ORDER BY ticket_id, number")
    rows = [dict(row) for row in connection.execute(asked).mappings()]
    for ticket_id, facts in groupby(rows, key=lambda row: row["ticket_id"]):
        yield ticket_id, list(facts)
