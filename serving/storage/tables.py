"""Every table, in SQLAlchemy Core. Each slice's `store.py` reads and writes its rows; there are no ORM classes."""

import sqlalchemy as sa

from serving.storage.column_types import Instant, Json

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

tickets = sa.Table(  # what is asked about tickets; what they are stands in their events
    "tickets",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),  # the number of its events; the ETag
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("plan", sa.String(64)),
    sa.Column("account", sa.String(200), index=True),
    sa.Column("team", sa.String(64)),
    sa.Column("tier", sa.String(8)),
    sa.Column("assignee", sa.String(200)),
    sa.Column("deflection_id", sa.String(40), unique=True),
    sa.Column("external_id", sa.String(200), index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("closed_at", Instant, index=True),
    sa.Column("model", sa.String(80)),  # the bundle that tagged it; NULL while none was ready
    sa.Column("first_response_by", Instant),  # the earlier of contract and target while that clock runs, else NULL
    sa.Column("resolution_by", Instant),
    sa.Column("priority", sa.String(8)),
    sa.Column("incident_id", sa.String(40), index=True),  # the ticket of the incident whose case it is
    sa.Column("at_risk_from", Instant, index=True),  # when the first deadline that runs is near: what `at_risk` asks
    sa.Column("warn_by", Instant, index=True),  # the same, of those that were not warned of
    sa.Column("escalate_by", Instant, index=True),  # the end of T1's troubleshooting that no event tells yet
    sa.Column("due_by", Instant, index=True),  # the earliest that still runs: what `breached` asks
    sa.Column("breach_by", Instant, index=True),  # the earliest that may be missed and has no breach on record
    sa.Column("subject", sa.String(200)),  # what the queue shows and searches: the subject's beginning, and the address
    sa.Column("email", sa.String(320)),
    sa.Column("category", sa.String(200)),
    sa.Column("category_mode", sa.String(16)),  # auto | suggest | abstain | agent
    sa.Column("needs_nobody", sa.String(32)),  # why; NULL: somebody has to see it
    sa.Column("labels", sa.Text),  # lines head=label, between line breaks: by what lists filter
    sa.Index("ix_tickets_status_id", "status", "id"),
    sa.Index("ix_tickets_created_at_account_deflection_id", "created_at", "account", "deflection_id"),  # contacts
)

ticket_events = sa.Table(
    "ticket_events",
    metadata,
    sa.Column("ticket_id", sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1, 2, … within the ticket; rows are only ever added
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("record", Json, nullable=False),
)

ticket_figures = sa.Table(  # what reports count of a ticket: numbers of its events, in a row that is quick to read
    "ticket_figures",
    metadata,
    sa.Column("ticket_id", sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("type", sa.String(200)),  # its category
    sa.Column("automatic", sa.Boolean, nullable=False),  # only machines wrote
    sa.Column("responded_at", Instant),  # an agent's first reply
    sa.Column("response_work", sa.Integer),  # seconds of the plan's support hours until then
    sa.Column("resolved_at", Instant),  # NULL: not resolved, or as a duplicate
    sa.Column("resolution_work", sa.Integer),
    sa.Column("replies", sa.Integer, nullable=False),  # of agents
    sa.Column("reopens", sa.Integer, nullable=False),
    sa.Column("csat", sa.Integer),
    sa.Column("labels", sa.Integer, nullable=False),  # that a model looked for
    sa.Column("labels_applied", sa.Integer, nullable=False),  # that it applied by itself
    sa.Column("contract", sa.String(8), nullable=False),  # none | kept | missed | open
    sa.Column("contract_by", Instant),  # the earliest contract deadline that runs
    sa.Column("target", sa.String(8)),  # the same of internal targets; NULL: counted before it was kept
    sa.Column("target_by", Instant),
    sa.Column("resolved_by", sa.String(200)),  # the agent
)

ticket_notices = sa.Table(  # what is told of a ticket once, whoever looks: the unique row decides who tells it
    "ticket_notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),  # the order of the feed
    sa.Column("ticket_id", sa.ForeignKey("tickets.id"), nullable=False),
    sa.Column("what", sa.String(24), nullable=False),  # breached | warned | escalation_due
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("due_by", Instant, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("credit_percent", sa.Integer, nullable=False),
    sa.UniqueConstraint("ticket_id", "what", "source", "kind", "due_by"),
    sqlite_autoincrement=True,
)

account_alerts = sa.Table(  # churn signals: one a window of an account
    "account_alerts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("csm", sa.String(64), nullable=False),
    sa.Column("tickets", Json, nullable=False),
    sa.UniqueConstraint("account", "since"),
    sqlite_autoincrement=True,
)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("caller", sa.String(80), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", Json, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

keys = sa.Table(  # of a database that several processes share; an embedded one has a file for them
    "keys",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("origins", sa.Text, nullable=False),  # apart by spaces
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    *(sa.Column(name, sa.Text) for name in ("created_by", "created_because", "revoked_by", "revoked_because")),
)

taggings = sa.Table(
    "taggings",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("external_id", sa.String(200), index=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("channel", sa.String(32)),
    sa.Column("plan", sa.String(64)),
    sa.Column("account", sa.String(200)),
    sa.Column("language", sa.String(16)),
    sa.Column("filed_at", Instant),
    sa.Column("tags", Json, nullable=False),
    sa.Column("team", sa.String(64)),
    sa.Column("tier", sa.String(8)),
    sa.Column("model", sa.String(80)),
    sa.Column("taxonomy", sa.String(80)),
    sa.Column("ticket_id", sa.String(40)),
    sa.Column("brand", sa.String(200)),
    sa.Column("region", sa.String(200)),
)

tag_corrections = sa.Table(
    "tag_corrections",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("tagging_id", sa.ForeignKey("taggings.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("was", sa.String(200)),
    sa.Column("key_id", sa.String(40)),  # of the API key that was shown: `actor` is what its owner said
    sqlite_autoincrement=True,
)

deflections = sa.Table(
    "deflections",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("channel", sa.String(32)),
    sa.Column("visitor", sa.String(200)),
    sa.Column("account", sa.String(200)),
    sa.Column("plan", sa.String(64)),
    sa.Column("locale", sa.String(16)),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("eligible", sa.Boolean, nullable=False),
    sa.Column("response", Json, nullable=False),
    sa.Column("model", sa.String(80)),
    sa.Column("articles_version", sa.String(80)),
    sa.Column("outcome", sa.String(16)),
    sa.Column("outcome_at", Instant),
    sa.Column("outcome_key_id", sa.String(40)),
    sa.Column("ended", sa.String(16)),
    sa.Column("ticket_id", sa.String(40), unique=True),
    sa.Column("key_id", sa.String(40)),  # of the API key that asked
    sa.Column("origin", sa.String(320)),  # of the page that asked with a publishable key
    sa.Column("secret_hash", sa.String(64)),  # of the session's secret; NULL: only secret keys open it
    sa.Column("identity_id", sa.String(200)),  # of the visitor, and their address, as the site's backend signed them
    sa.Column("email", sa.String(320)),
    sa.Column("brand", sa.String(200)),
    sa.Column("article_offered", sa.Boolean, nullable=False, server_default=sa.false()),  # with its sections to choose
    sa.Index(  # all that the deflection report reads: it never opens the rows, which are wide
        "ix_deflections_reported",
        *("created_at", "eligible", "decision", "outcome", "ended", "ticket_id", "channel", "locale", "visitor"),
        *("origin", "account", "brand", "article_offered"),
    ),
)

deflection_turns = sa.Table(
    "deflection_turns",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("deflection_id", sa.ForeignKey("deflections.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

erasures = sa.Table(  # each time that somebody was erased: never who
    "erasures",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("counts", Json, nullable=False),
)

tombstones = sa.Table(  # what was erased, by ids and hashes: what a refit must not find
    "tombstones",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(200), nullable=False, index=True),
    sa.Column("external_id", sa.String(200)),
    sa.Column("erasure_id", sa.ForeignKey("erasures.id"), nullable=False),
    sa.Column("vectors", Json, nullable=False),
    sa.Column("seen", Json, nullable=False),
    sqlite_autoincrement=True,
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("summary", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("section", sa.String(200)),
    sa.Column("locale", sa.String(16)),
    sa.Column("product_area", sa.String(64)),
    sa.Column("brand", sa.String(200)),  # for questions about this brand alone
    sa.Column("updated_at", sa.String(40)),  # as the author wrote it: a day or an instant
    sa.Column("format", sa.String(16), nullable=False),
    sa.Column("visibility", sa.String(16), nullable=False),
    sa.Column("requires_human", sa.Boolean, nullable=False),
    sa.Column("asked", Json),  # questions that it is known to answer, each with a heading
    sa.Column("source", sa.String(8), nullable=False),  # seed: from an index that was found; api: put by a client
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, index=True),  # grows by one with each write to any article
    sa.Column("deleted_at", Instant),
    sa.Column("key_id", sa.String(40)),  # of the API key that wrote or deleted it last; NULL: it came with an index
)

helpdesk_links = sa.Table(  # one case on both sides; the unique columns make repeats harmless
    "helpdesk_links",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("connection", sa.String(64), nullable=False),
    sa.Column("remote_id", sa.String(80)),  # NULL while a ticket of ours is on its way there
    sa.Column("ticket_id", sa.ForeignKey("tickets.id")),  # NULL while one of theirs is on its way here
    sa.Column("arrived", Json),  # what the hook said, until the ticket is open
    sa.Column("written", Json, nullable=False),  # what we wrote last, in the desk's words
    sa.Column("version", sa.Integer, nullable=False),  # of our ticket, when it was last brought over
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Instant, nullable=False, index=True),  # not tried again before
    sa.Column("fault", sa.String(200)),  # why the last attempt failed
    sa.Column("stale_at", Instant, index=True),  # it changed there: from then on it is read
    sa.Column("read_at", Instant),  # as of when its thread is known here
    sa.Column("thread", Json),  # ids of its events that are known here, and how it stood there
    sa.UniqueConstraint("connection", "remote_id"),
    sa.UniqueConstraint("connection", "ticket_id"),
    sqlite_autoincrement=True,
)

helpdesk_marks = sa.Table(
    "helpdesk_marks",
    metadata,
    sa.Column("connection", sa.String(64), primary_key=True),
    sa.Column("since", Instant, nullable=False),  # older tickets stay here
    sa.Column("closed_until", Instant, nullable=False),  # what changed or was closed there before is known here
    sa.Column("unreachable_since", Instant),  # NULL: it answered when it was last read
)
