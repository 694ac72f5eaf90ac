"""What customers are told of an incident: the words of the person who confirmed it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("incident_proposals", sa.Column("public_message", sa.Text(), nullable=True))
    op.add_column("incident_proposals", sa.Column("public_title", sa.String(200), nullable=True))
    op.add_column("incident_proposals", sa.Column("public_terms", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("public_terms", "public_title", "public_message"):
        op.drop_column("incident_proposals", name)
