"""A desk there that can rewrite notes, and one that can only add them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.helpdesks.noted_tickets import EditingDesk, suggests
from tests.serving.helpdesks.test_sync import FIELDS, Both


@pytest.fixture
def opened(desk_app: Litestar) -> Iterator[Litestar]:
    with TestClient(desk_app):
        yield desk_app


@pytest.fixture
def editing(opened: Litestar, clock: FrozenClock) -> Both:
    return Both(opened, clock, EditingDesk(fields=FIELDS), suggests)


@pytest.fixture
def adding(opened: Litestar, clock: FrozenClock) -> Both:
    return Both(opened, clock, MemoryDesk(fields=FIELDS), suggests)
