"""A load generator in a process of its own: N keep-alive connections, closed loop, bounded time, loopback only.

    python -m tests.benchmarks.load --port 8000 --path /v1/tags --bodies tags.jsonl --connections 8 --seconds 5

Prints one JSON object: requests, failed, seconds, p50_ms, p99_ms.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Tally:
    """Latencies in seconds of the requests that came back 2xx, and how many did not."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def summary(self, seconds: float) -> dict[str, float]:
        ordered = sorted(self.latencies) or [float("nan")]

        def percentile(share: float) -> float:
            return round(1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)], 2)

        return {
            "requests": len(self.latencies),
            "failed": self.failed,
            "seconds": round(seconds, 3),
            "per_second": round(len(self.latencies) / seconds, 1),
            "p50_ms": percentile(0.50),
            "p99_ms": percentile(0.99),
        }


def request_bytes(path: str, body: bytes, key: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def read_response(reader: asyncio.StreamReader) -> int:
    """Read one response and return its status; only Content-Length bodies, which both services send."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def one_connection(port: int, requests: Iterator[bytes], until: float, tally: Tally) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(next(requests))
        status = await read_response(reader)
        if status < 300:
            tally.latencies.append(time.perf_counter() - start)
        else:
            tally.failed += 1
    writer.close()


async def run(port: int, requests: list[bytes], connections: int, seconds: float) -> dict[str, float]:
    tally, cycle = Tally(), itertools.cycle(requests)
    start = time.perf_counter()
    await asyncio.gather(*(one_connection(port, cycle, start + seconds, tally) for _ in range(connections)))
    return tally.summary(time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--bodies", type=Path, required=True, help="JSON lines, one request body each")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--key", default="")
    options = parser.parse_args()
    requests = [request_bytes(options.path, line, options.key) for line in options.bodies.read_bytes().splitlines()]
    print(json.dumps(asyncio.run(run(options.port, requests, options.connections, options.seconds))))


if __name__ == "__main__":
    main()
