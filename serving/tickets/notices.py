"""Deadline notices, each given once: a unique row decides which process gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from serving.storage.tables import account_alerts, ticket_notices, tickets
from triage.tickets.csm_alert import CsmRule, Signal, Urgent

BREACHED, WARNED, ESCALATION_DUE = "breached", "warned", "escalation_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice on a ticket."""

    ticket_id: str
    what: str
    source: str
    kind: str
    due_by: datetime
    credit_percent: int = 0


def first_to_tell(connection: sa.Connection, notice: Notice, at: datetime) -> bool:
    """Put the notice down and return whether nobody had."""
    names = ("ticket_id", "what", "source", "kind", "due_by", "credit_percent")
    return _added(connection, ticket_notices, {"at": at, **{name: getattr(notice, name) for name in names}})


def first_to_alert(connection: sa.Connection, account: str, signal: Signal, csm: str, at: datetime) -> bool:
    """Put an alert down and return whether nobody had."""
    row = {"account": account, "since": signal.since, "at": at, "csm": csm, "tickets": list(signal.tickets)}
    return _added(connection, account_alerts, row)


def feed(connection: sa.Connection, what: str | None, after: int, limit: int) -> Sequence[Any]:
    """Return notices in the order in which they were told, after the one with this number."""
    asked = sa.select(ticket_notices).where(ticket_notices.c.id > after)
    if what is not None:
        asked = asked.where(ticket_notices.c.what == what)
    return connection.execute(asked.order_by(ticket_notices.c.id).limit(limit)).all()


def alerts(connection: sa.Connection, after: int, limit: int) -> Sequence[Any]:
    """Return alerts in the order in which they were told, after the one with this number."""
    asked = sa.select(account_alerts).where(account_alerts.c.id > after).order_by(account_alerts.c.id).limit(limit)
    return connection.execute(asked).all()


def suspects(connection: sa.Connection, rule: CsmRule, at: datetime) -> list[str]:
    """Return the accounts that may have had enough urgent cases lately."""
    recent = sa.select(tickets.c.account).where(*_urgent(rule, at), tickets.c.account.is_not(None))
    return list(connection.scalars(recent.group_by(tickets.c.account).having(sa.func.count() >= rule.tickets)))


def urgent(connection: sa.Connection, account: str, rule: CsmRule, at: datetime) -> list[Urgent]:
    """Return the urgent cases of an account."""
    asked = sa.select(tickets.c.created_at, tickets.c.id).where(*_urgent(rule, at), tickets.c.account == account)
    return [Urgent(row.created_at, row.id) for row in connection.execute(asked)]


def alerted(connection: sa.Connection, account: str) -> list[datetime]:
    """Return since when the windows last of which the account's CSM was told."""
    return list(connection.scalars(sa.select(account_alerts.c.since).where(account_alerts.c.account == account)))


def _urgent(rule: CsmRule, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Ask for two windows back, so that a service that stood still for a while misses nothing."""
    return tickets.c.priority.in_(rule.priorities), tickets.c.created_at >= at - 2 * rule.window


def _added(connection: sa.Connection, table: sa.Table, row: dict[str, object]) -> bool:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(table).values(row).on_conflict_do_nothing().returning(table.c.at)
    return connection.execute(added).first() is not None  # PostgreSQL's driver counts no rows of such an INSERT
