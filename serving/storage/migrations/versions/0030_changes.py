"""Changes of articles, golden questions and policies, and of keys, with who, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
_OF_KEYS = ("created_by", "created_because", "revoked_by", "revoked_because")


def upgrade() -> None:
    """Add the table, and the columns of keys."""
    op.create_table(
        "changes",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=True),
        sa.Column("because", sa.String(500), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_at"), "changes", ["at"])
    op.create_index("ix_changes_kind_subject_id", "changes", ["kind", "subject", "id"])
    for name in _OF_KEYS:
        op.add_column("keys", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in _OF_KEYS:
        op.drop_column("keys", name)
    op.drop_table("changes")
