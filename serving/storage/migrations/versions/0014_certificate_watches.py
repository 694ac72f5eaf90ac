"""Watches over certificates, and the tags that people check."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_INSTANT = sa.String(length=27)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "certificate_watches",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("certificate", sa.String(40), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("alpha", sa.Float(), nullable=False),
        sa.Column("delta", sa.Float(), nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.Column("unanswered", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("right_answers", sa.Integer(), nullable=False),
        sa.Column("wrong_answers", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Text(), nullable=False),
        sa.Column("corrected", sa.Text(), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("lapsed_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_watches")),
    )
    op.create_index(op.f("ix_certificate_watches_certificate"), "certificate_watches", ["certificate"])
    op.create_table(
        "audited_tags",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("watch_id", sa.String(40), nullable=False),
        sa.Column("certificate", sa.String(40), nullable=False),
        sa.Column("tagging_id", sa.String(40), nullable=True),
        sa.Column("ticket_id", sa.String(40), nullable=True),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("answer", sa.String(12), nullable=False),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("answered_label", sa.String(200), nullable=True),
        sa.Column("actor", sa.String(200), nullable=True),
        sa.ForeignKeyConstraint(["watch_id"], ["certificate_watches.id"], name=op.f("fk_audited_tags_watch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audited_tags")),
    )
    for name in ("tagging_id", "ticket_id"):
        op.create_index(op.f(f"ix_audited_tags_{name}"), "audited_tags", [name])
    op.create_index("ix_audited_tags_answer_id", "audited_tags", ["answer", "id"])
    op.create_index("ix_audited_tags_watch_id_answer", "audited_tags", ["watch_id", "answer"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("audited_tags")
    op.drop_table("certificate_watches")
