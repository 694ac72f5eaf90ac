"""A TCP proxy that breaks connections in the ways that networks do.

Between a client and a server on this machine; what it does to new and running connections is changed while it runs.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

CHUNK = 4_096
PATIENCE = 60.0  # seconds for the thread to do what it was told


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the bytes from server to client; all of it together where several are set."""

    #: Seconds that every piece is held back.
    latency: float = 0.0
    #: Bytes after which the connection ends without a word.
    limit: int | None = None
    #: End with RST instead of FIN: at once, or after `limit` bytes.
    reset: bool = False
    #: Seconds between the last byte and the end.
    slow_close: float = 0.0
    #: Bytes of a piece; with `latency` each drips.
    slice: int = CHUNK
    #: Nothing passes in either direction, and nothing says so.
    partition: bool = False
    #: Nobody answers: new connections are refused by closing them at once.
    down: bool = False


class FaultProxy:
    """Listens on a free loopback port and passes connections on to another."""

    def __init__(self, target_port: int) -> None:
        self.fault = Fault()
        self.connections = 0
        self._target = target_port
        self._open: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flows, self._ended = asyncio.Event(), asyncio.Event()
        self._flows.set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fault-proxy", daemon=True)
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        assert self._listening.wait(PATIENCE)

    def stop(self) -> None:
        self._soon(self._ended.set)
        self._thread.join(timeout=PATIENCE)
        assert not self._thread.is_alive()

    def set(self, **changes: object) -> None:
        """Change what happens, and return when it does; without arguments all is well again."""
        self.fault = replace(Fault(), **changes)  # type: ignore[arg-type]
        self._soon(self._flows.clear if self.fault.partition else self._flows.set)
        if self.fault.down or self.fault.reset:
            self._soon(self._cut)
        done = threading.Event()
        self._soon(done.set)
        assert done.wait(PATIENCE)

    def _soon(self, act: Callable[[], object]) -> None:
        assert self._loop is not None, "start it first"
        self._loop.call_soon_threadsafe(act)

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._ended.wait()
        server.close()
        self._flows.set()
        self._cut()
        await asyncio.sleep(0.01)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.fault.down or (self.fault.reset and self.fault.limit is None):
            _end(writer, reset=self.fault.reset)
            return
        try:
            upstream, downstream = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _end(writer, reset=True)
            return
        self._open |= {writer, downstream}
        both = (self._pass(reader, downstream, harmed=False), self._pass(upstream, writer, harmed=True))
        with suppress(asyncio.CancelledError):  # the proxy ends, and nobody waits for this
            await asyncio.gather(*both)
        self._open -= {writer, downstream}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, harmed: bool) -> None:
        passed = 0
        try:
            while piece := await reader.read(self.fault.slice if harmed else CHUNK):
                await self._flows.wait()
                if harmed:
                    await asyncio.sleep(self.fault.latency)
                    piece = piece[: self._room(passed, len(piece))]
                writer.write(piece)
                await writer.drain()
                passed += len(piece)
                if harmed and self.fault.limit is not None and passed >= self.fault.limit:
                    break
            if harmed:
                await asyncio.sleep(self.fault.slow_close)
        except OSError:
            pass
        _end(writer, reset=harmed and self.fault.reset)

    def _room(self, passed: int, wanted: int) -> int:
        return wanted if self.fault.limit is None else max(min(wanted, self.fault.limit - passed), 0)

    def _cut(self) -> None:
        for writer in self._open:
            _end(writer, reset=True)
        self._open.clear()


@contextmanager
def proxied(target_port: int) -> Iterator[FaultProxy]:
    """Run a proxy before a port."""
    proxy = FaultProxy(target_port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def _end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    raw = writer.get_extra_info("socket")
    if reset and raw is not None and not writer.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
