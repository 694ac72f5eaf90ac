"""Bytes that are nearly HTTP, sent to the real service: it answers, refuses or hangs up, and stays as it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.amounts import RAW, chance, named
from tests.fuzz.fragments import fragments
from tests.journeys.service import create_key
from tests.serving.http.server.raw_client import Target, get, served
from tests.serving.http.test_routes_as_described import filled, operations

SENDERS = 8
PATHS = sorted({filled(path) for _, path, _ in operations()})
PATHS += ["/", "*", "//", "/v1/../v1/tags", "http://x/healthz", ""]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "PRI", "G\x00T", ""]
VERSIONS = ["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "HTTP/9.9", "http/1.1", "HTTP/1.1 x", ""]
LENGTHS = ["0", "2", "7", "-1", "+2", "2, 2", "2, 3", "0x2", "1e3", "²", "99999999999999999999", "", "2\x00"]
CODINGS = [
    "chunked",
    "Chunked",
    "gzip, chunked",
    "chunked, chunked",
    "identity",
    "xchunked",
    "\x0bchunked",
    "chunked;a",
]
CHUNKS = [
    "2\r\n{}\r\n0\r\n\r\n",
    "zz\r\n",
    "-1\r\n",
    "fffffffffffffffff\r\nx",
    "2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n",
    "2\n{}\n0\n\n",
]
HEADERS = [
    *("Content-Type: application/json", "Content-Type: ", "Content-Encoding: gzip", "X-Forwarded-For: ::, x"),
    *("Host: x", "Host: ", "Host: a\r\nHost: b", "Host: \x00", "host:x", "Host : x", " Host: x", "X", ": x", "X:\x01"),
    *("Expect: 100-continue", "Expect: x", "Upgrade: websocket", "Upgrade: h2c", "Connection: keep-alive", "TE: x"),
    *("Cookie: " + "a" * 5_000, "Origin: null", "Origin: \xff", "Range: bytes=0-", "Accept: \xff", "If-Match: \x7f"),
    *("Authorization: Basic x", "Authorization: Bearer ", "Firstline-Session: cs_", "Idempotency-Key: ", "X: a\r\n b"),
    *("Access-Control-Request-Method: X", "X: é", "\x00: x"),
]  # fmt: skip
BODIES = ["", "{}", "{", "[[[[", "\x00", '{"question": "x"}', '{"a":' * 3_000, "\xff\xfe", "a" * 20_000]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


@pytest.fixture(scope="module")
def key(home: Path) -> str:
    return f"Authorization: Bearer {create_key(home, 'admin')}"


@pytest.fixture(scope="module")
def target(home: Path, key: str) -> Iterator[Target]:
    with served(home, header_seconds="0.5", body_seconds="0.5", rate_limits="off") as target:
        yield target


def request(chance: Random, key: str) -> bytes:
    """Return a request with some things wrong; now and then bytes that were never one."""
    if chance.random() < 0.03:
        return chance.randbytes(chance.randint(1, 300)) + b"\r\n\r\n"
    body = chance.choice([*BODIES, fragments(chance)])
    path = chance.choice(PATHS) + chance.choice([*[""] * 9, "?", "?after=%00", "#", "/%2e%2e", "?\xff", " x", ";a"])
    method = chance.choice(METHODS if chance.random() < 0.1 else METHODS[:5])
    lines = [f"{method} {path} {chance.choice(VERSIONS) if chance.random() < 0.1 else 'HTTP/1.1'}"]
    usual = ["Host: x", key, f"Content-Length: {len(body.encode())}", "Connection: close", HEADERS[0]]
    lines += [each for each in usual if chance.random() < 0.9]
    lines += chance.sample(HEADERS, chance.choice([0, 0, 1, 2]))
    if chance.random() < 0.1:
        lines.append(f"Content-Length: {chance.choice(LENGTHS)}")
    if chance.random() < 0.1:
        lines.append(f"Transfer-Encoding: {chance.choice(CODINGS)}")
        body = chance.choice(CHUNKS)
    written = (chance.choice(["\r\n"] * 20 + ["\n", "\r"])).join([*lines, "", body]).encode("utf-8", "replace")
    return mutated(chance, written) if chance.random() < 0.2 else written


def mutated(chance: Random, written: bytes) -> bytes:
    """Cut, repeat or overwrite a part."""
    at = chance.randrange(len(written))
    piece = chance.choice([b"", b"\r\n", b"\x00", b"\xff", b" ", chance.randbytes(4), written[at : at + 40] * 3])
    return written[:at] + piece + written[at + chance.choice([0, 1, 30]) :]


def heard(target: Target, sent: bytes) -> bytes:
    """Send, say that nothing follows, and return the beginning of what comes; nothing where the service hangs up."""
    with suppress(ConnectionError, BrokenPipeError), target.connect() as connection:
        connection.sendall(sent)
        connection.settimeout(0.05)
        with suppress(TimeoutError):
            return connection.recv(65_536)
    return b""


def fault(answer: bytes) -> str | None:
    """Say what is wrong with a response; without a model and articles some routes are not ready: 503."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    if not answer:
        return None
    if found is None:
        return "no HTTP"
    status = int(found[1])
    if status >= 500 and status != 503:
        return f"{status}"
    return "a traceback" if b"Traceback" in answer else None


@pytest.mark.timeout(7_200)
def test_no_malformed_request_is_an_error_of_ours(target: Target, key: str, home: Path) -> None:
    statuses = Counter[bytes]()

    def attempt(number: int) -> str | None:
        answer = heard(target, request(chance("raw", number), key))
        statuses[answer[9:12]] += 1
        found = fault(answer)
        return f"{named('raw', number)}: {found}: {answer[:300]!r}" if found else None

    before = target.peak_mb()
    with ThreadPoolExecutor(SENDERS) as senders:
        found = [each for each in senders.map(attempt, range(RAW)) if each]

    assert found[:5] == []
    assert b" 200 " in target.ask(get("/healthz"))
    assert target.peak_mb() - before < 200
    log = (home / "service.log").read_text()
    assert "Traceback" not in log, log[:3_000]
    assert sum(statuses[each] for each in (b"200", b"401", b"404", b"503")) > RAW / 20, statuses
