"""A desk whose field `category` is certified, and whose audits a test decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from litestar.testing import TestClient

from serving.app import create_app
from serving.composition import slices
from serving.context import Context
from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from serving.storage.job_tables import outbox_events
from tests.fakes import FixedBundle, FrozenClock
from tests.manifests import a_certificate, a_head, a_manifest
from tests.serving.conftest import Client, FixedModels
from triage.model.assessment import HeadThresholds, Leaf
from triage.model.certificate import Certificate

CERTIFICATE = Certificate("crt_1", threshold=0.8, alpha=0.05, delta=0.1, n=200, k=3, coverage=0.4)


def a_certified(clock: FrozenClock, **changes: Any) -> FixedBundle:
    """Return a bundle that says `bug` of every ticket, under a certificate issued now for 90 days."""
    lasts = {"issued_at": clock.now(), "expires_at": clock.now() + timedelta(days=90), "watched_as": "crt_1"}
    certificate = Certificate(**{**vars_of(CERTIFICATE), **lasts, **changes})
    rule = HeadThresholds(0.5, (Leaf(certificate=certificate),))
    manifest = a_manifest(heads={"category": a_head(certificates=(a_certificate(id=certificate.id),))})
    says = {"category": {"bug": 0.99, "billing": 0.01}}
    return FixedBundle(says=says, ruled={"category": rule}, manifest=manifest)


def vars_of(certificate: Certificate) -> dict[str, Any]:
    return {name: getattr(certificate, name) for name in certificate.__slots__}


@dataclass
class WatchedDesk:
    """What a test does at the desk."""

    client: Client
    clock: FrozenClock
    actors: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def tag(self) -> dict[str, Any]:
        answer = self.client.post("/v1/tags", json={"subject": "CSV export is empty"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def correct(self, tagging_id: str, label: str) -> None:
        path = f"/v1/tags/{tagging_id}/correction"
        answer = self.client.post(path, json={"category": label, "actor": f"ana{next(self.actors)}"})
        assert answer.status_code == 200, answer.text

    def certificate(self) -> dict[str, Any]:
        (found,) = self.client.get("/v1/models").json()["certificates"]
        return dict(found)

    def queue(self, answer: str = "open") -> list[dict[str, Any]]:
        return list(self.client.get("/v1/certificates/audited", params={"answer": answer}).json()["audited"])

    def events(self) -> list[dict[str, Any]]:
        asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "certificate.expired")
        database = self.client.app.state.context.database
        return [row.data for row in database.read(lambda connection: connection.execute(asked).all())]

    def look(self) -> None:
        """Do what the service does every second."""
        self.client.app.state.certificate_watch.look(self.clock.now())


@contextmanager
def opened(settings: Settings, clock: FrozenClock, model: LoadedModel, key: dict[str, str]) -> Iterator[WatchedDesk]:
    """Start the whole service over a model; leaving stops it."""
    parts: list[Any] = []

    def compose(context: Context) -> Any:
        parts.extend(slices(context, models=FixedModels(model, settings, clock, context.telemetry)))
        return parts

    app = create_app(settings, clock=clock, compose=compose)
    watch = next(each.dependencies["certificate_watch"] for each in parts if "certificate_watch" in each.dependencies)
    app.state.certificate_watch = watch
    with TestClient(app) as client:
        client.headers.update(key)
        yield WatchedDesk(client, clock)
