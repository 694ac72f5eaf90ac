"""The API key by which tags were corrected, articles written and outcomes given; unknown for what happened before."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

COLUMNS = {"tag_corrections": "key_id", "articles": "key_id", "deflections": "outcome_key_id"}


def upgrade() -> None:
    """Add the columns."""
    for table, name in COLUMNS.items():
        op.add_column(table, sa.Column(name, sa.String(length=40), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    for table, name in COLUMNS.items():
        op.drop_column(table, name)
