"""PostgreSQL fails over to a synchronous standby: what was acknowledged is there, and the service goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.journeys.service import create_key, serving
from tests.postgres import HINT, Postgres, binaries
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model.registry import Registry

BACK = 10.0  # seconds from the promotion to the first ticket; one or two on a free machine


@dataclass
class Pair:
    """A leader and the standby that its commits wait for."""

    leader: Postgres
    standby: Postgres

    def url(self, name: str) -> str:
        places = f"127.0.0.1:{self.leader.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://postgres@{places}/{name}?target_session_attrs=read-write"


@pytest.fixture
def pair() -> Iterator[Pair]:
    found = binaries()
    if found is None:
        pytest.skip(HINT)
    with ExitStack() as stack:
        leader = Postgres(found)
        stack.callback(leader.stop)
        standby = leader.standby()
        if standby is None:
            pytest.skip("pg_basebackup is not installed")
        stack.callback(standby.stop)
        yield Pair(leader, standby)


@dataclass
class Customer:
    """Opens tickets one after the other, each with a key, until each is acknowledged."""

    client: httpx.Client
    opened: list[tuple[float, str]] = field(default_factory=list)
    refused: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        number = 0
        while not self.over.is_set():
            body, key = {"subject": f"refund {number}"}, {"Idempotency-Key": f"k-{number}"}
            said = self.client.post("/v1/tickets", json=body, headers=key)
            if said.status_code == 201:
                self.opened.append((time.monotonic(), said.json()["id"]))
                number += 1
            else:
                assert said.status_code in {409, 503}, said.text
                self.refused += 1
            self.over.wait(0.1)


def test_nothing_acknowledged_is_lost_and_the_service_goes_on_by_itself(pair: Pair, tmp_path: Path) -> None:
    home, name = tmp_path / "home", pair.leader.fresh().rpartition("/")[2]
    home.mkdir()
    registry = Registry(home / "models")
    registry.make_current(registry.add(tiny_bundle(tmp_path / "bundle", name="a")))
    told = {"FIRSTLINE_DATABASE_URL": pair.url(name), "FIRSTLINE_SAMPLE": str(tmp_path / "none")}
    key = create_key(home, "admin", **told)
    with serving(home, key, **told) as service:
        customer = Customer(service.client)
        thread = threading.Thread(target=customer.go_on)
        thread.start()
        try:
            wait_until(lambda: len(customer.opened) >= 10, "no tickets")
            pair.leader.kill()
            lost = time.monotonic()
            wait_until(lambda: _readiness(service.client) == 503, "it does not notice")
            noticed = time.monotonic()
            pair.standby.promote()
            leads = time.monotonic()
            wait_until(lambda: any(at > leads for at, _ in customer.opened), "no ticket after the promotion")
            back = next(at for at, _ in customer.opened if at > leads)
            wait_until(lambda: _readiness(service.client) == 200, "it is not ready again")
        finally:
            customer.over.set()
            thread.join()
    print(f"noticed after {noticed - lost:.1f} s, back {back - leads:.1f} s after the promotion,", end=" ")
    print(f"{len(customer.opened)} tickets, {customer.refused} refused")
    assert back - leads < BACK
    with psycopg.connect(pair.standby.url(name)) as connection:
        kept = {row[0] for row in connection.execute("SELECT id FROM tickets")}
        subjects = connection.execute("SELECT count(*), count(DISTINCT subject) FROM tickets").fetchone()
    assert {each for _, each in customer.opened} <= kept
    assert subjects is not None
    assert subjects[0] == subjects[1], "a repeat had a second effect"


def _readiness(client: httpx.Client) -> int:
    with suppress(httpx.TransportError):
        return client.get("/readyz").status_code
    return 0
