"""Wiring of the helpdesk slice; without a connections file nothing runs."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from litestar import Router
from litestar.types import Scope

from serving.context import Context, Slice
from serving.errors import NotFound
from serving.helpdesks.calls import calls, connected
from serving.helpdesks.endpoints import InboundController
from serving.helpdesks.erasing import erase
from serving.helpdesks.port.connections import Connection, read
from serving.helpdesks.port.port import Helpdesk
from serving.helpdesks.receiving import Receiving
from serving.helpdesks.store import LinkStore
from serving.helpdesks.sync import Sync
from serving.helpdesks.tasks import SyncTasks
from serving.http.body_guard import BEFORE_BODY
from serving.jobs.periodic import PeriodicTask
from serving.ticket_desk import TicketDesk

Connects = Callable[[Connection], Helpdesk]


def wire(context: Context, desk: TicketDesk, connects: Connects | None = None) -> Slice:
    """Build the slice.

    Raises `HelpdesksNotValid`: the file of connections cannot be used.
    """
    settings = context.settings
    connections = read(settings.helpdesks)
    links = LinkStore(context.database)
    receiving = Receiving(connections, links)
    if not connections:
        return Slice(handlers=[_inbound(connections)], dependencies={"receiving": receiving}, erase=erase)
    outgoing = calls(settings)
    exchange = Sync(connections, connects or (lambda each: connected(each, outgoing)), desk, links, context.telemetry)
    sweeps = timedelta(minutes=settings.helpdesk_closed_minutes)
    rounds = SyncTasks(exchange, context.clock, sweeps)
    return Slice(
        handlers=[_inbound(connections)],
        dependencies={"receiving": receiving, "rounds": rounds},
        tasks=rounds.tasks(),
        watches=[
            PeriodicTask("helpdesks", timedelta(seconds=settings.helpdesk_seconds), rounds.look),
            PeriodicTask("helpdesks_closed", sweeps, rounds.sweep),
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
