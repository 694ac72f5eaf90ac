"""Tables of jobs, outbox, webhooks, rate limits, console sessions, arms, reports, surges, seeds; see also `tables`."""

import sqlalchemy as sa

from serving.storage.column_types import Instant, Json
from serving.storage.tables import metadata

jobs = sa.Table(  # what is still to be done; a job that is done has no row
    "jobs",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),  # the order within a subject
    sa.Column("id", sa.String(40), nullable=False, unique=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("lane", sa.String(60), nullable=False),  # the subject up to its colon: what may occupy few threads only
    sa.Column("unique_key", sa.String(200), unique=True),
    sa.Column("record", Json, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # waiting | running | dead
    sa.Column("ordered", sa.Boolean, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("token", sa.Integer, nullable=False),  # grows with each lease: the fence
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("run_at", Instant, nullable=False),  # of one that runs: when its lease ends
    sa.Column("fault", sa.String(200)),
    sa.Index("ix_jobs_kind_state_run_at", "kind", "state", "run_at"),
    sa.Index("ix_jobs_subject_number", "subject", "number"),
    sa.Index("ix_jobs_lane_state", "lane", "state"),
    sqlite_autoincrement=True,
)

outbox_events = sa.Table(
    "outbox_events",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("type", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(60), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),  # 1, 2, … within the subject
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("data", Json, nullable=False),
    sa.Column("fanned_out_at", Instant),
    sa.UniqueConstraint("subject", "sequence"),
)

webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", Json, nullable=False),  # of events; empty: all
    sa.Column("description", sa.String(500), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", sa.String(40)),
    sa.Column("secret", sa.String(120), nullable=False),  # as it is: what signs cannot be a hash
    sa.Column("old_secret", sa.String(120)),
    sa.Column("old_secret_until", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("failing_since", Instant),
    sa.Column("closed_until", Instant),  # the breaker: nothing is sent before
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("endpoint_id", sa.ForeignKey("webhook_endpoints.id"), nullable=False),
    sa.Column("event_id", sa.ForeignKey("outbox_events.id"), nullable=False, index=True),
    sa.Column("state", sa.String(12), nullable=False),  # waiting | delivered | failed | cancelled
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
    sa.UniqueConstraint("endpoint_id", "event_id"),
    sa.Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
)

webhook_attempts = sa.Table(
    "webhook_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("delivery_id", sa.ForeignKey("webhook_deliveries.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("fault", sa.String(40)),
    sqlite_autoincrement=True,
)

rate_counters = sa.Table(  # of a database that several processes share; one process counts in memory
    "rate_counters",
    metadata,
    sa.Column("subject", sa.String(32), primary_key=True),  # a hash of who is counted, and for what
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, index=True),
)

session_arms = sa.Table(  # sessions of the holdout's experiment; rows are only ever added
    "session_arms",
    metadata,
    sa.Column("deflection_id", sa.ForeignKey("deflections.id"), primary_key=True),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("arm", sa.String(8), nullable=False),  # bot | holdout
    sa.Column("share", sa.Float, nullable=False),  # of the holdout, as it was set then
    sa.Index("ix_session_arms_share_created_at", "share", "created_at"),
)

console_sessions = sa.Table(  # browsers that are signed in to the console
    "console_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),  # SHA-256 of what the cookie holds
    sa.Column("key_id", sa.String(40), nullable=False, index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, index=True),
)

staffing_weeks = sa.Table(  # weeks that were looked at; whoever adds the row sends the events of its alarms
    "staffing_weeks",
    metadata,
    sa.Column("week", sa.String(10), primary_key=True),  # the Monday on which it began
    sa.Column("at", Instant, nullable=False),
    sa.Column("alarms", Json, nullable=False),
)

trend_weeks = sa.Table(  # weeks whose trends were looked at; whoever adds the row sends the digest
    "trend_weeks",
    metadata,
    sa.Column("week", sa.String(10), primary_key=True),  # the Monday on which it ended
    sa.Column("at", Instant, nullable=False),
    sa.Column("themes", sa.Integer, nullable=False),  # in the digest
)

changed_days = sa.Table(  # a fact of the day has changed since it was counted; a row each time, that nobody waits for
    "changed_days",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("day", sa.String(10), nullable=False),  # on which the ticket was created, or the question asked
    sa.Column("what", sa.String(8), nullable=False),  # tickets | sessions
    sqlite_autoincrement=True,
)

day_counts = sa.Table(  # what reports count of past days; it can be made again from the facts
    "day_counts",
    metadata,
    sa.Column("part", sa.String(16), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("latest", Instant),  # of tickets: when one of them was answered or resolved last
)

article_seeds = sa.Table(
    "article_seeds",
    metadata,
    sa.Column("version", sa.String(80), primary_key=True),  # of the index whose articles were taken over
    sa.Column("at", Instant, nullable=False),
    sa.Column("articles", sa.Integer, nullable=False),
    sa.Column("origin", sa.String(8), nullable=False),  # home | sample
)

replays = sa.Table(  # policies and thresholds tried on past tickets and sessions, as somebody asked over HTTP
    "replays",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # waiting | running | done | failed
    sa.Column("tried", Json, nullable=False),  # window, thresholds, and texts of policy files
    sa.Column("done", sa.Integer, nullable=False),  # tickets and sessions so far
    sa.Column("n", sa.Integer, nullable=False),  # of so many
    sa.Column("result", Json),
    sa.Column("problem", sa.String(500)),
    sa.Column("ended_at", Instant),
    sa.Column("key_id", sa.String(40)),
)

changes = sa.Table(  # of articles, golden questions, policies, incidents; rows are only ever added
    "changes",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),  # article | questions | policy | incident
    sa.Column("subject", sa.String(200), nullable=False),  # the id of an article, the name of a file
    sa.Column("action", sa.String(16), nullable=False),  # created | changed | deleted | imported
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("key_id", sa.String(40)),
    sa.Column("because", sa.String(500)),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Index("ix_changes_kind_subject_id", "kind", "subject", "id"),
)

incident_proposals = sa.Table(  # unusual bursts of tickets, each put to a person once
    "incident_proposals",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),  # what was counted: all | area | urgent | word
    sa.Column("name", sa.String(200)),  # the area or word
    sa.Column("proposed_at", Instant, nullable=False),
    sa.Column("began_at", Instant, nullable=False),  # when its first ticket came
    sa.Column("grew_at", Instant, nullable=False, index=True),  # when its last ticket came
    sa.Column("ended_at", Instant),  # when it had been quiet for long enough; NULL while it goes on
    sa.Column("window_minutes", sa.Integer, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),  # senders in the window, when it was proposed
    sa.Column("expected", sa.Float, nullable=False),
    sa.Column("usual_most", sa.Integer, nullable=False),  # what 97.5 of 100 such windows do not exceed
    sa.Column("log10_p", sa.Float, nullable=False),
    sa.Column("senders", sa.Integer, nullable=False),
    sa.Column("words", Json, nullable=False),  # that its tickets have in common, each of three senders at least
    sa.Column("area", sa.String(200)),
    sa.Column("priority", sa.String(8)),
    sa.Column("state", sa.String(12), nullable=False),  # open | accepted | dismissed
    sa.Column("decided_at", Instant),
    sa.Column("actor", sa.String(200)),
    sa.Column("key_id", sa.String(40)),
    sa.Column("incident_id", sa.String(40), index=True),  # the incident's ticket, once it is accepted
    sa.Column("public_message", sa.Text),  # what customers are told; NULL: nothing
    sa.Column("public_title", sa.String(200)),
    sa.Column("public_terms", Json),  # which questions are told: those with one of these; empty: all
)

incident_proposal_tickets = sa.Table(  # a ticket belongs to one burst: the row decides which process proposes it
    "incident_proposal_tickets",
    metadata,
    sa.Column("ticket_id", sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("proposal_id", sa.ForeignKey("incident_proposals.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),  # when the ticket came
)

opened_incidents = sa.Table(  # incidents that a person opened, without a proposal
    "opened_incidents",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("ticket_id", sa.String(40), nullable=False, index=True),  # the incident's ticket, which others follow
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("message", sa.Text, nullable=False),  # what customers are told
    sa.Column("terms", Json, nullable=False),  # which questions are told: those with one of these
    sa.Column("area", sa.String(200)),  # or those whose best article is of this product area
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("opened_by", sa.String(200), nullable=False),
    sa.Column("ended_at", Instant, index=True),
    sa.Column("ended_by", sa.String(200)),
)

told_sessions = sa.Table(  # questions that got the message of an incident
    "told_sessions",
    metadata,
    sa.Column("deflection_id", sa.ForeignKey("deflections.id"), primary_key=True),
    sa.Column("incident", sa.String(40), nullable=False),  # the id of a proposal or of an opened incident
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_told_sessions_incident_at", "incident", "at"),
)
