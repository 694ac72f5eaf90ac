"""Tables of what is known of served models: certificates, checked tags, canary, recent tickets, golden questions."""

import sqlalchemy as sa

from serving.storage.column_types import Instant, Json
from serving.storage.tables import metadata

certificate_watches = sa.Table(  # what people's answers say of a certificate; one row each, however many answers
    "certificate_watches",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # the certificate's, as it was before any change of the taxonomy
    sa.Column("certificate", sa.String(40), nullable=False, index=True),  # its id now
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("alpha", sa.Float, nullable=False),
    sa.Column("delta", sa.Float, nullable=False),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("sums", Json, nullable=False),  # the log of the capital, by week and rate
    sa.Column("unanswered", Json, nullable=False),  # what the unanswered tags would add if they were right
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("right_answers", sa.Integer, nullable=False),
    sa.Column("wrong_answers", sa.Integer, nullable=False),
    sa.Column("applied", Json, nullable=False),  # tags that were applied, by week
    sa.Column("corrected", Json, nullable=False),  # those of them that agents corrected, by week
    sa.Column("ended_at", Instant),  # when the answers refuted it
    sa.Column("lapsed_at", Instant),  # when it was said that it is too old
)

audited_tags = sa.Table(  # labels that would have been applied and were put to a person
    "audited_tags",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("watch_id", sa.ForeignKey("certificate_watches.id"), nullable=False),
    sa.Column("certificate", sa.String(40), nullable=False),  # its id then
    sa.Column("tagging_id", sa.String(40), index=True),
    sa.Column("ticket_id", sa.String(40), index=True),
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),  # with which it was put to a person
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("answer", sa.String(12), nullable=False),  # open | right | wrong | unconfirmed
    sa.Column("answered_at", Instant),
    sa.Column("answered_label", sa.String(200)),
    sa.Column("actor", sa.String(200)),
    sa.Index("ix_audited_tags_answer_id", "answer", "id"),
    sa.Index("ix_audited_tags_watch_id_answer", "watch_id", "answer"),
)

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
    sa.Column("labels", sa.Text),  # of a multi head: a JSON list in alphabetical order
    sa.Column("applied", sa.Text),  # those of them that are applied by themselves
    sa.Column("shadow_labels", sa.Text),
    sa.Column("shadow_applied", sa.Text),
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

golden_questions = sa.Table(  # questions.toml as it applies: one row
    "golden_questions",
    metadata,
    sa.Column("id", sa.String(8), primary_key=True),  # desk
    sa.Column("toml", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # grows with each change; the ETag
    sa.Column("origin", sa.String(8), nullable=False),  # desk | index | sample
    sa.Column("taken_over", sa.String(64)),  # SHA-256 of the last file that came with an index
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("key_id", sa.String(40)),
)

eval_runs = sa.Table(  # all golden questions asked once, of one state of articles, model and questions
    "eval_runs",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.String(64), nullable=False),  # a digest of what the answers depend on
    sa.Column("version", sa.Integer, nullable=False),  # of the questions
    sa.Column("articles_version", sa.String(80), nullable=False),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("passed", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("results", Json, nullable=False),  # by question: what came, and why
)

recent_tickets = sa.Table(  # what tickets teach that were closed since the bundle was made: numbers and ids, no text
    "recent_tickets",
    metadata,
    sa.Column("ticket_id", sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("encoder", sa.String(64), primary_key=True),  # the fingerprint of what made the vector
    sa.Column("change", sa.Integer, nullable=False, unique=True),  # grows with each change of any row
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),  # the ticket
    sa.Column("closed_at", Instant, nullable=False, index=True),  # when it was resolved or closed
    # float16, little-endian, and behind it the vector by the bundle's second encoder; NULL: it teaches no longer
    sa.Column("vector", sa.LargeBinary),
    sa.Column("bundle", sa.String(80), nullable=False),  # whose lexicon weighed the words
    sa.Column("words", sa.LargeBinary),  # columns (int32) and weights (float16), one after the other
    sa.Column("links", Json, nullable=False),  # articles that solved it, and how far each link is believed
    sa.Column("reads_like", Json, nullable=False),  # articles that its resolution reads like, and their shares
)
