"""Brand and region of a tagging: a correction places the ticket anew by them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; what was tagged before belongs to no brand and no region."""
    for name in ("brand", "region"):
        op.add_column("taggings", sa.Column(name, sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    for name in ("region", "brand"):
        op.drop_column("taggings", name)
