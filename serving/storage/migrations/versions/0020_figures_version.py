"""The version of a ticket's figures: the sum of a day tells whether one of its tickets has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; rows of before keep 0 until their ticket changes."""
    op.add_column("ticket_figures", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("ticket_figures", "version")
