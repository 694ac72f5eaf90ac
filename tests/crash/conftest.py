"""What a crash test has: a service that may be killed, on each engine, and the history of what it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.killable_service import KillableService
from tests.crash.operation_history import OperationHistory
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KillableService]:
    """The service, not started yet; it is what dies, and the server that it may stand on lives."""
    told = {}
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        told["FIRSTLINE_DATABASE_URL"] = server.fresh(request.getfixturevalue("template"))
    killable = KillableService(tmp_path / "home", environment=told)
    yield killable
    killable.close()


@pytest.fixture
def history(tmp_path: Path) -> OperationHistory:
    return OperationHistory(tmp_path / "history.jsonl")
