"""A desk that puts every certified label to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from serving.settings import Settings
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.certificates.watched_desk import WatchedDesk, a_certified, opened
from tests.serving.conftest import a_model

AGENT = Callable[..., dict[str, str]]


@pytest.fixture
def settings(settings: Settings, migrated_home: Path) -> Settings:
    return replace(settings, audited_share=1.0)


@pytest.fixture
def desk(settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT) -> Iterator[WatchedDesk]:
    with opened(settings, clock, a_model(encoder, a_certified(clock)), make_key("admin")) as desk:
        yield desk
