"""Who asked in a session, and the hash of its secret; older sessions have none and open to secret keys only."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = {"key_id": 40, "origin": 320, "secret_hash": 64, "identity_id": 200, "email": 320}


def upgrade() -> None:
    """Add the columns."""
    for name, length in COLUMNS.items():
        op.add_column("deflections", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    for name in reversed(COLUMNS):
        op.drop_column("deflections", name)
