"""What is left of the service at several times its capacity: goodput, refusals, hand-offs and probes.

    python -m tests.benchmarks.overload --port 8000 --key sk_… --capacity 8 --times 5 --seconds 10

First `--capacity` connections ask as fast as they get answers. Then requests come at `--times` that rate whether or not
earlier ones were answered, with three hand-offs a second beside them. Start the service with
`FIRSTLINE_TRUSTED_PROXIES=127.0.0.1/32`, or its cap of connections per address is measured. Prints one JSON object per
phase: for each kind of request and status how many, and p50, p99 and maximum in ms. `bare` is a server that does
nothing, in a process of its own: what it takes is the machine's, not the service's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable

from tests.benchmarks.load import read_response, request_bytes
from tests.ports import free_port

HANDOFFS = 3  # a second
BARE = 20  # requests a second to the bare server
PROBE_EVERY = 0.1  # seconds
Tally = dict[str, list[float]]


class Load:
    """One phase: sends requests and keeps how long each took, by kind and status."""

    def __init__(self, port: int, key: str, seconds: float) -> None:
        self._port, self._key, self._seconds = port, key, seconds
        self._until = time.perf_counter() + seconds
        self.tally: Tally = defaultdict(list)

    async def once(self, kind: str, request: bytes) -> None:
        began = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(request)
            status = str(await read_response(reader))
            writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:
            status = type(error).__name__
        self.tally[f"{kind} {status}"].append(time.perf_counter() - began)

    def tag(self, number: int) -> bytes:
        ticket = {"subject": "Export is empty", "description": f"The export has no rows, number {number}"}
        return request_bytes("/v1/tags", json.dumps(ticket).encode(), self._key)

    def handoff(self, number: int) -> bytes:
        ticket = {"subject": "Help", "description": f"Please call me, number {number}", "email": "a@example.com"}
        return request_bytes("/v1/tickets", json.dumps(ticket).encode(), self._key)

    async def closed(self) -> None:
        number = 0
        while time.perf_counter() < self._until:
            await self.once("tag", self.tag(number))
            number += 1

    async def opened(self, kind: str, request: Callable[[int], bytes], rate: float) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * self._seconds)):
                due = self._until - self._seconds + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(self.once(kind, request(number)))

    async def probes(self) -> None:
        while time.perf_counter() < self._until:
            for path in ("/healthz", "/readyz"):
                await self.once(path, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            await asyncio.sleep(PROBE_EVERY)

    def summary(self) -> dict[str, dict[str, float]]:
        def of(times: list[float]) -> dict[str, float]:
            ordered = sorted(times)
            at = {"p50": len(ordered) // 2, "p99": int(0.99 * len(ordered)), "max": -1}
            shown = {name: round(1000 * ordered[place], 1) for name, place in at.items()}
            return {"n": len(ordered), "per_second": round(len(ordered) / self._seconds, 1)} | shown

        return {name: of(times) for name, times in sorted(self.tally.items())}


async def serve_nothing(port: int) -> None:
    """Answer every request at once."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


def bare(port: int) -> None:
    asyncio.run(serve_nothing(port))


async def run(options: argparse.Namespace, bare_port: int) -> None:
    calm = Load(options.port, options.key, options.seconds)
    await asyncio.gather(calm.probes(), *(calm.closed() for _ in range(options.capacity)))
    print(json.dumps({"phase": "capacity", **calm.summary()}))
    rate = options.times * len(calm.tally["tag 200"]) / options.seconds
    full = Load(options.port, options.key, options.seconds)
    tags, handoffs = full.opened("tag", full.tag, rate), full.opened("handoff", full.handoff, HANDOFFS)
    beside = Load(bare_port, options.key, options.seconds)
    nothing = beside.opened("bare", lambda _: b"GET / HTTP/1.1\r\n\r\n", BARE)
    await asyncio.gather(full.probes(), tags, handoffs, nothing)
    full.tally |= beside.tally
    print(json.dumps({"phase": f"{options.times} x capacity", **full.summary()}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--capacity", type=int, default=8)
    parser.add_argument("--times", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    options, port = parser.parse_args(), free_port()
    server = multiprocessing.get_context("spawn").Process(target=bare, args=(port,), daemon=True)
    server.start()
    try:
        asyncio.run(run(options, port))
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
