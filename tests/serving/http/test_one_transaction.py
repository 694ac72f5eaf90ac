"""Whatever a creating POST does is stored with its receipt or not at all: a crash can come between no two commits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.storage.tables import metadata
from tests.fakes import FrozenClock

Client = TestClient[Litestar]

ARTICLE = {"id": "vpn", "title": "Set up the VPN", "body": "Install the client and sign in."}
FILED = {"subject": "CSV export is empty", "description": "Since this morning.", "channel": "email"}
QUESTION = {"question": "How do I reset my password?", "channel": "chat"}
ENDPOINT = {"url": "https://hooks.example.com/firstline"}
POSTS: dict[str, Any] = {  # each creating route, with a body that it takes
    "/v1/tickets": {"subject": "Export broken"},
    "/v1/tickets/{ticket}/replies": {"text": "On it.", "by": "agent"},
    "/v1/tickets/{ticket}/transitions": {"to": "open"},
    "/v1/tickets/{ticket}/escalations": {"to": "T2", "packet": {}},
    "/v1/tickets/{ticket}/incident": {"incident": None},
    "/v1/tags": FILED,
    "/v1/tags/batch": {"tickets": [FILED, FILED]},
    "/v1/tags/{tagging}/correction": {"category": "bug", "actor": "ana"},
    "/v1/deflections": QUESTION,
    "/v1/deflections/{deflection}/outcome": {"outcome": "confirmed"},
    "/v1/deflections/{deflection}/ticket": {"email": "ann@example.com"},
    "/v1/articles/import": {"articles": [ARTICLE]},
    "/v1/incidents": {"title": "Sign-in fails", "message": "We are on it."},
    "/v1/replays": {"since": "2026-03-01T00:00:00Z"},
    "/v1/erasures": {"email": "ann@example.com"},
    "/v1/webhooks": ENDPOINT,
    "/v1/webhooks/{webhook}/secret": None,
    "/v1/webhooks/{webhook}/test": None,
    "/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver": None,
}
CREATING = set(POSTS) - {"/v1/tickets/{ticket}/escalations"}  # a packet that is whole: tests/serving/tickets
NO_RECEIPTS = sa.text(
    "CREATE TRIGGER no_receipts BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'no receipts today'); END"
)


@pytest.fixture
def database_url() -> None:
    """SQLite whatever was asked for: a trigger is its own in each engine, and the transaction is the same."""


def made(client: Client, path: str, body: Any) -> str:
    answer = client.post(path, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["id"])


def filled(client: Client, path: str) -> str:
    """Return the path with ids of what was made for it."""
    for name, route in {
        "ticket": "/v1/tickets",
        "tagging": "/v1/tags",
        "deflection": "/v1/deflections",
        "webhook": "/v1/webhooks",
    }.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", made(client, route, POSTS[route]))
    if path == "/v1/replays":  # of what there is
        made(client, "/v1/tickets", POSTS["/v1/tickets"])
        client.app.state.context.clock.advance(timedelta(minutes=1))
    if "{delivery}" in path:
        path = path.replace("{delivery}", made(client, path.partition("/deliveries")[0] + "/test", None))
    return path


def stored(client: Client) -> dict[str, list[Any]]:
    def rows(connection: sa.Connection) -> dict[str, list[Any]]:
        return {name: list(connection.execute(sa.select(table))) for name, table in metadata.tables.items()}

    found: dict[str, list[Any]] = client.app.state.context.database.read(rows)
    return found


@pytest.mark.parametrize("route", sorted(CREATING))
def test_without_its_receipt_there_is_no_effect(knowing: Client, route: str) -> None:
    path = filled(knowing, route)
    knowing.app.state.context.database.write(lambda connection: connection.execute(NO_RECEIPTS))
    before = stored(knowing)

    failed = knowing.post(path, json=POSTS[route], headers={"Idempotency-Key": "k-1"})

    assert failed.status_code == 500
    assert stored(knowing) == before


@pytest.mark.parametrize("route", sorted(CREATING))
def test_a_repeat_says_the_same_and_does_nothing(knowing: Client, clock: FrozenClock, route: str) -> None:
    path = filled(knowing, route)
    first = knowing.post(path, json=POSTS[route], headers={"Idempotency-Key": "k-1"})
    before = stored(knowing)

    again = knowing.post(path, json=POSTS[route], headers={"Idempotency-Key": "k-1"})

    assert 200 <= first.status_code == again.status_code < 300, first.text
    assert stored(knowing) == before
    assert again.headers["idempotency-replayed"] == "true"
    assert first.headers["idempotency-expires"] == again.headers["idempotency-expires"]
    if "secret" in first.json():
        assert again.json() == first.json() | {"secret": None}
        kept = next(row for row in before["receipts"] if row.key == "k-1")
        assert first.json()["secret"].encode() not in kept.content, "it is shown once and kept nowhere else"
    else:
        assert again.content == first.content


def test_every_creating_route_is_tried(app: Litestar) -> None:
    known = {
        (route.path_format.count("/"), route.path_format.rpartition("/")[2])
        for route in app.routes
        for handler in route.route_handlers  # type: ignore[union-attr]
        if handler.opt.get("creates")
    }
    assert known == {(path.count("/"), path.rpartition("/")[2]) for path in POSTS}
