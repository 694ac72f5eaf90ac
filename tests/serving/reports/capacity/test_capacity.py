"""The capacity report over HTTP and on the command line, from the desk's tickets and from numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from litestar import Litestar
from litestar.testing import TestClient

from serving.cli import cli
from serving.reports.capacity.counting import counts
from serving.reports.capacity.planning import AskedCapacity, CapacityPlan
from serving.storage.database import Database
from tests.fakes import MONDAY_MORNING
from tests.serving.reports.filled_desk import fill
from tests.triage.capacity.files import FORMFLOW, usual
from triage import contact_costs
from triage.errors import PolicyRefused

Client = TestClient[Litestar]
Run = Callable[..., Result]
TWELVE_WEEKS = timedelta(days=84)


def refused(client: Client, **query: Any) -> list[dict[str, str]]:
    answer = client.get("/v1/reports/capacity", params=query)
    assert answer.status_code == 400, answer.text
    found: list[dict[str, str]] = answer.json()["errors"]
    return found


class TestCounts:
    @pytest.fixture
    def filled(self, database: Database) -> Database:
        """1,680 tickets, one each 72 minutes, up to Monday 10:00; by turns email, chat and web."""
        database.write(lambda c: fill(c, tickets_n=1_680, sessions_n=0, until=MONDAY_MORNING, over=TWELVE_WEEKS))
        return database

    def test_hold_whole_weeks_by_hour_channel_type_and_day(self, filled: Database) -> None:
        found = filled.read(lambda connection: counts(connection, MONDAY_MORNING))
        assert sum(found.hours.values()) == sum(found.mix.values()) == sum(found.days.values())
        assert sum(found.days.values()) == pytest.approx(1_680, abs=10)
        assert {channel for channel, _ in found.hours} == {"email", "chat", "web"}
        assert len({hour for _, hour in found.hours}) == 140
        assert {type_ for _, type_ in found.mix} == {"bug", "how_to", "billing", "other"}

    def test_become_the_demand_of_next_week(self, filled: Database) -> None:
        """20 tickets a day; a third by chat."""
        plan = CapacityPlan(
            usual(), contact_costs.default(), lambda at: filled.read(lambda connection: counts(connection, at))
        )
        report = plan.report(AskedCapacity(), at=MONDAY_MORNING)
        assert report.week.isoformat() == "2026-03-09"
        assert report.now.tickets_a_week == pytest.approx(140, rel=0.02)
        low, high = report.demand.growth.interval or (1.0, 0.0)
        assert low < 0.0 < high
        assert report.demand.n == pytest.approx(12 * 140, abs=10)
        assert report.now.pools[0].tickets + report.now.pools[0].outside == pytest.approx(140 / 3, rel=0.03)


class TestOverHttp:
    def test_numbers_that_are_given_need_no_tickets(self, client: Client) -> None:
        answer = client.get("/v1/reports/capacity", params={"tickets_a_month": 500, "deflection": ["0.3", "0.5"]})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["week"], found["demand"]["source"]) == ("2026-03-09", "given")
        assert found["now"]["tickets_a_month"] == pytest.approx(500)
        assert [each["tickets_a_month"] for each in found["what_if"]] == pytest.approx([350, 250])
        assert [each["pool"] for each in found["now"]["pools"]] == ["live", "mail"]
        assert len(found["now"]["pools"][1]["intervals"]) == 80
        assert found["now"]["pools"][1]["response"]["interval"][0] < found["now"]["pools"][1]["response"]["mean"]

    def test_growth_says_whom_to_hire_when(self, client: Client) -> None:
        found = client.get("/v1/reports/capacity", params={"tickets_a_month": 500, "growth_a_month": 0.1}).json()
        assert found["now"]["triggers"]
        assert found["now"]["months"][12]["tickets"] == pytest.approx(500 * 1.1**12)

    def test_a_spreadsheet_gets_a_row_for_each_figure(self, client: Client) -> None:
        answer = client.get("/v1/reports/capacity", params={"tickets_a_month": 500, "format": "csv"})
        assert answer.headers["content-disposition"] == 'attachment; filename="capacity.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        response = next(each for each in rows if each["figure"] == "first_response_hours_mean")
        assert float(response["interval_low"]) < float(response["value"]) < float(response["interval_high"])
        assert sum(each["figure"] == "half_hour_needed" for each in rows) == 160

    def test_a_desk_without_tickets_is_answered_with_what_to_give(self, client: Client) -> None:
        (error,) = refused(client)
        assert error["field"] == "tickets_a_month"
        assert "there are 0; give tickets_a_month" in error["message"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"tickets_a_month": 0}, "tickets_a_month"),
            ({"tickets_a_month": "nan"}, "tickets_a_month"),
            ({"tickets_a_month": 1e9}, "tickets_a_month"),
            ({"growth_a_month": 2}, "growth_a_month"),
            ({"growth_a_month": "nan"}, "growth_a_month"),
            ({"deflection": 1.5}, "deflection"),
            ({"deflection": "nan"}, "deflection"),
            ({"deflection": "much"}, "deflection"),
            ({"deflection": ["0.1"] * 11, "tickets_a_month": 5}, "deflection"),
            ({"week": "2020-01-01", "tickets_a_month": 5}, "week"),
            ({"week": "soon", "tickets_a_month": 5}, "week"),
        ],
    )
    def test_numbers_that_cannot_be_are_refused(self, client: Client, query: dict[str, Any], field: str) -> None:
        assert [each["field"] for each in refused(client, **query)] == [field]

    def test_it_is_for_agents(self, client: Client, make_key: Callable[..., dict[str, str]]) -> None:
        answer = client.get("/v1/reports/capacity", headers=make_key("tag"))
        assert answer.status_code == 403


class TestOnTheCommandLine:
    @pytest.fixture
    def run(self, home: Path) -> Run:
        def invoke(*words: str | Path) -> Result:
            return CliRunner().invoke(cli, ["capacity", *map(str, words)], env={"FIRSTLINE_HOME": str(home)})

        return invoke

    @pytest.fixture
    def formflow(self, tmp_path: Path) -> Path:
        path = tmp_path / "formflow.toml"
        path.write_text(FORMFLOW, encoding="utf-8")
        return path

    def test_a_page_says_who_is_missing_and_what_deflection_changes(self, run: Run, formflow: Path) -> None:
        page = run("--file", formflow, "--deflection", "0.5").stdout
        assert "1 of 2 agents for 8 hours" in page
        assert "50%         250" in page
        assert "Hire 1 for" in page

    def test_json_and_csv_are_what_the_api_returns(self, run: Run, formflow: Path) -> None:
        assert json.loads(run("--file", formflow, "--json").stdout)["demand"]["source"] == "given"
        assert run("--file", formflow, "--csv").stdout.startswith("deflection,pool,figure,at,value,")

    def test_a_home_without_tickets_says_what_to_give(self, run: Run) -> None:
        assert "--tickets-a-month" in str(run().exception)

    def test_what_cannot_be_is_refused(self, run: Run, tmp_path: Path) -> None:
        assert run("--json", "--csv", "--tickets-a-month", "5").exit_code == 2
        assert run("--deflection", "1.2").exit_code == 2
        assert "Give a day from" in run("--week", "2020-01-01", "--tickets-a-month", "5").stderr
        broken = tmp_path / "broken.toml"
        broken.write_text("[demand]\nin_hours = 3\n", encoding="utf-8")
        assert isinstance(run("--file", broken, "--tickets-a-month", "5").exception, PolicyRefused)
