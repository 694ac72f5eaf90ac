"""Clients that do not read what they asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from serving.http.server.connection_caps import ConnectionCaps
from serving.http.server.draining import Draining
from serving.http.server.protocol import GuardedProtocol, SocketLimits
from tests.waiting import PATIENCE

PART, PARTS = b"Z" * 1_000_000, 30  # more than the buffers of both sides hold
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def large(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for left in reversed(range(PARTS)):
        await send({"type": "http.response.body", "body": PART, "more_body": left > 0})


@asynccontextmanager
async def listening(write_seconds: float) -> AsyncIterator[tuple[int, ServerState]]:
    state, config = ServerState(), uvicorn.Config(large, log_config=None, lifespan="off")
    limits = SocketLimits(header_bytes=65_536, header_seconds=PATIENCE, write_seconds=write_seconds)
    caps = ConnectionCaps(10, 10, [])

    def protocol() -> GuardedProtocol:
        given = {"config": config, "server_state": state, "app_state": {}}
        return GuardedProtocol(limits=limits, caps=caps, draining=Draining(), **given)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], state


async def becomes(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 (what it waits for says nothing)
            await asyncio.sleep(0.01)


def test_who_reads_nothing_is_let_go() -> None:
    async def run() -> None:
        async with listening(0.1) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
            writer.write(REQUEST)
            await becomes(lambda: bool(state.tasks))
            await becomes(lambda: not state.tasks and not state.connections)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(len(PART) * PARTS)
            writer.close()

    asyncio.run(run())


def test_who_reads_slowly_gets_everything() -> None:
    async def run() -> None:
        async with listening(1.0) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
            writer.write(REQUEST)
            heard = 0
            while part := await reader.read(1_000_000):
                heard += part.count(b"Z")
                await asyncio.sleep(0.01)
            assert heard == len(PART) * PARTS
            writer.close()

    asyncio.run(run())
