"""Webhook endpoints, deliveries and attempts in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.errors import NotFound
from serving.storage.ids import new_id
from serving.storage.job_tables import outbox_events, webhook_attempts, webhook_deliveries, webhook_endpoints

WAITING, DELIVERED, FAILED, CANCELLED = "waiting", "delivered", "failed", "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A webhook endpoint."""

    id: str
    url: str
    types: Sequence[str]
    description: str
    enabled: bool
    disabled_reason: str | None
    secret: str
    old_secret: str | None
    old_secret_until: datetime | None
    created_at: datetime
    failures: int
    failing_since: datetime | None
    closed_until: datetime | None

    def signers(self, at: datetime) -> list[str]:
        """Return the secrets that sign: after a rotation the old one too, for a while."""
        old = self.old_secret if self.old_secret_until and at < self.old_secret_until else None
        return [self.secret, *([old] if old else [])]

    def wants(self, type: str) -> bool:  # noqa: A002 (as events say it)
        """Tell whether it is told of events of this type; of its own trouble it cannot be told."""
        return self.enabled and (not self.types or type in self.types)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one event to one endpoint."""

    id: str
    endpoint_id: str
    event_id: str
    type: str
    state: str
    created_at: datetime
    settled_at: datetime | None


def add(connection: sa.Connection, endpoint: Endpoint) -> None:
    """Add an endpoint."""
    values = {name: getattr(endpoint, name) for name in Endpoint.__slots__}
    connection.execute(webhook_endpoints.insert().values(values | {"types": list(endpoint.types)}))


def change(connection: sa.Connection, endpoint_id: str, **values: Any) -> None:  # noqa: ANN401
    """Change columns of an endpoint."""
    connection.execute(webhook_endpoints.update().where(webhook_endpoints.c.id == endpoint_id).values(**values))


def endpoint(connection: sa.Connection, endpoint_id: str) -> Endpoint:
    """Return an endpoint.

    Raises `NotFound`: there is none with this id.
    """
    row = connection.execute(sa.select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id)).first()
    if row is None:
        raise NotFound(kind="webhook", id=endpoint_id)
    return Endpoint(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)


def endpoints(connection: sa.Connection) -> list[Endpoint]:
    """Return all endpoints, oldest first."""
    rows = connection.execute(sa.select(webhook_endpoints).order_by(webhook_endpoints.c.id))
    return [Endpoint(**row._mapping) for row in rows]  # noqa: SLF001


def remove(connection: sa.Connection, endpoint_id: str) -> None:
    """Remove an endpoint with its deliveries; jobs that still come find nothing and end."""
    of_it = sa.select(webhook_deliveries.c.id).where(webhook_deliveries.c.endpoint_id == endpoint_id)
    connection.execute(webhook_attempts.delete().where(webhook_attempts.c.delivery_id.in_(of_it)))
    connection.execute(webhook_deliveries.delete().where(webhook_deliveries.c.endpoint_id == endpoint_id))
    connection.execute(webhook_endpoints.delete().where(webhook_endpoints.c.id == endpoint_id))


def begin(connection: sa.Connection, told: Sequence[tuple[str, str]], at: datetime) -> list[str]:
    """Add a delivery that waits for each endpoint and event, and return their ids, which sort as they were told."""
    ids = sorted(new_id("dlv", at) for _ in told)
    rows = [{"id": id_, "endpoint_id": who, "event_id": what} for id_, (who, what) in zip(ids, told, strict=True)]
    connection.execute(webhook_deliveries.insert().values(state=WAITING, created_at=at), rows)
    return ids


def settle(connection: sa.Connection, delivery_id: str, state: str, at: datetime) -> None:
    """Say how a delivery ended, or that it waits again."""
    ended = None if state == WAITING else at
    connection.execute(
        webhook_deliveries.update().where(webhook_deliveries.c.id == delivery_id).values(state=state, settled_at=ended)
    )


def attempted(connection: sa.Connection, delivery_id: str, **values: Any) -> None:  # noqa: ANN401
    """Add an attempt."""
    connection.execute(webhook_attempts.insert().values(delivery_id=delivery_id, **values))


def delivery(connection: sa.Connection, delivery_id: str) -> Delivery | None:
    """Return a delivery, unless its endpoint was removed or it was forgotten."""
    row = connection.execute(_deliveries().where(webhook_deliveries.c.id == delivery_id)).first()
    return None if row is None else Delivery(*row)


def deliveries(connection: sa.Connection, endpoint_id: str, before: str | None, limit: int) -> list[Delivery]:
    """Return a page of the deliveries to an endpoint, newest first."""
    asked = _deliveries().where(webhook_deliveries.c.endpoint_id == endpoint_id)
    if before is not None:
        asked = asked.where(webhook_deliveries.c.id < before)
    rows = connection.execute(asked.order_by(webhook_deliveries.c.id.desc()).limit(limit))
    return [Delivery(*row) for row in rows]


def attempts(connection: sa.Connection, delivery_ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the attempts of each delivery, in order."""
    found: dict[str, list[Any]] = {delivery_id: [] for delivery_id in delivery_ids}
    asked = sa.select(webhook_attempts).where(webhook_attempts.c.delivery_id.in_(delivery_ids))
    for row in connection.execute(asked.order_by(webhook_attempts.c.id)):
        found[row.delivery_id].append(row)
    return found


def forget(connection: sa.Connection, before: datetime) -> int:
    """Drop settled deliveries from before an instant, and events that no delivery needs; return how many events.

    The last event of a subject stays: the next one takes its number from it.
    """
    old = sa.select(webhook_deliveries.c.id).where(webhook_deliveries.c.settled_at < before)
    connection.execute(webhook_attempts.delete().where(webhook_attempts.c.delivery_id.in_(old)))
    connection.execute(webhook_deliveries.delete().where(webhook_deliveries.c.settled_at < before))
    needed = sa.exists().where(webhook_deliveries.c.event_id == outbox_events.c.id)
    later = outbox_events.alias("later")
    followed = sa.exists().where(
        later.c.subject == outbox_events.c.subject, later.c.sequence > outbox_events.c.sequence
    )
    handed_out = outbox_events.c.at < before, outbox_events.c.fanned_out_at.is_not(None)
    over = *handed_out, sa.not_(needed), followed
    return connection.execute(outbox_events.delete().where(*over)).rowcount


def _deliveries() -> sa.Select[Any]:
    c = webhook_deliveries.c
    columns = c.id, c.endpoint_id, c.event_id, outbox_events.c.type, c.state, c.created_at, c.settled_at
    return sa.select(*columns).join(outbox_events, outbox_events.c.id == c.event_id)
