"""A desk with a current bundle and a candidate, both tiny, behind the whole service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from serving.app import create_app
from serving.settings import Settings
from serving.storage.database import Database
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model.registry import Registry

WORDS = ["export", "csv", "empty", "invoice", "refund", "password", "reset", "login", "api", "key", "broken"]


def filed(number: int, **given: Any) -> dict[str, Any]:
    """Return a ticket of its own for each number."""
    subject = f"{WORDS[number % 11]} {WORDS[number // 11 % 11]} {WORDS[number // 121 % 11]}"
    return {"subject": subject, "external_id": f"t-{number}", **given}


@dataclass
class TriedDesk:
    """The service, its registry, and the ids of the two bundles."""

    client: Client
    registry: Registry
    current: str
    candidate: str

    @property
    def database(self) -> Database:
        found: Database = self.client.app.state.context.database
        return found

    def tag(self, number: int, **given: Any) -> dict[str, Any]:
        answer = self.client.post("/v1/tags", json=filed(number, **given))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def correct(self, tagged: dict[str, Any], *, head: str = "category") -> None:
        """Set another label than the model gave."""
        labels = {"category": ("bug", "billing"), "priority": ("P1", "P3")}[head]
        other = next(label for label in labels if label != tagged["tags"][head]["label"])
        answer = self.client.post(f"/v1/tags/{tagged['id']}/correction", json={head: other, "actor": "ana"})
        assert answer.status_code == 200, answer.text

    def start_shadow(self) -> None:
        self.registry.start_shadow(self.candidate)
        self.reload()

    def start_canary(self, share: float) -> None:
        """Start it, and wait until the watch has noted the run."""
        self.registry.start_canary(self.candidate, share)
        self.reload()
        wait_until(lambda: self.models()["canary"]["began_at"], "no process noted the run")

    def reload(self) -> None:
        assert self.client.post("/v1/models/reload").status_code == 200

    def models(self) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get("/v1/models").json()
        return body

    def report(self) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get("/v1/models/shadow").json()
        return body

    def compared(self, n: int) -> dict[str, Any]:
        """Return the report once it has so many tickets."""
        return wait_until(lambda: found if (found := self.report())["agreement"]["n"] >= n else None, "not compared")


@pytest.fixture
def registry(home: Path, tmp_path: Path) -> Registry:
    """A registry with a current bundle, `first`, and a candidate."""
    registry = Registry(home / "models")
    registry.make_current(registry.add(tiny_bundle(tmp_path / "first", name="first")))
    registry.add(tiny_bundle(tmp_path / "second", name="second"))
    return registry


@pytest.fixture
def tried(
    migrated_home: Path,
    tmp_path: Path,
    registry: Registry,
    clock: FrozenClock,
    make_key: Callable[..., dict[str, str]],
) -> Iterator[TriedDesk]:
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    settings = Settings(home=migrated_home, sample=tmp_path / "no-sample", demo=False, shadow_share=1.0)
    with TestClient(create_app(settings, clock=clock)) as client:
        client.headers.update(make_key("admin"))
        wait_until(lambda: client.get("/readyz").json()["missing"].get("models") is None)
        current = registry.current_id() or ""
        (candidate,) = set(registry.versions()) - {current}
        yield TriedDesk(client, registry, current, candidate)
