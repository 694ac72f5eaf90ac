"""Wiring of the helpdesk slice; without a connections file nothing runs."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from litestar import Router
from litestar.types import Scope

from serving.context import Context, Slice
from serving.errors import NotFound
from serving.helpdesks.calls import calls, connected
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.endpoints import InboundController
from serving.helpdesks.erasing import erase
from serving.helpdesks.following.freshness import Freshness
from serving.helpdesks.following.pulling import Pulling
from serving.helpdesks.following.stale_links import StaleLinks
from serving.helpdesks.port.connections import Connection, read
from serving.helpdesks.port.port import Helpdesk
from serving.helpdesks.pull_tasks import PullTasks
from serving.helpdesks.receiving import Receiving
from serving.helpdesks.store import LinkStore
from serving.helpdesks.sync import Sync
from serving.helpdesks.tasks import SyncTasks
from serving.helpdesks.vendor_table import KINDS
from serving.http.body_guard import BEFORE_BODY
from serving.inference.labels import KnownLabels
from serving.inference.suggestions import Suggestions, no_suggestions
from serving.inference.tagger import TicketText
from serving.jobs.periodic import PeriodicTask
from serving.ticket_desk import TicketDesk

Connects = Callable[[Connection], Helpdesk]
Suggests = Callable[[TicketText], Suggestions]


def freshness(context: Context) -> Freshness:
    """Return what is asked before a deadline is called missed.

    Raises `HelpdesksNotValid`: the file of connections cannot be used.
    """
    connections = read(context.settings.helpdesks, *context.policies.helpdesk_names).values()
    return Freshness({each.name for each in connections if each.token and KINDS[each.kind].capabilities.threads})


def wire(
    context: Context,
    desk: TicketDesk,
    vocabulary: KnownLabels,
    connects: Connects | None = None,
    suggests: Suggests = no_suggestions,
) -> Slice:
    """Build the slice.

    Raises `HelpdesksNotValid`: the file of connections cannot be used.
    """
    settings = context.settings
    connections = read(settings.helpdesks, *context.policies.helpdesk_names)
    links = LinkStore(context.database)
    if not connections:
        receiving = Receiving(connections, links)
        return Slice(handlers=[_inbound(connections)], dependencies={"receiving": receiving}, erase=erase)
    outgoing = calls(settings)
    customers = Customers(connections, context.policies.sla.plans, context.telemetry, settings.helpdesks)
    connects = connects or (lambda each: connected(each, outgoing))
    exchange = Sync(connections, connects, desk, links, context.telemetry, customers, suggests)
    pulling = Pulling(
        connections=connections,
        connects=connects,
        desk=desk,
        links=StaleLinks(context.database),
        vocabulary=vocabulary,
        telemetry=context.telemetry,
        declared=context.policies.fields,
        customers=customers,
    )
    receiving = Receiving(connections, links, pulling)
    rounds = SyncTasks(exchange, context.clock)
    polls = timedelta(seconds=settings.helpdesk_poll_seconds)
    pulls = PullTasks(pulling, links, context.clock, polls)
    looks = timedelta(seconds=settings.helpdesk_seconds)
    return Slice(
        handlers=[_inbound(connections)],
        dependencies={"receiving": receiving, "rounds": rounds},
        tasks=rounds.tasks() | pulls.tasks(),
        watches=[
            PeriodicTask("helpdesks", looks, rounds.look),
            PeriodicTask("helpdesks_accounts", looks, customers.refresh),
            PeriodicTask("helpdesks_changed", looks, pulls.look),
            PeriodicTask("helpdesks_poll", polls, pulls.poll),
        ],
        start=lambda: _mark(connections, links, context),
        erase=erase,
    )


def _inbound(connections: Mapping[str, Connection]) -> Router:
    """Return the endpoint; nobody sends it a body for a connection that does not exist."""

    def known(scope: Scope) -> None:
        name = scope["path_params"]["helpdesk"]
        if name not in connections:
            raise NotFound(kind="connection", id=name)

    return Router("/", route_handlers=[InboundController], opt={BEFORE_BODY: known})


def _mark(connections: Mapping[str, Connection], links: LinkStore, context: Context) -> None:
    """Note since when each connection is there: older tickets stay here."""
    for name in connections:
        links.since(name, context.clock.now())
