"""What a shadow says of heads with several labels a ticket, beside the model that answered."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_COLUMNS = ("labels", "applied", "shadow_labels", "shadow_applied")
# Only a list is shown without a label: of a head with one label a ticket, such a row is withheld ("abstain").
_HEADS_OF_LISTS = """
    SELECT head FROM shadow_tags
    WHERE label IS NULL AND mode IN ('auto', 'suggest') OR shadow_label IS NULL AND shadow_mode IN ('auto', 'suggest')
"""


def upgrade() -> None:
    """Add columns for lists of labels; earlier comparisons of lists go, as all of them would count as agreement."""
    op.execute(f"DELETE FROM shadow_tags WHERE head IN ({_HEADS_OF_LISTS})")  # noqa: S608 (of constants)
    for name in _COLUMNS:
        op.add_column("shadow_tags", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in _COLUMNS:
        op.drop_column("shadow_tags", name)
