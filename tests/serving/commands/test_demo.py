"""`firstline demo-data`: the sample's last weeks in a small home, with an outage of yesterday."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from serving.cli import cli
from serving.commands.demo import filling, sample
from serving.commands.demo.sample import Sample
from serving.inference.own_content import StoredContent, what_serves
from serving.policy.policies import load
from serving.reports.deflection import DeflectionNumbers
from serving.reports.facts import FactStore
from serving.reports.kpis import Kpis
from serving.reports.rollups.refreshing import Rollups
from serving.reports.windows import ReportWindow
from serving.storage.database import EmbeddedDatabase
from serving.storage.tables import deflections, ticket_events, tickets
from tests.fakes import MONDAY_MORNING

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "datasets/sample"
LAST = 250  # tickets


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is read of the sample's index, which the tests have not built: titles, and a sentence of each section."""
    folder, asked = tmp_path_factory.mktemp("index"), SAMPLE / "articles/known_questions.jsonl"
    known = [json.loads(line) for line in asked.read_text().splitlines()]
    ids = sorted({each["article_id"] for each in known if each.get("article_id")})
    articles = [{"id": each, "title": each} for each in ids]
    passages = [[each, 0, "", "", [["text", f"All about {each}.", 0, 0, ""]]] for each in ids]
    for name, rows in (("articles", articles), ("passages", passages)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(scope="module")
def late(index: Path) -> Sample:
    read = sample.read(SAMPLE, index, MONDAY_MORNING)
    return replace(read, tickets=read.tickets[-LAST:])


@pytest.fixture(scope="module")
def filled(late: Sample, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    path = tmp_path_factory.mktemp("demo") / "firstline.db"
    path.write_bytes(migrated.read_bytes())
    database = EmbeddedDatabase(path)
    database.open()
    filling.fill(database, load(None), late, MONDAY_MORNING, lambda _: None)
    yield database
    database.close()


def column(database: EmbeddedDatabase, column: sa.ColumnElement[Any]) -> list[Any]:
    return database.read(lambda connection: list(connection.scalars(sa.select(column))))


def test_the_whole_year_is_moved_by_weeks_and_ends_now(index: Path) -> None:
    moved = sample.read(SAMPLE, index, MONDAY_MORNING).tickets
    assert timedelta() < MONDAY_MORNING - moved[-1].created_at < timedelta(days=3)
    assert 350 < (MONDAY_MORNING - moved[0].created_at).days < 372
    first = next(each for each in moved if each.ticket.id == "LK-10020")
    filed = next(line for line in sample._lines(SAMPLE / "tickets.jsonl.gz") if '"LK-10020"' in line)
    assert f"{first.created_at:%H:%M:%S}" == json.loads(filed)["created_at"][11:19]


def test_the_desk_works_until_now(filled: EmbeddedDatabase) -> None:
    states = Counter(column(filled, tickets.c.status))
    assert states["closed"] > LAST / 2
    assert states["open"]
    assert states["pending"]
    assert max(column(filled, ticket_events.c.at)) <= MONDAY_MORNING
    assert set(column(filled, ticket_events.c.type)) >= {
        *("ticket_tagged", "ticket_routed", "ticket_assigned", "agent_replied", "customer_replied", "ticket_paused"),
        *("ticket_resolved", "ticket_reopened", "ticket_closed", "sla_breached", "incident_joined"),
    }


def test_every_report_has_something_to_show(filled: EmbeddedDatabase) -> None:
    rollups = Rollups(filled)
    deflection = DeflectionNumbers(rollups.sessions)
    window = ReportWindow(MONDAY_MORNING - timedelta(days=28), MONDAY_MORNING, MONDAY_MORNING)
    numbers, ladder = Kpis(FactStore(filled), rollups.tickets, deflection).counted(window)
    known = {each.id: each.figure for each in [*numbers.kpis, *numbers.beside]}
    assert all(figure.n for figure in known.values())
    assert known["incidents"].value == 1
    assert min(rung.count for rung in ladder.rungs) > 0
    assert {each.end for each in ladder.ends if each.count} >= {"confirmed", "silent", "abandoned", "escalated"}
    assert sum(day.n for day in rollups.articles.uses(window.since, window.until)) > LAST


def test_the_sample_goes_on_serving(filled: EmbeddedDatabase) -> None:
    """Each ticket comes from a question to the sample, which is a trial."""
    assert what_serves(StoredContent(filled)()).what == "sample"
    assert set(column(filled, tickets.c.deflection_id)) <= set(column(filled, deflections.c.id))


def test_nothing_is_added_where_somebody_has_worked(filled: EmbeddedDatabase, late: Sample) -> None:
    before = len(column(filled, tickets.c.id))
    with pytest.raises(filling.HomeNotEmpty):
        filling.fill(filled, load(None), late, MONDAY_MORNING, lambda _: None)
    assert len(column(filled, tickets.c.id)) == before


def test_the_year_is_always_the_same(filled: EmbeddedDatabase, late: Sample, migrated: Path, tmp_path: Path) -> None:
    path = tmp_path / "firstline.db"
    path.write_bytes(migrated.read_bytes())
    again = EmbeddedDatabase(path)
    again.open()
    filling.fill(again, load(None), late, MONDAY_MORNING, lambda _: None)
    for each in (ticket_events.c.type, deflections.c.outcome, deflections.c.question, tickets.c.assignee):
        assert Counter(column(again, each)) == Counter(column(filled, each))
    again.close()


def test_the_command_says_what_it_does_not_do(filled: EmbeddedDatabase, home: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    with sa.create_engine(f"sqlite:///{used / 'firstline.db'}").connect() as copy:
        filled.read(lambda c: c.connection.driver_connection.backup(copy.connection.driver_connection))
    run = CliRunner().invoke
    left = run(cli, ["demo-data", "--if-empty", "--home", str(used)])
    assert (left.exit_code, "no demo data was added" in left.output) == (0, True), left.output
    refused = run(cli, ["demo-data", "--home", str(used)])
    assert isinstance(refused.exception, filling.HomeNotEmpty)
    lacking = run(cli, ["demo-data", "--home", str(home)], env={"FIRSTLINE_SAMPLE": str(tmp_path)})
    assert isinstance(lacking.exception, sample.SampleMissing)
    assert "make setup" in str(lacking.exception)
