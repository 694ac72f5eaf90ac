"""Jobs, outbox events, and webhook endpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_INSTANT = sa.String(length=27)
_ID = sa.String(length=40)


def upgrade() -> None:
    """Add the tables."""
    _add_jobs()
    _add_webhooks()


def _add_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("lane", sa.String(length=60), nullable=False),
        sa.Column("unique_key", sa.String(length=200), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("run_at", _INSTANT, nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_jobs_id")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_jobs_unique_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_kind_state_run_at", "jobs", ["kind", "state", "run_at"])
    op.create_index("ix_jobs_subject_number", "jobs", ["subject", "number"])
    op.create_index("ix_jobs_lane_state", "jobs", ["lane", "state"])
    op.create_table(
        "outbox_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("fanned_out_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
        sa.UniqueConstraint("subject", "sequence", name=op.f("uq_outbox_events_subject_sequence")),
    )
    op.create_index(op.f("ix_outbox_events_at"), "outbox_events", ["at"])


def _add_webhooks() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=40), nullable=True),
        sa.Column("secret", sa.String(length=120), nullable=False),
        sa.Column("old_secret", sa.String(length=120), nullable=True),
        sa.Column("old_secret_until", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", _INSTANT, nullable=True),
        sa.Column("closed_until", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("endpoint_id", _ID, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoints.id"], op.f("fk_webhook_deliveries_endpoint_id")),
        sa.ForeignKeyConstraint(["event_id"], ["outbox_events.id"], op.f("fk_webhook_deliveries_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_endpoint_id_event_id")),
    )
    op.create_index("ix_webhook_deliveries_endpoint_id_id", "webhook_deliveries", ["endpoint_id", "id"])
    op.create_index(op.f("ix_webhook_deliveries_event_id"), "webhook_deliveries", ["event_id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["webhook_deliveries.id"], op.f("fk_webhook_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_webhook_attempts_delivery_id"), "webhook_attempts", ["delivery_id"])


def downgrade() -> None:
    """Drop them: what was not delivered is not delivered."""
    for table in ("webhook_attempts", "webhook_deliveries", "webhook_endpoints", "outbox_events", "jobs"):
        op.drop_table(table)
