"""What a shadow said of tickets, and the runs of canaries."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "shadow_tags",
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("shadow", sa.String(80), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("label", sa.String(200)),
        sa.Column("confidence", sa.Float()),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("shadow_label", sa.String(200)),
        sa.Column("shadow_confidence", sa.Float()),
        sa.Column("shadow_mode", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("subject", "shadow", "head", name=op.f("pk_shadow_tags")),
    )
    op.create_index(op.f("ix_shadow_tags_at"), "shadow_tags", ["at"])
    op.create_index(op.f("ix_shadow_tags_shadow_model_at"), "shadow_tags", ["shadow", "model", "at"])
    op.create_table(
        "canary_runs",
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("current", sa.String(80), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("began_at", sa.String(27), nullable=False),
        sa.Column("reverted_at", sa.String(27)),
        sa.Column("reason", sa.String(20)),
        sa.Column("explanation", sa.String(500)),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_canary_runs")),
    )
    op.create_index(op.f("ix_canary_runs_began_at"), "canary_runs", ["began_at"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("canary_runs")
    op.drop_table("shadow_tags")
