"""A service that is killed with a shadow and a canary goes on with both, and a canary that goes back does so once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from serving.storage.job_tables import outbox_events
from serving.storage.model_tables import canary_runs, shadow_tags
from tests.crash.killable_service import KillableService, assert_whole
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model.registry import Registry

SHARE = 0.3


@pytest.fixture
def registry(service: KillableService, tmp_path: Path) -> Registry:
    """Two bundles: the current one, and one that is shadow and canary."""
    registry = Registry(service.home / "models")
    registry.make_current(registry.add(tiny_bundle(tmp_path / "first", name="first")))
    candidate = registry.add(tiny_bundle(tmp_path / "second", name="second"))
    registry.start_shadow(candidate)
    registry.start_canary(candidate, SHARE)
    return registry


@pytest.fixture
def client(service: KillableService) -> Iterator[httpx.Client]:
    key = {"Authorization": f"Bearer {service.key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{service.port}", headers=key, timeout=30) as client:
        yield client


def models(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/models").json()
    return found


def loaded(client: httpx.Client) -> bool:
    shown = models(client)
    return bool(shown["shadow"]["loaded"] and shown["canary"]["loaded"] and shown["canary"]["began_at"])


def tag(client: httpx.Client, number: int) -> dict[str, Any]:
    body = {"subject": f"csv export {number}", "external_id": f"t-{number}"}
    found: dict[str, Any] = client.post("/v1/tags", json=body).raise_for_status().json()
    return found


def correct(client: httpx.Client, tagged: dict[str, Any]) -> None:
    other = "bug" if tagged["tags"]["category"]["label"] != "bug" else "billing"
    sent = client.post(f"/v1/tags/{tagged['id']}/correction", json={"category": other, "actor": "ana"})
    sent.raise_for_status()


def reverts(service: KillableService) -> tuple[int, int]:
    """Return how many events tell of a canary that went back, and how many runs are noted."""
    with service.look() as connection:
        assert_whole(connection)
        told = sa.select(sa.func.count()).where(outbox_events.c.type == "model.canary_reverted")
        noted = sa.select(sa.func.count()).select_from(canary_runs)
        return connection.scalar(told) or 0, connection.scalar(noted) or 0


@pytest.mark.parametrize("point", ["before_begin", "before_commit", "after_commit"])
def test_a_canary_that_is_killed_while_it_goes_back_does_so_once(
    service: KillableService, registry: Registry, client: httpx.Client, point: str
) -> None:
    registry.stop_shadow()
    started = registry.canary()
    assert started is not None
    service.start()
    wait_until(lambda: models(client)["canary"]["began_at"], "no process noted the run")
    wait_until(lambda: models(client)["canary"]["loaded"], "not loaded")
    served = [each for number in range(80) if (each := tag(client, number))["model"]["version"] == started.version]
    for each in served[:8]:
        if registry.canary() is not None:
            correct(client, each)
    service.orders.write_text(point)
    if not service.died(15):  # it went back before the order came
        service.kill()

    for _ in range(3):
        service.start()
        wait_until(lambda: registry.canary() is None, "it did not go back")
        wait_until(lambda: (models(client)["reverted"] or {}).get("version") == started.version)
        assert {tag(client, number)["model"]["version"] for number in range(40)} == {registry.current_id()}
        service.kill()
    assert reverts(service) == (1, 1)


@pytest.mark.parametrize("kills", [5])
def test_both_go_on_after_kills_in_the_middle_of_traffic(
    service: KillableService, registry: Registry, client: httpx.Client, kills: int
) -> None:
    chance, served = random.Random(7), dict[int, str]()
    started, shadow = registry.canary(), registry.shadow_id()
    for _ in range(kills):
        service.start()
        wait_until(lambda: loaded(client), "shadow and canary did not come back")
        for number in range(30):
            version = tag(client, number)["model"]["version"]
            assert served.setdefault(number, version) == version, "a repeat got another model"
        time.sleep(chance.uniform(0, 0.3))
        service.kill()
        assert (registry.canary(), registry.shadow_id()) == (started, shadow)
    assert set(served.values()) == {registry.current_id(), shadow}
    assert reverts(service) == (0, 1)
    with service.look() as connection:
        halves = sa.select(shadow_tags.c.subject).group_by(shadow_tags.c.subject).having(sa.func.count() != 2)
        assert connection.execute(halves).all() == [], "a ticket was kept for one head only"
