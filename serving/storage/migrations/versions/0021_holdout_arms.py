"""The arm of each session in the holdout's experiment, and the share that was set when it was drawn."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the table; sessions of before are in no experiment."""
    op.create_table(
        "session_arms",
        sa.Column("deflection_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("arm", sa.String(length=8), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deflection_id"], ["deflections.id"], name=op.f("fk_session_arms_deflection_id_deflections")
        ),
        sa.PrimaryKeyConstraint("deflection_id", name=op.f("pk_session_arms")),
    )
    op.create_index("ix_session_arms_created_at", "session_arms", ["created_at"])
    op.create_index("ix_session_arms_share_created_at", "session_arms", ["share", "created_at"])


def downgrade() -> None:
    """Drop it; which sessions were held out their decision still says."""
    op.drop_table("session_arms")
