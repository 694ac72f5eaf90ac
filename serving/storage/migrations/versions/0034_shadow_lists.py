"""What a shadow says of heads with several labels a ticket, beside the model that answered."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_COLUMNS = ("labels", "applied", "shadow_labels", "shadow_applied")


def upgrade() -> None:
    """Add columns for lists of labels; earlier comparisons have none."""
    for name in _COLUMNS:
        op.add_column("shadow_tags", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in _COLUMNS:
        op.drop_column("shadow_tags", name)
