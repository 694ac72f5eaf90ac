"""What a crash test has: a service that may die, on each engine, and the book of what it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.history import History
from tests.crash.mortal import Mortal
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mortal]:
    """The service, not started yet; it is what dies, and the server that it may stand on lives."""
    told = {}
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        told["FIRSTLINE_DATABASE_URL"] = server.fresh(request.getfixturevalue("template"))
    mortal = Mortal(tmp_path / "home", environment=told)
    yield mortal
    mortal.close()


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.jsonl")
