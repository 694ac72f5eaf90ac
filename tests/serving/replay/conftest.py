"""A home with a database to fill, and the command over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from serving.cli import cli
from tests.serving.replay.past import (
    Changes,
    Run,
)


@pytest.fixture
def connection(migrated_home: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{migrated_home / 'firstline.db'}")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def run(home: Path) -> Run:
    def invoke(*words: str | Path, since: str = "2026-01-01") -> Result:
        told = {"FIRSTLINE_HOME": str(home)}
        return CliRunner().invoke(cli, ["replay", "--since", since, *(str(word) for word in words)], env=told)

    return invoke


@pytest.fixture
def changes(run: Run) -> Changes:
    def of(*words: str | Path) -> list[tuple[str, ...]]:
        done = run(*words, "--json")
        assert done.exit_code == 0, done.output or done.exception
        return [tuple(each.values()) for each in json.loads(done.output)["changes"]]

    return of
