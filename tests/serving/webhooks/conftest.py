"""The desk with webhooks, over a clock that stands still and receivers that are real."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.clock import SystemClock
from serving.context import Context, Slice
from serving.jobs.workers import Workers
from serving.outbound.http_client import Outgoing, Response
from serving.process import workers_of
from serving.settings import Settings
from serving.tickets.wiring import wire as wire_tickets
from serving.webhooks.wiring import wire as wire_webhooks
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.jobs_database import run_one
from tests.serving.webhooks.receiver import LISTENING, Receiver

_BRIEF = timedelta(seconds=0.4)


class Impatient(Outgoing):
    """Gives up soon whoever never answers, as that holds up the test; everybody else has the time that they need."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: timedelta
    ) -> Response:
        if url in LISTENING and LISTENING[url].never_answers:
            timeout = _BRIEF
        return super().request(method, url, headers=headers, content=content, timeout=timeout)


@dataclass
class Scene:
    """A service, its workers run by hand, and the time."""

    client: TestClient[Litestar]
    workers: Workers
    clock: FrozenClock

    def subscribe(self, url: str, *types: str) -> dict[str, Any]:
        answer = self.client.post("/v1/webhooks", json={"url": url, "types": list(types)})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def open(self) -> str:
        return str(self.client.post("/v1/tickets", json={"subject": "My secret is lost"}).json()["id"])

    def work(self) -> None:
        for _ in range(1_000):
            if not run_one(self.workers):
                return
        raise AssertionError("the work never ends")

    def pass_time(self, span: timedelta, step: timedelta = timedelta(minutes=5)) -> None:
        for _ in range(int(span / step)):
            self.clock.advance(step)
            self.work()

    def deliveries(self, webhook: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.client.get(f"/v1/webhooks/{webhook['id']}/deliveries").json()["deliveries"])


@pytest.fixture
def scene(
    settings: Settings,
    clock: FrozenClock,
    migrated_home: Path,
    make_key: Callable[..., dict[str, str]],
) -> Iterator[Scene]:
    settings = replace(settings, allow_cidrs="127.0.0.0/8")
    built: list[Workers] = []

    def compose(context: Context) -> list[Slice]:
        outgoing = Impatient(SystemClock(), allowed=context.settings.allowed_networks)
        slices = [wire_tickets(context, tagger=FixedTagger()), wire_webhooks(context, outgoing=outgoing)]
        built.append(workers_of(context, slices, draw=lambda: 0.5))
        return slices

    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    with TestClient(create_app(settings, clock=clock, compose=compose)) as client:
        client.headers.update(make_key("admin"))
        yield Scene(client, built[0], clock)


@pytest.fixture
def other() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
