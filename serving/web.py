"""The web process: uvicorn around the app, a message at startup, and a clean shutdown."""

import asyncio
import gc
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

from serving.app import create_app
from serving.clock import SystemClock
from serving.context import Context
from serving.errors import StartRefused
from serving.http.server.connection_caps import ConnectionCaps, within_open_files
from serving.http.server.protocol import GuardedProtocol, SocketLimits
from serving.inference.own_content import DeskContent, StoredContent
from serving.peers.balance import ConnectionBalance
from serving.peers.crew import Crew
from serving.settings import Settings
from serving.telemetry import log_to, write_logs_behind
from triage.model.registry import Registry


class Server(uvicorn.Server):
    """Says when it listens, and takes connections that other workers pass on."""

    def __init__(
        self, config: uvicorn.Config, listens: Callable[[], None], balance: ConnectionBalance | None = None
    ) -> None:
        super().__init__(config)
        self._listens, self._balance = listens, balance
        self._joining: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then speak."""
        await super().startup(sockets)
        if self.started:
            gc.freeze()  # what was imported and loaded stays: the collector need not look through it again and again
            gc.enable()
            if self._balance is not None:
                asyncio.get_running_loop().add_reader(self._balance.fileno(), self._take)
                self._balance.note(0)
            self._listens()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what others have passed on, too."""
        if self._balance is not None:
            self._balance.leave()
            self._take()
            asyncio.get_running_loop().remove_reader(self._balance.fileno())
            self._balance.close()
            await asyncio.gather(*self._joining)
        await super().shutdown(sockets)

    def _take(self) -> None:
        loop = asyncio.get_running_loop()
        protocol = partial(  # type: ignore[call-arg]
            self.config.http_protocol_class,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            is_passed_on=True,
        )
        for each in self._balance.taken() if self._balance is not None else ():
            each.settimeout(0)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            joining: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(protocol, each))
            self._joining.add(joining)
            joining.add_done_callback(self._joining.discard)


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
    app = create_app(settings, clock=clock, crew=place.crew if place else None)
    balance = ConnectionBalance.of(place.crew) if place else None
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        http=_protocol(settings, balance),  # type: ignore[arg-type]
        ws="none",
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For of any process on this machine
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn hands the signal back to us when it has ended
        signal.signal(number, _leave)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # its tracebacks say less than our one line
    context = app.state.context

    def listens() -> None:
        if place is None or not place.crew.joins:
            click.echo(welcome(context), err=True)
        if place is not None:
            place.listens()

    server = Server(config, listens, balance)
    try:
        server.run(place.sockets if place else None)
    finally:
        if not server.started:
            _explain(app)


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


def _protocol(settings: Settings, balance: ConnectionBalance | None) -> Callable[..., GuardedProtocol]:
    """Return what makes the protocol of each connection: they share the caps."""
    limits = SocketLimits(
        header_bytes=settings.max_headers,
        header_seconds=settings.header_seconds,
        write_seconds=settings.write_seconds,
    )
    most = within_open_files(settings.max_connections)
    caps = ConnectionCaps(most, settings.connections_per_address, settings.proxies)
    return partial(GuardedProtocol, limits=limits, caps=caps, balance=balance)


def _explain(app: Litestar) -> NoReturn:
    refused = app.state.get("start_error")
    if isinstance(refused, Exception):
        raise refused
    raise StartRefused("The service did not start; the log above says why. Is the port in use?")


def _leave(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    sys.exit(0)
