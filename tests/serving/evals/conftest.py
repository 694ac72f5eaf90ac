"""A desk with four articles and its golden questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.composition import slices
from serving.context import Context, Slice
from serving.evals.running import Evals
from serving.evals.watch import EvalWatch
from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.conftest import FixedModels

RESET = '[[question]]\nask = "How do I reset my password?"\narticle = "reset-password"\n'
EXPORT = '[[question]]\nask = "my csv export is empty"\narticle = "export"\n'
REFUND = '[[question]]\nask = "I ask for a refund"\narticle = "refund"\nexpect = "handoff"\n'


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, model: LoadedModel | None, migrated_home: Path) -> Litestar:
    """Every slice, over a fixed model; the golden questions lie within reach."""
    parts: list[Slice] = []

    def compose(context: Context) -> Sequence[Slice]:
        parts.extend(slices(context, models=FixedModels(model, settings, clock, context.telemetry)))
        return parts

    app = create_app(settings, clock=clock, compose=compose)
    app.state["evals"] = next(each.dependencies["evals"] for each in parts if "evals" in each.dependencies)
    return app


class EvalDesk:
    """The API, and the look that comes by itself every few seconds."""

    def __init__(self, client: TestClient[Litestar], clock: FrozenClock) -> None:
        self.client, self.clock = client, clock
        self.evals = cast("Evals", client.app.state.evals)
        self.context: Context = client.app.state.context
        self.watch = EvalWatch(self.evals, self.context.settings)

    def put(self, *questions: str, status: int = 200, **headers: str) -> dict[str, Any]:
        answer = self.client.put("/v1/evals", json={"toml": "\n".join(questions)}, headers=headers)
        assert answer.status_code == status, answer.text
        return cast("dict[str, Any]", answer.json())

    def look(self) -> None:
        """Let time pass until the next look."""
        self.watch.look(self.clock.advance(timedelta(seconds=5)))

    def read(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.client.get("/v1/evals").json())

    def states(self) -> dict[str, str]:
        """Return what became of each question, by its first words."""
        return {" ".join(each["ask"].split()[:3]): each["state"] for each in self.read()["questions"]}


@pytest.fixture
def desk(knowing: TestClient[Litestar], clock: FrozenClock) -> EvalDesk:
    return EvalDesk(knowing, clock)
