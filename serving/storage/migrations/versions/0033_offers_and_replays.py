"""Which sessions were offered an article, and replays that somebody asked for over HTTP."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_REPORTED = "ix_deflections_reported"
_READ = (
    *("created_at", "eligible", "decision", "outcome", "ended", "ticket_id", "channel", "locale", "visitor"),
    *("origin", "account", "brand"),
)
_OFFERED = "decision = 'clarify' AND reason LIKE '%which part of it is not sure.'"
"""How older sessions say it."""


def upgrade() -> None:
    """Add column and table, and note the days whose kept counts take an offered article for a plain question back."""
    op.drop_index(_REPORTED, "deflections")
    op.add_column("deflections", sa.Column("article_offered", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(_REPORTED, "deflections", [*_READ, "article_offered"])
    connection = op.get_bind()
    connection.execute(sa.text(f"UPDATE deflections SET article_offered = true WHERE {_OFFERED}"))  # noqa: S608
    connection.execute(
        sa.text(
            "INSERT INTO changed_days (day, what) SELECT DISTINCT substr(created_at, 1, 10), 'sessions'"
            " FROM deflections WHERE article_offered"
        )
    )
    # Closed after a reopening and not resolved again: the figures are made anew, without a resolution.
    connection.execute(
        sa.text(
            "UPDATE ticket_figures SET target = NULL WHERE reopens > 0"
            " AND ticket_id IN (SELECT id FROM tickets WHERE status = 'closed')"
        )
    )
    op.create_table(
        "replays",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("problem", sa.String(500), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("key_id", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("replays")
    op.drop_index(_REPORTED, "deflections")
    op.drop_column("deflections", "article_offered")
    op.create_index(_REPORTED, "deflections", list(_READ))
