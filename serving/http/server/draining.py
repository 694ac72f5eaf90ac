"""The server of the web process, and how it ends behind a load balancer without losing a request.

After SIGTERM it goes on for `FIRSTLINE_DRAIN_SECONDS`: `/readyz` says 503, new connections are taken, and every
response says `Connection: close`. So no connection is left idle on which the next request would meet the end. Then it
stops listening and answers what the kernel had accepted; who comes later is refused before a byte of the request left.
"""

import asyncio
import gc
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import uvicorn

from serving.peers.balance import ConnectionBalance

_FIRST_BYTES = 0.5  # seconds that the last connections have to send their request
_LOOKS_EVERY = 0.1


class Draining:
    """Whether this process is about to end, and for how many seconds it goes on to serve; 0: it ends at once."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds, self.begun = seconds, False


class Server(uvicorn.Server):
    """Says when it listens and when it is about to end, and takes connections that other workers pass on."""

    def __init__(
        self,
        config: uvicorn.Config,
        draining: Draining,
        *,
        listens: Callable[[], None],
        leaves: Callable[[], None],
        balance: ConnectionBalance | None = None,
    ) -> None:
        super().__init__(config)
        self._draining, self._listens, self._leaves, self._balance = draining, listens, leaves, balance
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
        """Drain, then finish the requests under way."""
        if self._draining.seconds:
            self._draining.begun = True
            self._leaves()
            await self._serve_on()
            await self._take_the_last(sockets or [])
            await asyncio.sleep(_FIRST_BYTES)
        if self._balance is not None:  # finish what others have passed on, too
            self._balance.leave()
            self._take()
            asyncio.get_running_loop().remove_reader(self._balance.fileno())
            self._balance.close()
            await asyncio.gather(*self._joining)
        await super().shutdown(sockets)

    def _take(self) -> None:
        loop = asyncio.get_running_loop()
        for each in self._balance.taken() if self._balance is not None else ():
            each.settimeout(0)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            passed_on = partial(self._protocol, is_passed_on=True)
            joining: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(passed_on, each))
            self._joining.add(joining)
            joining.add_done_callback(self._joining.discard)

    async def _serve_on(self) -> None:
        loop = asyncio.get_running_loop()
        until, looks = loop.time() + self._draining.seconds, 0
        while loop.time() < until and not self.force_exit:
            await self.on_tick(looks)  # the header Date
            await asyncio.sleep(_LOOKS_EVERY)
            looks += 1

    async def _take_the_last(self, sockets: list[socket.socket]) -> None:
        """Stop listening; connections that the kernel has accepted meanwhile are taken, it would reset them."""
        kept = [socket.socket(fileno=os.dup(each.fileno())) for server in self.servers for each in server.sockets]
        for server in self.servers:
            server.close()
        for each in sockets:
            each.close()
        last = [connection for each in kept for connection in _waiting(each)]
        for connection in last:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self, **options: bool) -> asyncio.Protocol:
        made: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state, **options)


def _waiting(listener: socket.socket) -> Iterator[socket.socket]:
    listener.settimeout(0)
    with listener, suppress(BlockingIOError):
        while True:
            connection, _ = listener.accept()
            yield connection
