"""The whole service over models that are fixed: every slice, a real database, a real index."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from retrieval.answering.answerability import Answerability
from retrieval.answering.ranker import LinearRanker
from serving.app import create_app
from serving.clock import Clock
from serving.composition import slices
from serving.context import Context
from serving.inference.live_models import LiveModels, ModelStatus
from serving.inference.loaded_model import LoadedModel
from serving.inference.similar_tickets import ClosedCases
from serving.settings import Settings
from serving.telemetry import Telemetry, log_to
from tests.fakes import FixedBundle, FrozenClock, HashingEncoder
from tests.waiting import wait_until
from triage.model.closed_tickets.bundled import BundledTickets
from triage.model.registry import Registry

Client = TestClient[Litestar]

CASES = [
    {"id": "old-1", "subject": "CSV export is empty", "resolution": "Removed the filter.", "kb_article_id": "export"},
    {"id": "old-2", "subject": "Invoice address is wrong", "resolution": None, "kb_article_id": None},
]


def a_model(encoder: HashingEncoder, bundle: FixedBundle | None = None, **changes: Any) -> LoadedModel:
    """Build a loaded model over a fixed bundle; it knows two closed tickets."""
    vectors = encoder.encode([str(case["subject"]) for case in CASES]).astype(np.float16)
    cases = ClosedCases.of(BundledTickets(vectors, tuple(CASES)))
    defaults: dict[str, Any] = {
        "bundle": bundle or FixedBundle(),
        "encoder": encoder,
        "answerability": Answerability(),
        "cases": cases,
        "precedents": cases.precedents(),
        "ranker": LinearRanker(),
        "origin": "current",
        "loaded_at": FrozenClock().now(),
    }
    return LoadedModel(**defaults | changes)


class FixedModels(LiveModels):
    """Serves the model it was given, or none."""

    def __init__(self, model: LoadedModel | None, settings: Settings, clock: Clock, telemetry: Telemetry) -> None:
        super().__init__(Registry(settings.models_path), settings.sample, clock, telemetry)
        self._status = ModelStatus(live=model)

    def serve(self, model: LoadedModel) -> None:
        self._status = ModelStatus(live=model)

    def reload(self) -> ModelStatus:
        return self._status

    def watch(self, at: object) -> None:
        """Look at nothing."""


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel | None:
    return a_model(encoder)


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, model: LoadedModel | None, migrated_home: Path) -> Litestar:
    """Every slice as it is put together in production, over a fixed model."""

    def compose(context: Context) -> Any:
        return slices(context, models=FixedModels(model, settings, clock, context.telemetry))

    return create_app(settings, clock=clock, compose=compose)


@pytest.fixture
def client(app: Litestar, make_key: Callable[..., dict[str, str]]) -> Iterator[Client]:
    """A client with an admin's key."""
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    with TestClient(app) as client:
        client.headers.update(make_key("admin"))
        yield client


ARTICLES = [
    {
        "id": "reset-password",
        "title": "Reset your password",
        "url": "https://help.example.com/reset-password",
        "body": "Open the sign-in page and choose Forgot password. A link to reset your password arrives by email.",
    },
    {
        "id": "export",
        "title": "CSV export is empty",
        "url": "https://help.example.com/export",
        "body": "An export is empty when a filter hides every row. Remove the filter and export again.",
    },
    {
        "id": "refund",
        "title": "Ask for a refund",
        "body": "A refund needs a person. Write to us with the invoice number to ask for a refund.",
        "requires_human": True,
    },
    {
        "id": "runbook-refund",
        "title": "Runbook for approving a refund",
        "body": "Agents approve a refund up to the limit of their role.",
        "visibility": "internal",
    },
]


@pytest.fixture
def knowing(client: Client) -> Client:
    """A client of a service that has four articles."""
    take_in(client, ARTICLES)
    return client


def take_in(client: Client, articles: list[dict[str, Any]]) -> None:
    """Import articles, again if they are not found soon: a request waits for that no longer than two seconds."""

    def found() -> bool:
        answer = client.post("/v1/articles/import", json={"articles": articles})
        assert answer.json()["articles"] == len(articles), answer.text
        return bool(answer.json()["searchable"])

    wait_until(found)


@pytest.fixture
def log(clock: FrozenClock) -> Iterator[io.StringIO]:
    """Everything that the process logs, as the command line sets it up, at its most talkative."""
    root, ours = logging.getLogger(), logging.getLogger("firstline")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    log_to(stream, clock, "debug")
    yield stream
    root.handlers[:], root.level, ours.level = before
