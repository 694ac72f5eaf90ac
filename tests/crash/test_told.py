"""Killed without warning, again and again: an endpoint is told of every ticket that was acknowledged, in order."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from serving.jobs import LEASE
from tests.crash.history import History
from tests.crash.mortal import Mortal
from tests.crash.test_killed import live_and_die
from tests.serving.webhooks.receiver import Receiver

_PATIENCE = LEASE.total_seconds() + 60  # whoever was killed held leases, which must run out first


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mortal]:
    monkeypatch.setenv("FIRSTLINE_ALLOW_CIDRS", "127.0.0.0/8")
    mortal = Mortal(tmp_path / "home")
    yield mortal
    mortal.kill()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def subscribe(service: Mortal, receiver: Receiver) -> None:
    service.start()
    url, headers = f"http://127.0.0.1:{service.port}/v1/webhooks", {"Authorization": f"Bearer {service.key}"}
    httpx.post(url, json={"url": receiver.url}, headers=headers).raise_for_status()
    service.kill()


def left(home: Path) -> int:
    """Count the jobs that are still there, in the file that the service is writing."""
    with closing(sqlite3.connect(f"file:{home / 'firstline.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM jobs").fetchone()[0])


def facts(home: Path) -> dict[str, str]:
    """Return the subject of every event that was kept, by its id."""
    with closing(sqlite3.connect(home / "firstline.db")) as connection:
        return dict(connection.execute("SELECT id, subject FROM outbox_events"))


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_an_endpoint_is_told_of_all_that_was_acknowledged_when_the_service_is_killed_8_times(
    service: Mortal, history: History, receiver: Receiver
) -> None:
    subscribe(service, receiver)
    live_and_die(service, history, kills=8, seed=2)
    until = time.monotonic() + _PATIENCE
    while left(service.home) and time.monotonic() < until:
        time.sleep(0.5)
    service.kill()

    kept, acknowledged = facts(service.home), history.acknowledged_by_key("ticket")
    told: dict[str, list[int]] = {}  # of each ticket the numbers, as they came for the first time
    for received in receiver.received:
        body = json.loads(received.body)
        numbers = told.setdefault(body["data"]["id"], [])
        if body["sequence"] not in numbers:
            numbers.append(body["sequence"])

    assert left(service.home) == 0
    assert len(acknowledged) > 20
    assert {answers[0]["id"] for answers in acknowledged.values()} <= set(told)
    assert {received.headers["webhook-id"] for received in receiver.received} == set(kept)
    assert {name: numbers for name, numbers in told.items() if numbers != list(range(1, len(numbers) + 1))} == {}


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.jsonl")
