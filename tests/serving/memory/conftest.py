"""A service that looks for recent tickets more often than a real one, and whose model a test may swap."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

import serving.memory.wiring
from serving.app import create_app
from serving.composition import slices
from serving.context import Context
from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.conftest import FixedModels


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_EVERY", "RENEW_EVERY", "TRIM_EVERY"):
        monkeypatch.setattr(serving.memory.wiring, name, timedelta(seconds=0.1))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, worker=True)


@pytest.fixture
def served() -> list[FixedModels]:
    """What serves the models, once the app is made."""
    return []


@pytest.fixture
def app(
    settings: Settings, clock: FrozenClock, model: LoadedModel | None, migrated_home: Path, served: list[FixedModels]
) -> Litestar:
    def compose(context: Context) -> Any:
        served.append(FixedModels(model, settings, clock, context.telemetry))
        return slices(context, models=served[0])

    return create_app(settings, clock=clock, compose=compose)
