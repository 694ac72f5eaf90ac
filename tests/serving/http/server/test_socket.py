"""What strangers may send and hold before anybody knows them: raw sockets against the real service."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.journeys.service import create_key
from tests.serving.http.server.raw_client import Target, get, post, rest, served

Open = Callable[..., list[socket.socket]]
PER_ADDRESS = 6
HELPDESKS = """
[rt]
url = "https://rt.example.com"
hook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
options.queue = "Support"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("socket")
    (home / "helpdesks.toml").write_text(HELPDESKS)
    return home


@pytest.fixture(scope="module")
def key(home: Path) -> str:
    return f"Authorization: Bearer {create_key(home, 'admin')}"


@pytest.fixture(scope="class")
def target(home: Path, key: str) -> Iterator[Target]:
    with served(home, header_seconds="0.5", body_seconds="0.5", helpdesks=str(home / "helpdesks.toml")) as target:
        yield target


@pytest.fixture(scope="class")
def patient(home: Path, key: str) -> Iterator[Target]:
    with served(
        home,
        header_seconds="1000",
        body_seconds="1000",
        max_connections="40",
        connections_per_address=str(PER_ADDRESS),
        trusted_proxies="127.0.0.9/32",
        shutdown_seconds="1",
    ) as target:
        yield target


@pytest.fixture
def open_(patient: Target) -> Iterator[Open]:
    """Open connections from these addresses and keep them to the end of the test."""
    with ExitStack() as stack:
        yield lambda *addresses: [stack.enter_context(patient.connect(each)) for each in addresses]


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def tolerant_send(connection: socket.socket, data: bytes) -> bool:
    """Send; False when the other side has gone."""
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True


class TestHeaders:
    def test_of_60_kb_are_read(self, target: Target) -> None:
        assert status(target.ask(get("/healthz", "X-Long: " + "a" * 60_000))) == 200

    @pytest.mark.parametrize(
        "request_bytes",
        [
            get("/healthz", "X-Long: " + "a" * 70_000),
            get("/healthz", *(f"X-Header-{n}: {'a' * 90}" for n in range(700))),
            get("/healthz?" + "a" * 70_000),
            b"\r\n" * 40_000,
        ],
        ids=["one long header", "many headers", "a long path", "empty lines"],
    )
    def test_over_64_kb_are_refused(self, target: Target, request_bytes: bytes) -> None:
        answer = target.ask(request_bytes)
        assert status(answer) == 431
        assert b"connection: close" in answer
        assert b"urn:firstline:problem:headers-too-large" in answer

    def test_a_path_of_4_kb_is_read_and_a_longer_one_kept_nowhere(self, target: Target) -> None:
        assert status(target.ask(get("/v1/tickets/" + "a" * 4_000))) == 401
        before = target.peak_mb()
        for number in range(500):
            answer = target.ask(get(f"/v1/tickets/{number}" + "a" * 60_000))
            assert (status(answer), b"urn:firstline:problem:path-too-long" in answer) == (414, True)
        assert target.peak_mb() - before < 30

    def test_without_end_cost_no_memory(self, target: Target) -> None:
        before = target.peak_mb()
        with target.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Long: ")
            sent = 0
            while sent < 100_000_000 and tolerant_send(connection, b"a" * 100_000):
                sent += 100_000
            assert status(rest(connection)) in {0, 431}  # reset while it still sent
        assert target.peak_mb() - before < 30

    def test_after_a_chunked_body_are_not_headers_of_the_request(self, target: Target, key: str) -> None:
        chunked = "POST /v1/tags HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        assert status(target.ask(f"{chunked}2\r\n{{}}\r\n0\r\n{key}\r\n\r\n".encode())) == 401

    def test_after_a_chunked_body_have_the_same_limit(self, target: Target, key: str) -> None:
        head = post("/v1/tags", 0, "Transfer-Encoding: chunked", key).replace(b"Content-Length: 0\r\n", b"")
        assert status(target.ask(head, b"2\r\n{}\r\n0\r\nX-Long: ", b"a" * 200_000)) == 431

    @pytest.mark.parametrize("start", [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
    def test_that_do_not_come_end_the_connection(self, target: Target, start: bytes) -> None:
        assert status(target.ask(start)) == (408 if start else 0)

    def test_that_come_byte_by_byte_end_the_connection(self, target: Target) -> None:
        with target.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            while tolerant_send(connection, b"a"):
                time.sleep(0.05)

    def test_of_a_second_request_have_a_deadline_too(self, target: Target) -> None:
        first = get("/healthz").replace(b"Connection: close\r\n", b"")
        answer = target.ask(first, b"GET /heal")
        assert [int(each) for each in re.findall(rb"HTTP/1.1 (\d+) ", answer)] in ([200, 408], [200])

    def test_of_many_requests_at_once_are_not_kept(self, target: Target) -> None:
        """As many are answered as wait, and the last answer says that no more will come on this connection."""
        for number in (500, 20):
            *before, last = target.ask(get("/healthz").replace(b"Connection: close\r\n", b"") * number).split(
                b"HTTP/1.1 "
            )[1:]
            assert 8 <= len(before) < number - 1
            assert all(each.startswith(b"200") and b'{"status":"ok"}' in each for each in [*before, last])
            assert b"connection: close" in last
            assert not any(b"connection: close" in each for each in before)

    @pytest.mark.parametrize(
        "start",
        [b"CONNECT a:1 HTTP/1.1\r\n\r\n" + b"x" * 100_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01" * 99],
        ids=["a tunnel", "HTTP/2", "TLS"],
    )
    def test_of_something_else_are_refused(self, target: Target, start: bytes) -> None:
        assert status(target.ask(start)) == 400

    def test_that_ask_for_another_protocol_are_answered_in_this_one(self, target: Target) -> None:
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        answer = target.ask(f"GET /healthz HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n".encode())
        assert status(answer) == 200


class TestBodies:
    @pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/v1/inbound/nowhere", "/v1/inbound/nowhere/else"])
    def test_for_nobody_are_not_read(self, target: Target, path: str) -> None:
        answer = target.ask(post(path, 100_000_000))
        assert (status(answer), b"connection: close" in answer) == (404, True)

    @pytest.mark.parametrize("path", ["/nowhere", "/v1/inbound/nowhere", "/v1/tags"])
    def test_are_not_asked_for_before_it_is_known_who_reads_them(self, target: Target, path: str) -> None:
        answer = target.ask(post(path, 1_000, "Expect: 100-continue"))
        assert status(answer) == (401 if path == "/v1/tags" else 404)
        assert b"100 Continue" not in answer

    def test_are_asked_for_where_somebody_reads_them(self, target: Target) -> None:
        with target.connect() as connection:
            connection.sendall(post("/v1/inbound/rt", 2, "Expect: 100-continue", "Connection: close"))
            assert connection.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"{}")
            assert status(rest(connection)) == 401

    def test_that_are_sent_all_the_same_do_not_hide_the_answer(self, target: Target) -> None:
        assert status(target.ask(post("/nowhere", 300_000), b"a" * 300_000)) == 404

    def test_too_large_are_refused_before_they_come(self, target: Target, key: str) -> None:
        assert status(target.ask(post("/v1/tags", 100_000_000, key))) == 413

    @pytest.mark.parametrize("start", [b"", b"{"])
    def test_that_do_not_come_end_the_request(self, target: Target, key: str, start: bytes) -> None:
        answer = target.ask(post("/v1/tags", 100, key), start)
        assert (status(answer), b"urn:firstline:problem:body-incomplete" in answer) == (408, True)

    def test_that_come_byte_by_byte_end_the_request(self, target: Target, key: str) -> None:
        with target.connect() as connection:
            connection.sendall(post("/v1/tags", 100_000, key))
            while tolerant_send(connection, b" "):
                time.sleep(0.05)

    def test_known_to_be_refused_keep_the_connection_where_they_are_short(self, target: Target) -> None:
        with target.connect() as connection:
            for _ in range(2):
                connection.sendall(post("/v1/tags", 2) + b"{}")
                heard = b""
                while not heard.endswith(b"}"):
                    heard += connection.recv(65_536)
                assert (status(heard), b"connection: close" in heard) == (401, False)


class TestConnections:
    """Against a service whose deadlines never come, so that only the caps close what is idle."""

    def test_that_wait_give_way_to_newer_ones_of_their_address(self, patient: Target, open_: Open) -> None:
        oldest, *others = open_(*["127.0.0.2"] * PER_ADDRESS)
        [stranger] = open_("127.0.0.3")
        assert status(patient.ask(get("/healthz"), address="127.0.0.2")) == 200
        assert rest(oldest) == b""
        for each in (others[-1], stranger):
            each.sendall(get("/healthz"))
            assert status(rest(each)) == 200

    def test_by_the_hundred_starve_no_probe(self, patient: Target, open_: Open) -> None:
        oldest, *_ = open_(*(f"127.0.1.{n % 200 + 1}" for n in range(400)))
        assert status(patient.ask(get("/healthz"))) == 200
        assert rest(oldest) == b""

    def test_at_work_leave_places_for_probes_alone(self, patient: Target, open_: Open, key: str) -> None:
        for each in open_(*["127.0.0.4"] * PER_ADDRESS):
            each.sendall(post("/v1/tags", 100, key, "Expect: 100-continue"))
            assert b"100 Continue" in each.recv(100)  # under way, and will stay so
        assert status(patient.ask(get("/healthz"), address="127.0.0.4")) == 200
        answer = patient.ask(get("/v1/tickets", key), address="127.0.0.4")
        assert (status(answer), b"retry-after: 1" in answer) == (503, True)
        assert status(patient.ask(get("/v1/tickets", key), address="127.0.0.5")) == 200

    def test_of_a_trusted_proxy_have_no_limit_of_their_own(self, patient: Target, open_: Open) -> None:
        oldest, *_ = open_(*["127.0.0.9"] * (PER_ADDRESS + 4))
        oldest.sendall(get("/healthz"))
        assert status(rest(oldest)) == 200
