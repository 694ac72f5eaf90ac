"""Create and change webhook endpoints, and list their deliveries."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec import UNSET, structs

from serving.configuration.values import Network
from serving.errors import NotFound
from serving.jobs import outbox
from serving.jobs import queue as jobs
from serving.jobs.event_types import WEBHOOK_TEST
from serving.jobs.outbox import NewEvent
from serving.storage.database import Database, Write
from serving.storage.ids import new_id
from serving.storage.job_tables import jobs as job_rows
from serving.webhooks import schedule, store, vetting
from serving.webhooks.schemas import (
    AttemptOut,
    DeliveryList,
    DeliveryOut,
    NewWebhookOut,
    SecretOut,
    WebhookIn,
    WebhookOut,
    WebhookPatch,
)
from serving.webhooks.signing import new_secret
from serving.webhooks.store import Delivery, Endpoint
from serving.webhooks.tasks import Deliveries


class Subscriptions:
    """The endpoints of this deployment."""

    def __init__(self, database: Database, telling: Deliveries, allowed: Sequence[Network]) -> None:
        self._database, self._telling, self._allowed = database, telling, allowed

    def add(self, asked: WebhookIn, at: datetime, write: Write[NewWebhookOut]) -> NewWebhookOut:
        """Add an endpoint with a secret of its own, and return both.

        Raises `EndpointRefused`: its URL cannot be called, or it asks for events that there are not.
        """
        vetting.check(asked.url, asked.types, self._allowed)
        endpoint = Endpoint(
            id=new_id("whk", at),
            **structs.asdict(asked),
            disabled_reason=None,
            secret=new_secret(),
            old_secret=None,
            old_secret_until=None,
            created_at=at,
            failures=0,
            failing_since=None,
            closed_until=None,
        )

        def operation(connection: sa.Connection) -> NewWebhookOut:
            store.add(connection, endpoint)
            return NewWebhookOut(**structs.asdict(_out(endpoint)), secret=endpoint.secret)

        return write(operation)

    def all(self) -> list[WebhookOut]:
        """Return every endpoint."""
        return [_out(endpoint) for endpoint in self._database.read(store.endpoints)]

    def find(self, endpoint_id: str) -> WebhookOut:
        """Return an endpoint, or raise `NotFound`."""
        return _out(self._database.read(lambda connection: store.endpoint(connection, endpoint_id)))

    def change(self, endpoint_id: str, asked: WebhookPatch) -> WebhookOut:
        """Change an endpoint; one that is enabled again begins with a clean record."""
        values = {name: value for name, value in structs.asdict(asked).items() if value is not UNSET}
        vetting.check(values.get("url"), values.get("types", ()), self._allowed)
        if values.get("enabled"):
            values |= {"disabled_reason": None, "failures": 0, "failing_since": None, "closed_until": None}

        def operation(connection: sa.Connection) -> Endpoint:
            store.endpoint(connection, endpoint_id)
            if values:
                store.change(connection, endpoint_id, **values)
            return store.endpoint(connection, endpoint_id)

        return _out(self._database.write(operation))

    def remove(self, endpoint_id: str) -> None:
        """Remove an endpoint and all that is known of it."""

        def operation(connection: sa.Connection) -> None:
            store.endpoint(connection, endpoint_id)
            store.remove(connection, endpoint_id)

        self._database.write(operation)

    def rotate(self, endpoint_id: str, at: datetime, write: Write[SecretOut]) -> SecretOut:
        """Give an endpoint a new secret, and return it; for a while both sign."""
        secret, until = new_secret(), at + schedule.SECRET_OVERLAP

        def operation(connection: sa.Connection) -> SecretOut:
            old = store.endpoint(connection, endpoint_id).secret
            store.change(connection, endpoint_id, secret=secret, old_secret=old, old_secret_until=until)
            return SecretOut(secret=secret, old_secret_signs_until=until)

        return write(operation)

    def test(self, endpoint_id: str, at: datetime, write: Write[DeliveryOut]) -> DeliveryOut:
        """Begin the delivery of an event that means nothing, to this endpoint alone."""

        def operation(connection: sa.Connection) -> DeliveryOut:
            endpoint = store.endpoint(connection, endpoint_id)
            news = NewEvent(WEBHOOK_TEST, {"endpoint_id": endpoint_id}, at)
            (event_id,) = outbox.emit(connection, endpoint_id, [news], fan_out=False)
            event = outbox.find(connection, event_id)
            assert event is not None  # noqa: S101 (it was just kept)
            delivery_id = self._telling.begin(connection, [(endpoint, event)])[0]
            return _shown(connection, delivery_id)

        return write(operation)

    def page(self, endpoint_id: str, before: str | None, limit: int) -> DeliveryList:
        """Return deliveries to an endpoint with their attempts."""

        def operation(connection: sa.Connection) -> DeliveryList:
            store.endpoint(connection, endpoint_id)
            found = store.deliveries(connection, endpoint_id, before, limit)
            following = found[-1].id if len(found) == limit else None
            return DeliveryList(deliveries=_with_attempts(connection, found), next_cursor=following)

        return self._database.read(operation)

    def redeliver(self, endpoint_id: str, delivery_id: str, at: datetime, write: Write[DeliveryOut]) -> DeliveryOut:
        """Begin a delivery anew under the same webhook-id; one that waits is tried now."""

        def operation(connection: sa.Connection) -> DeliveryOut:
            found = store.delivery(connection, delivery_id)
            event = outbox.find(connection, found.event_id) if found else None
            if found is None or event is None or found.endpoint_id != endpoint_id:
                raise NotFound(kind="delivery", id=delivery_id)
            store.settle(connection, delivery_id, store.WAITING, at)
            self._telling.enqueue(connection, delivery_id, endpoint_id, event.subject)
            idle = job_rows.c.unique_key == delivery_id, job_rows.c.state.in_([jobs.WAITING, jobs.DEAD])
            connection.execute(job_rows.update().where(*idle).values(state=jobs.WAITING, attempt=0, run_at=at))
            return _shown(connection, delivery_id)

        return write(operation)


def _out(endpoint: Endpoint) -> WebhookOut:
    return WebhookOut(**{name: getattr(endpoint, name) for name in WebhookOut.__struct_fields__})


def _shown(connection: sa.Connection, delivery_id: str) -> DeliveryOut:
    found = store.delivery(connection, delivery_id)
    return _with_attempts(connection, [found] if found else [])[0]


def _with_attempts(connection: sa.Connection, found: Sequence[Delivery]) -> list[DeliveryOut]:
    tried = store.attempts(connection, [delivery.id for delivery in found])
    return [
        DeliveryOut(
            id=delivery.id,
            event_id=delivery.event_id,
            type=delivery.type,
            state=delivery.state,
            created_at=delivery.created_at,
            settled_at=delivery.settled_at,
            attempts=[
                AttemptOut(at=row.at, status=row.status, milliseconds=row.milliseconds, fault=row.fault)
                for row in tried[delivery.id]
            ],
        )
        for delivery in found
    ]
