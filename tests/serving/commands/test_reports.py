"""`firstline reports rebuild`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from serving.cli import cli
from serving.storage.database import EmbeddedDatabase, read_only
from serving.storage.job_tables import day_counts
from tests.fakes import MONDAY_MORNING
from tests.serving.reports.filled_desk import fill


@pytest.fixture
def full(migrated_home: Path) -> EmbeddedDatabase:
    """A database that is open, with a ticket and a session on each of ten days."""
    database = EmbeddedDatabase(migrated_home / "firstline.db")
    database.open()
    over = timedelta(days=10)
    database.write(lambda c: fill(c, tickets_n=10, sessions_n=10, until=MONDAY_MORNING, over=over))
    return database


def test_every_day_is_counted(full: EmbeddedDatabase, migrated_home: Path) -> None:
    full.close()
    done = CliRunner().invoke(cli, ["reports", "rebuild", "--home", str(migrated_home)])
    assert (done.exit_code, "counted anew" in done.output) == (0, True), done.output
    with read_only(migrated_home / "firstline.db") as connection:
        parts = set(connection.scalars(sa.select(day_counts.c.part).distinct()))
    assert parts >= {"tickets", "sessions", "channel", "language", "articles"}


def test_a_running_service_is_not_disturbed(full: EmbeddedDatabase, migrated_home: Path) -> None:
    refused = CliRunner().invoke(cli, ["reports", "rebuild", "--home", str(migrated_home)])
    full.close()
    assert refused.exit_code == 1
    assert "Stop it to count every day anew" in refused.output


def test_a_wrong_home_is_named_and_gets_no_database(tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["reports", "rebuild", "--home", str(tmp_path / "typo")])
    assert refused.exit_code == 1
    assert "does not exist: start the service once" in str(refused.exception)
    assert not (tmp_path / "typo").exists()
