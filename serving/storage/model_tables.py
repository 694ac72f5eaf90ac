"""Tables of what models are compared by; the others are in `serving.storage.tables`."""

import sqlalchemy as sa

from serving.storage.column_types import Instant
from serving.storage.tables import metadata

shadow_tags = sa.Table(  # what the shadow said of a ticket beside the model that answered, head by head
    "shadow_tags",
    metadata,
    sa.Column("subject", sa.String(40), primary_key=True),  # a tagging or a ticket
    sa.Column("shadow", sa.String(80), primary_key=True),
    sa.Column("head", sa.String(64), primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("label", sa.String(200)),
    sa.Column("confidence", sa.Float),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("shadow_label", sa.String(200)),
    sa.Column("shadow_confidence", sa.Float),
    sa.Column("shadow_mode", sa.String(16), nullable=False),
    sa.Index("ix_shadow_tags_shadow_model_at", "shadow", "model", "at"),
)

canary_runs = sa.Table(  # a start of a canary, and why it went back; whoever ends it does so once
    "canary_runs",
    metadata,
    sa.Column("run", sa.String(40), primary_key=True),
    sa.Column("version", sa.String(80), nullable=False),
    sa.Column("current", sa.String(80), nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("began_at", Instant, nullable=False, index=True),
    sa.Column("reverted_at", Instant),
    sa.Column("reason", sa.String(20)),  # corrected | failed | refused | slow
    sa.Column("explanation", sa.String(500)),
)
