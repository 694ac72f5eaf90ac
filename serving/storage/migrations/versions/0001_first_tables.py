"""First tables: tickets with their events, idempotency receipts, taggings, deflections and articles."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _create_article_seeds()
    _create_articles()
    _create_deflections()
    _create_receipts()
    _create_taggings()
    _create_tickets()
    _create_deflection_turns()
    _create_tag_corrections()
    _create_ticket_events()


def downgrade() -> None:
    """Drop the tables, and with them what they hold."""
    for table in (
        "ticket_events",
        "tag_corrections",
        "deflection_turns",
        "tickets",
        "taggings",
        "receipts",
        "deflections",
        "articles",
        "article_seeds",
    ):
        op.drop_table(table)


def _create_article_seeds() -> None:
    op.create_table(
        "article_seeds",
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_article_seeds")),
    )


def _create_articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("section", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("product_area", sa.String(length=64), nullable=True),
        sa.Column("updated_at", sa.String(length=40), nullable=True),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("requires_human", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index(op.f("ix_articles_revision"), "articles", ["revision"], unique=False)


def _create_deflections() -> None:
    op.create_table(
        "deflections",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("visitor", sa.String(length=200), nullable=True),
        sa.Column("account", sa.String(length=200), nullable=True),
        sa.Column("plan", sa.String(length=64), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("articles_version", sa.String(length=80), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("outcome_at", sa.String(length=27), nullable=True),
        sa.Column("ended", sa.String(length=16), nullable=True),
        sa.Column("ticket_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deflections")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_deflections_ticket_id")),
    )
    op.create_index(op.f("ix_deflections_created_at"), "deflections", ["created_at"], unique=False)


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_expires_at"), "receipts", ["expires_at"], unique=False)


def _create_taggings() -> None:
    op.create_table(
        "taggings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("plan", sa.String(length=64), nullable=True),
        sa.Column("account", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("filed_at", sa.String(length=27), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("tier", sa.String(length=8), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("taxonomy", sa.String(length=80), nullable=True),
        sa.Column("ticket_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taggings")),
    )
    op.create_index(op.f("ix_taggings_created_at"), "taggings", ["created_at"], unique=False)
    op.create_index(op.f("ix_taggings_external_id"), "taggings", ["external_id"], unique=False)


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=True),
        sa.Column("account", sa.String(length=200), nullable=True),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("tier", sa.String(length=8), nullable=True),
        sa.Column("assignee", sa.String(length=200), nullable=True),
        sa.Column("deflection_id", sa.String(length=40), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("updated_at", sa.String(length=27), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("first_response_by", sa.String(length=27), nullable=True),
        sa.Column("resolution_by", sa.String(length=27), nullable=True),
        sa.Column("due_by", sa.String(length=27), nullable=True),
        sa.Column("breach_by", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("deflection_id", name=op.f("uq_tickets_deflection_id")),
    )
    op.create_index(op.f("ix_tickets_account"), "tickets", ["account"], unique=False)
    op.create_index(op.f("ix_tickets_breach_by"), "tickets", ["breach_by"], unique=False)
    op.create_index(op.f("ix_tickets_closed_at"), "tickets", ["closed_at"], unique=False)
    op.create_index(op.f("ix_tickets_due_by"), "tickets", ["due_by"], unique=False)
    op.create_index(op.f("ix_tickets_external_id"), "tickets", ["external_id"], unique=False)
    op.create_index("ix_tickets_status_id", "tickets", ["status", "id"], unique=False)


def _create_deflection_turns() -> None:
    op.create_table(
        "deflection_turns",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("deflection_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deflection_id"], ["deflections.id"], name=op.f("fk_deflection_turns_deflection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deflection_turns")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deflection_turns_deflection_id"), "deflection_turns", ["deflection_id"], unique=False)


def _create_tag_corrections() -> None:
    op.create_table(
        "tag_corrections",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("tagging_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("was", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["tagging_id"], ["taggings.id"], name=op.f("fk_tag_corrections_tagging_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_corrections")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tag_corrections_tagging_id"), "tag_corrections", ["tagging_id"], unique=False)


def _create_ticket_events() -> None:
    op.create_table(
        "ticket_events",
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_events_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_events")),
    )
