"""Wiring of the webhook slice."""

from datetime import timedelta

from serving.clock import SystemClock
from serving.context import Context, Slice
from serving.jobs.periodic import PeriodicTask
from serving.jobs.queue import TaskSpec
from serving.outbound.http_client import Outgoing
from serving.webhooks import schedule
from serving.webhooks.endpoints import WebhookController
from serving.webhooks.subscribing import Subscriptions
from serving.webhooks.tasks import DELIVER, Deliveries

_FORGET_EVERY = timedelta(hours=1)


def wire(context: Context, timeout: timedelta = schedule.TIMEOUT, outgoing: Outgoing | None = None) -> Slice:
    """Return the slice; calls are timed by the real clock, whatever the others go by."""
    outgoing = outgoing or Outgoing(SystemClock(), allowed=context.settings.allowed_networks)
    deliveries = Deliveries(context, outgoing, timeout)
    return Slice(
        handlers=[WebhookController],
        dependencies={"subscriptions": Subscriptions(context.database, deliveries, context.settings.allowed_networks)},
        tasks={DELIVER: TaskSpec(deliveries.deliver, schedule.POLICY, schedule.IN_FLIGHT, calls=True)},
        listeners=[deliveries.listen],
        watches=[PeriodicTask("webhooks", _FORGET_EVERY, deliveries.forget, once=True)],
    )
