"""Calls over a real socket: what reaches the desk, and what is made of whatever it answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from serving.helpdesks.calls import calls, connected
from serving.helpdesks.port.errors import DeskRefused, DeskUnreachable
from serving.helpdesks.port.port import Call, Helpdesk
from serving.settings import Settings
from tests.ports import free_port
from tests.serving.helpdesks.recording_transport import a_case, a_connection


class Desk(BaseHTTPRequestHandler):
    """Answers what the test has prepared and keeps what it was sent."""

    answers: list[tuple[int, bytes, dict[str, str]]]
    seen: list[dict[str, Any]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
        status, content, more = self.answers.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 (their names)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Desk.answers, Desk.seen = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(server: ThreadingHTTPServer) -> Helpdesk:
    outgoing = calls(Settings(allow_cidrs="127.0.0.0/8"))
    return connected(a_connection("zendesk", url=f"http://127.0.0.1:{server.server_port}/"), outgoing)


def answer(status: int, body: Any, **headers: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    Desk.answers.append((status, content, headers))


def test_a_call_reaches_the_desk_as_it_was_meant(desk: Helpdesk) -> None:
    answer(201, {"ticket": {"id": 9}})
    assert desk.create(a_case(subject="Prüfung")) == "9"
    [seen] = Desk.seen
    assert (seen["method"], seen["path"]) == ("POST", "/api/v2/tickets.json")
    assert json.loads(seen["body"])["ticket"]["subject"] == "Prüfung"
    assert seen["headers"]["content-type"] == "application/json"
    assert seen["headers"]["idempotency-key"] == "tkt_01"
    assert seen["headers"]["authorization"].startswith("Basic ")


def test_a_question_is_quoted(desk: Helpdesk) -> None:
    answer(200, {"tickets": []})
    assert desk.find("tkt 1&x=1") is None
    assert Desk.seen[0]["path"] == "/api/v2/tickets.json?external_id=tkt+1%26x%3D1"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 409, 422, 429, 500, 503])
def test_anything_but_success_is_a_refusal_that_tells_no_secret(desk: Helpdesk, status: int) -> None:
    answer(status, b"t0ken is wrong", Location="http://127.0.0.1:1/")
    with pytest.raises(DeskRefused) as refused:
        desk.probe()
    assert refused.value.status == status
    assert str(refused.value).startswith(f"zendesk answered {status}")
    assert "t0ken" not in str(refused.value)
    assert len(Desk.seen) == 1  # redirects are not followed


@pytest.mark.parametrize("content", [b"<html>maintenance</html>", b"\xff", b"{"])
def test_an_answer_that_is_no_json_is_a_fault(desk: Helpdesk, content: bytes) -> None:
    answer(200, content)
    with pytest.raises(DeskUnreachable, match="it answered no JSON"):
        desk.probe()


def test_an_answer_without_a_body_is_success(desk: Helpdesk) -> None:
    answer(204, b"")
    desk.note("9", "x")


def test_an_answer_that_does_not_end_is_cut_off(desk: Helpdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.helpdesks.calls._MOST", 1_000)
    answer(200, b"x" * 1_001)
    with pytest.raises(DeskUnreachable, match="larger than 1,000 bytes"):
        desk.probe()


def test_a_desk_that_hangs_up_is_a_fault(desk: Helpdesk) -> None:
    answer(200, b"{}", **{"Content-Length": "100"})
    with pytest.raises(DeskUnreachable, match="does not speak HTTP"):
        desk.probe()


def test_a_call_says_what_it_is() -> None:
    assert Call(method="GET", path="/x") == Call(method="GET", path="/x", json=None, query={}, headers={})


def test_a_desk_that_asks_for_patience_is_heard(desk: Helpdesk) -> None:
    answer(429, {}, **{"Retry-After": "90"})
    with pytest.raises(DeskRefused, match="asked too often") as refused:
        desk.probe()
    assert refused.value.wait == timedelta(seconds=90)


def test_a_desk_on_a_private_address_is_not_called_unless_its_network_is_allowed(server: ThreadingHTTPServer) -> None:
    connection = a_connection("zendesk", url=f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(DeskUnreachable, match=r"zendesk could not be asked: .*FIRSTLINE_ALLOW_CIDRS"):
        connected(connection, calls(Settings())).probe()
    assert Desk.seen == []


def test_a_desk_where_nobody_answers_is_named_with_what_to_look_at() -> None:
    connection = a_connection("zendesk", url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(DeskUnreachable, match=r"nobody answers at 127\.0\.0\.1:.*see that it runs"):
        connected(connection, calls(Settings(allow_cidrs="127.0.0.0/8"))).probe()


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 1_000_000])
def test_an_answer_without_a_bottom_is_a_fault(desk: Helpdesk, body: bytes) -> None:
    answer(200, body)
    with pytest.raises(DeskUnreachable, match="answered no JSON"):
        desk.probe()


def test_half_a_letter_in_an_answer_can_be_stored(desk: Helpdesk) -> None:
    answer(200, rb'{"user": {"email": "a\ud83d b\uD83D\uDE00 c\\ud83d"}}')
    assert desk.probe() == "a? b\U0001f600 c\\ud83d"
