"""The web process: uvicorn around the app, a message at startup, and a clean shutdown."""

import logging
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import NoReturn

import click
import uvicorn
from litestar import Litestar

from serving.brands.deployment import Deployment
from serving.clock import SystemClock
from serving.context import Context
from serving.errors import StartRefused
from serving.http.server.connection_caps import ConnectionCaps, within_open_files
from serving.http.server.draining import Draining, Server
from serving.http.server.protocol import GuardedProtocol, SocketLimits
from serving.inference.own_content import DeskContent, StoredContent
from serving.peers.balance import ConnectionBalance
from serving.peers.crew import Crew
from serving.settings import Settings
from serving.telemetry import log_to, write_logs_behind
from triage.model.registry import Registry


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a process that is one of several workers."""

    crew: Crew
    sockets: list[socket.socket]  # bound, not listening yet
    listens: Callable[[], None]  # called when it does, in the event loop


def serve(settings: Settings, place: Place | None = None) -> None:
    """Serve until SIGTERM or SIGINT, alone or in a place among workers; requests under way are finished.

    Raises `StartRefused` or `PolicyRefused`: the process cannot start as it was asked to.
    """
    # A run of the encoder that comes back waits this long for a thread that computes in Python (5 ms unless told):
    # alternating rounds at eight connections gave a tenth more requests.
    sys.setswitchinterval(0.0005)
    clock = SystemClock()
    log_to(None, clock, settings.log_level)
    write_logs_behind()
    if place is None:
        click.echo(starts(settings), err=True)
    app = Deployment(settings, clock, place.crew if place else None)
    balance = ConnectionBalance.of(place.crew) if place else None
    draining = Draining(settings.drain_seconds)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        http=_protocol(settings, draining, balance),  # type: ignore[arg-type]
        ws="none",
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For of any process on this machine
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn hands the signal back to us when it has ended
        signal.signal(number, _leave)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # its tracebacks say less than our one line
    context = app.own.state.context

    def listens() -> None:
        if place is None or not place.crew.joins:
            click.echo(welcome(context), err=True)
        if place is not None:
            place.listens()

    server = Server(config, draining, listens=listens, leaves=app.leave, balance=balance)
    try:
        server.run(place.sockets if place else None)
    finally:
        if not server.started:
            _explain(app.own)


def starts(settings: Settings) -> str:
    """Return what is said before anything is opened."""
    return f"Firstline starts in {settings.home.resolve()} …"


def welcome(context: Context) -> str:
    """Return the address, what serves and, where the demo was asked for, its page."""
    settings = context.settings
    content = DeskContent(Registry(settings.models_path), StoredContent(context.database), context.telemetry)
    lines = [
        f"Firstline serves {settings.url}   ready or why not: {settings.url}/readyz",
        f"The console: {settings.url}/   its keys: firstline keys create --scope admin",
        content.serves().explanation,
    ]
    if settings.demo:
        lines.append(f"Try the page {settings.url}/demo")
    return "\n".join(lines)


def _protocol(
    settings: Settings, draining: Draining, balance: ConnectionBalance | None
) -> Callable[..., GuardedProtocol]:
    """Return what makes the protocol of each connection: they share the caps."""
    limits = SocketLimits(
        header_bytes=settings.max_headers,
        header_seconds=settings.header_seconds,
        write_seconds=settings.write_seconds,
    )
    most = within_open_files(settings.max_connections)
    caps = ConnectionCaps(most, settings.connections_per_address, settings.proxies)
    return partial(GuardedProtocol, limits=limits, caps=caps, draining=draining, balance=balance)


def _explain(app: Litestar) -> NoReturn:
    refused = app.state.get("start_error")
    if isinstance(refused, Exception):
        raise refused
    raise StartRefused("The service did not start; the log above says why. Is the port in use?")


def _leave(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    sys.exit(0)
