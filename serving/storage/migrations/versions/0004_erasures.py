"""Erasures of customers, and tombstones of erased tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "tombstones",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("erasure_id", sa.String(length=40), nullable=False),
        sa.Column("vectors", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasures.id"], name=op.f("fk_tombstones_erasure_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_tombstones")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tombstones_id"), "tombstones", ["id"], unique=False)


def downgrade() -> None:
    """Drop them: what was erased stays erased, but a refit cannot prove it any more."""
    op.drop_index(op.f("ix_tombstones_id"), "tombstones")
    op.drop_table("tombstones")
    op.drop_table("erasures")
