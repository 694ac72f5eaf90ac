"""`firstline reports`: tables and CSV beside a running service, and days counted anew."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from serving.cli import cli
from serving.storage.database import EmbeddedDatabase, read_only
from serving.storage.job_tables import day_counts
from tests.fakes import MONDAY_MORNING, FrozenClock
from tests.serving.reports.filled_desk import fill

SINCE, UNTIL = f"{MONDAY_MORNING - timedelta(days=20):%Y-%m-%d}", f"{MONDAY_MORNING + timedelta(days=9):%Y-%m-%d}"


def printed(home: Path, *arguments: str) -> str:
    asked = ["reports", *arguments, "--since", SINCE, "--until", UNTIL, "--home", str(home)]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is some days after the last fact."""
    monkeypatch.setattr(
        "serving.commands.reports.SystemClock", lambda: FrozenClock(MONDAY_MORNING + timedelta(days=10))
    )


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


def test_reports_are_printed_beside_a_running_service(full: EmbeddedDatabase, migrated_home: Path) -> None:
    """Of ten sessions nine are real questions: six with an answer, of which one was left."""
    numbers = printed(migrated_home, "kpis")
    ladder = printed(migrated_home, "deflection", "--by", "channel")
    experiment, searches = printed(migrated_home, "experiment"), printed(migrated_home, "searches")
    full.close()
    assert f"{SINCE} 00:00 to {UNTIL} 00:00 UTC." in numbers
    assert {"First", "CSAT", "Time", "Open"} <= {line.split()[0] for line in numbers.splitlines() if line.strip()}
    assert "at most 3 min" in numbers
    eligible = next(line.split() for line in ladder.splitlines() if line.startswith("Eligible"))
    assert eligible[:2] == ["Eligible", "9"]
    assert {"email", "chat", "web"} <= {line.split()[0] for line in ladder.splitlines() if line.strip()}
    assert "FIRSTLINE_HOLDOUT=0.05" in experiment
    assert "searches without a result" in searches


@pytest.mark.parametrize(
    ("name", "column"), [("kpis", "kpi"), ("deflection", "rung"), ("experiment", "arm"), ("searches", "term")]
)
def test_reports_are_printed_as_csv(full: EmbeddedDatabase, migrated_home: Path, name: str, column: str) -> None:
    written = printed(migrated_home, name, "--csv")
    full.close()
    assert column in (csv.DictReader(io.StringIO(written)).fieldnames or ())


def test_a_window_that_ends_before_it_begins_is_a_wrong_option(migrated_home: Path) -> None:
    asked = ["reports", "kpis", "--since", "2026-02-02", "--until", "2026-02-01", "--home", str(migrated_home)]
    refused = CliRunner().invoke(cli, asked)
    assert refused.exit_code == 2
    assert "--since" in refused.output


def test_a_wrong_home_is_named_and_gets_no_database(tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["reports", "rebuild", "--home", str(tmp_path / "typo")])
    assert refused.exit_code == 1
    assert "does not exist: start the service once" in str(refused.exception)
    assert not (tmp_path / "typo").exists()
