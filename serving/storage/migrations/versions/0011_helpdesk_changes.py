"""What happens at a helpdesk comes back: which links are stale, and what of their threads is known."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INSTANT = sa.String(length=27)


def upgrade() -> None:
    """Add the columns; no thread was read yet."""
    op.add_column("helpdesk_links", sa.Column("stale_at", _INSTANT, nullable=True))
    op.add_column("helpdesk_links", sa.Column("read_at", _INSTANT, nullable=True))
    op.add_column("helpdesk_links", sa.Column("thread", sa.Text(), nullable=True))
    op.create_index("ix_helpdesk_links_stale_at", "helpdesk_links", ["stale_at"])
    op.add_column("helpdesk_marks", sa.Column("unreachable_since", _INSTANT, nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("helpdesk_marks", "unreachable_since")
    op.drop_index("ix_helpdesk_links_stale_at", "helpdesk_links")
    for name in ("thread", "read_at", "stale_at"):
        op.drop_column("helpdesk_links", name)
