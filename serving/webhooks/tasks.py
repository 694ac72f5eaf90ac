"""Deliver webhooks: one job per delivery, each attempt recorded, a circuit breaker per endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from serving.context import Context
from serving.jobs import outbox
from serving.jobs import queue as jobs
from serving.jobs.event_types import WEBHOOK_DELIVERY_EXHAUSTED as EXHAUSTED
from serving.jobs.event_types import WEBHOOK_ENDPOINT_DISABLED as DISABLED
from serving.jobs.outbox import Event, NewEvent
from serving.jobs.queue import Job, RetryLater
from serving.outbound.errors import AddressRefused, CallFailed
from serving.outbound.http_client import Outgoing
from serving.webhooks import schedule, store
from serving.webhooks.signing import signed
from serving.webhooks.store import Delivery, Endpoint

DELIVER = "webhook.deliver"
_Found = tuple[Endpoint, Event, Delivery]


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of one attempt."""

    status: int | None
    milliseconds: int
    fault: str | None  # None: delivered
    wait: timedelta | None = None  # that the endpoint asked for: such an attempt does not count

    def is_last(self, job: Job) -> bool:
        """Tell whether the schedule ends with it."""
        return self.wait is None and job.attempt >= schedule.POLICY.attempts


class Deliveries:
    """The jobs that deliver events to endpoints."""

    def __init__(self, context: Context, outgoing: Outgoing, timeout: timedelta = schedule.TIMEOUT) -> None:
        self._database, self._clock, self._telemetry = context.database, context.clock, context.telemetry
        self._outgoing, self._timeout = outgoing, timeout

    def listen(self, connection: sa.Connection, events: Sequence[Event]) -> None:
        """Begin a delivery of each event to each endpoint that wants it."""
        found = store.endpoints(connection)
        told = [(endpoint, event) for event in events for endpoint in found if endpoint.wants(event.type)]
        if told:
            self.begin(connection, told)

    def begin(self, connection: sa.Connection, told: Sequence[tuple[Endpoint, Event]]) -> list[str]:
        """Begin deliveries, each of an event to an endpoint; those of one subject keep their order."""
        at = self._clock.now()
        ids = store.begin(connection, [(endpoint.id, event.id) for endpoint, event in told], at)
        wanted = [
            (f"{endpoint.id}:{event.subject}", {"delivery_id": delivery_id}, delivery_id)
            for delivery_id, (endpoint, event) in zip(ids, told, strict=True)
        ]
        jobs.enqueue_all(connection, DELIVER, wanted, at=at)
        return ids

    def enqueue(self, connection: sa.Connection, delivery_id: str, endpoint_id: str, subject: str) -> None:
        """Add the job of a delivery, once."""
        jobs.enqueue(
            connection,
            DELIVER,
            subject=f"{endpoint_id}:{subject}",
            record={"delivery_id": delivery_id},
            at=self._clock.now(),
            unique=delivery_id,
        )

    def deliver(self, job: Job) -> bool:
        """Make an attempt; what failed is tried again by the schedule, and what nobody waits for is not tried."""
        found = self._database.read(lambda connection: self._healthy(connection, job))
        found = found or self._database.write(lambda connection: self._ready(connection, job))
        if found is None:
            return False
        endpoint, event, delivery = found
        attempt = self._attempt(endpoint, event)
        self._database.write(lambda connection: self._note(connection, job, delivery, attempt))
        self._telemetry.event(
            "webhook.attempted", delivery_id=delivery.id, endpoint_id=endpoint.id, status=attempt.status
        )
        if attempt.fault is not None and attempt.fault != "gone":  # after the last attempt the job is dead
            raise RetryLater(attempt.wait, attempt.fault, counted=attempt.wait is None)
        return attempt.fault is None

    def forget(self, at: datetime) -> int:
        """Drop what is older than is kept."""
        return self._database.write(lambda connection: store.forget(connection, at - schedule.KEPT))

    def _healthy(self, connection: sa.Connection, job: Job) -> _Found | None:
        """Look without writing: of an endpoint that does well there is nothing to write before it was called."""
        delivery = store.delivery(connection, job.record["delivery_id"])
        if delivery is None or not _is_open(delivery, job):
            return None
        endpoint, event = store.endpoint(connection, delivery.endpoint_id), outbox.find(connection, delivery.event_id)
        well = endpoint.enabled and endpoint.closed_until is None
        return (endpoint, event, delivery) if well and event is not None else None

    def _ready(self, connection: sa.Connection, job: Job) -> _Found | None:
        delivery = store.delivery(connection, job.record["delivery_id"])
        if delivery is None or not _is_open(delivery, job):
            return None
        at, endpoint = self._clock.now(), store.endpoint(connection, delivery.endpoint_id)
        event = outbox.find(connection, delivery.event_id)
        if not endpoint.enabled or event is None:
            store.settle(connection, delivery.id, store.CANCELLED, at)
            return None
        if endpoint.closed_until is not None:
            if at < endpoint.closed_until:
                raise RetryLater(endpoint.closed_until - at, "breaker", counted=False)
            self._close(connection, endpoint.id, at + schedule.PROBE_EVERY)  # this one is the probe
        return endpoint, event, delivery

    def _attempt(self, endpoint: Endpoint, event: Event) -> Attempt:
        at, begun = self._clock.now(), self._clock.monotonic()
        content = msgspec.json.encode(
            {"type": event.type, "timestamp": event.at, "sequence": event.sequence, "data": event.data}
        )
        headers = signed(event.id, content, signers=endpoint.signers(at), at=at)
        headers |= {"Content-Type": "application/json", "User-Agent": "Firstline-Webhooks"}
        status, fault, wait = None, None, None
        try:
            answer = self._outgoing.request(
                "POST", endpoint.url, headers=headers, content=content, timeout=self._timeout
            )
            status, fault = answer.status, _fault(answer.status)
            if status in schedule.THROTTLED:
                wait = schedule.retry_after(answer.headers.get("retry-after"), at)
        except AddressRefused:
            fault = "address_refused"
        except CallFailed as failed:
            fault = failed.fault
        return Attempt(status, round(1000 * (self._clock.monotonic() - begun)), fault, wait)

    def _note(self, connection: sa.Connection, job: Job, delivery: Delivery, attempt: Attempt) -> None:
        """Write down an attempt and what follows from it, unless another holds the job by now."""
        at = self._clock.now()
        store.attempted(
            connection,
            delivery.id,
            at=at,
            status=attempt.status,
            milliseconds=attempt.milliseconds,
            fault=attempt.fault,
        )
        if not jobs.held(connection, job):
            return
        if attempt.fault is None:
            store.settle(connection, delivery.id, store.DELIVERED, at)
            store.change(connection, delivery.endpoint_id, failures=0, failing_since=None, closed_until=None)
            jobs.finish(connection, job)
            return
        if attempt.is_last(job):
            store.settle(connection, delivery.id, store.FAILED, at)
            self._tell(connection, EXHAUSTED, delivery)
        self._failed(connection, delivery, attempt, at)

    def _failed(self, connection: sa.Connection, delivery: Delivery, attempt: Attempt, at: datetime) -> None:
        endpoint = store.endpoint(connection, delivery.endpoint_id)
        failures, since = endpoint.failures + 1, endpoint.failing_since or at
        store.change(connection, endpoint.id, failures=failures, failing_since=since)
        if attempt.wait is not None or failures >= schedule.BREAKS_AFTER:
            self._close(connection, endpoint.id, at + max(attempt.wait or timedelta(0), schedule.PROBE_EVERY))
        gone = attempt.fault == "gone"
        if endpoint.enabled and (gone or at - since >= schedule.DISABLED_AFTER):
            reason = "gone" if gone else "failing"
            store.change(connection, endpoint.id, enabled=False, disabled_reason=reason, closed_until=None)
            store.settle(connection, delivery.id, store.FAILED, at)
            self._tell(connection, DISABLED, delivery, reason=reason)

    def _close(self, connection: sa.Connection, endpoint_id: str, until: datetime) -> None:
        """Leave an endpoint alone until an instant, and with it whatever waits for it."""
        store.change(connection, endpoint_id, closed_until=until)
        jobs.postpone(connection, DELIVER, endpoint_id, until)

    def _tell(self, connection: sa.Connection, type: str, delivery: Delivery, **more: str) -> None:  # noqa: A002
        """Tell the other endpoints; of an exhausted delivery of such news nobody is told, or it would never end."""
        if delivery.type in {EXHAUSTED, DISABLED} and type == EXHAUSTED:
            return
        data = {"endpoint_id": delivery.endpoint_id, "delivery_id": delivery.id, "event_id": delivery.event_id} | more
        outbox.emit(connection, delivery.endpoint_id, [NewEvent(type, data, self._clock.now())])


def _is_open(delivery: Delivery, job: Job) -> bool:
    """Tell whether a delivery is still to be made; one that failed is when somebody revived its job."""
    return delivery.state == store.WAITING or (delivery.state == store.FAILED and job.attempt == 1)


def _fault(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return "gone" if status == schedule.GONE else "status"
