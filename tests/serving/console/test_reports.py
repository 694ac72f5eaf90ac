"""The console's room of reports: each page with data and without, odd addresses, files, and who may read."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.console.reports import words
from serving.console.reports.asked import USUAL_SHARES
from serving.console.reports.kept import Kept
from serving.inference.loaded_model import LoadedModel
from serving.reports.trends.schemas import ThemeOut, TrendsOut
from serving.reports.trends.trends import ProductTrends
from serving.settings import Settings
from serving.storage.job_tables import session_arms
from serving.storage.tables import deflections
from tests.fakes import MONDAY_MORNING, FrozenClock
from tests.serving.console.conftest import Console
from tests.serving.reports.filled_desk import fill

PAGES = ("/reports", "/reports/experiment", "/reports/capacity", "/reports/trends", "/reports/deflection")
FILES = ("/reports/experiment.csv", "/reports/trends.csv", "/reports/trends.md", "/reports/deflection.csv")
ODD = (
    "/reports/capacity?deflection=abc&deflection=99&deflection=-5&tickets_a_month=1e9",
    "/reports/capacity?deflection=%C2%B2&tickets_a_month=99999999999999999999999",
    "/reports/trends?weeks=0",
    "/reports/trends?weeks=%22%3E",
    "/reports/deflection?by=visitor&days=3",
    "/reports/deflection.csv?by=&days=x",
    "/reports/experiment?since=yesterday",
)
DAY = timedelta(days=1)
TWELVE_WEEKS = 84 * DAY


@pytest.fixture
def filled(client: TestClient[Litestar]) -> None:
    """Twelve weeks with 1,680 tickets and 400 sessions."""
    database = client.app.state.context.database
    database.write(lambda c: fill(c, tickets_n=1_680, sessions_n=400, until=MONDAY_MORNING, over=TWELVE_WEEKS))


def drawn(connection: sa.Connection, at: datetime, arm: str, n: int) -> None:
    """Add visitors of an arm, each with a session."""
    for number in range(n):
        name = f"dfl_{arm}_{number}"
        asked = {"id": name, "created_at": at, "question": "?", "visitor": name, "account": name, "reason": ""}
        kind = "answer" if arm == "bot" else "holdout"
        connection.execute(deflections.insert(), {**asked, "decision": kind, "eligible": True, "response": {}})
        connection.execute(session_arms.insert(), {"deflection_id": name, "created_at": at, "arm": arm, "share": 0.4})


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def a_theme(**changes: Any) -> ThemeOut:
    fields = {
        "words": ["webhook", "<b>secret"],
        "direction": "growing",
        "recent": 36,
        "before": 12,
        "expected": 9.4,
        "ratio": 3.83,
        "interval": (2.1, 7.2),
        "p": 0.001,
        "q": 0.02,
        "product_area": "integrations",
        "product_area_share": 0.83,
        "plans": {"premium": 30},
        "customers": 18,
        "cost_a_month": 360.0,
        "extra_cost_a_month": 266.0,
        "example": "tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "tickets": ["tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV"],
    }
    return ThemeOut(**fields | changes)


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Trends that found a theme; returns the weeks of each time that they were computed."""
    computed: list[int] = []

    def report(self: ProductTrends, until: datetime | None, weeks: int, *, at: datetime) -> TrendsOut:
        computed.append(weeks)
        return TrendsOut(
            generated_at=at,
            since=datetime(2026, 2, 2, tzinfo=UTC),
            until=datetime(2026, 3, 2, tzinfo=UTC),
            compared_since=datetime(2025, 11, 10, tzinfo=UTC),
            weeks=weeks,
            n=935,
            sampled=0.5,
            last_year=True,
            tested=55,
            false_discovery_rate=0.1,
            themes=[a_theme(), a_theme(words=[], ratio=None, interval=(4.0, None), product_area=None)],
            waiting=0,
            note=None,
        )

    monkeypatch.setattr(ProductTrends, "report", report)
    return computed


class TestEmptyDesk:
    def test_every_page_says_that_there_is_nothing_yet(self, console: Console) -> None:
        first = console.read("/reports")
        assert "no experiment yet" in first
        assert "needed in the week of" not in first
        assert "no week was looked at yet" in first
        assert "whole weeks, and there are 0" in console.read("/reports/capacity")
        assert "There are no tickets in this time." in console.read("/reports/trends")
        assert "Nobody asked a question" in console.read("/reports/deflection")

    def test_the_experiment_says_what_it_is_and_how_to_switch_it_on(self, console: Console) -> None:
        page = console.read("/reports/experiment")
        assert "The holdout is off: a random share of the visitors" in page
        assert "FIRSTLINE_HOLDOUT=0.05" in page
        assert "Arms" not in page

    def test_files_are_empty_and_a_plan_without_tickets_is_refused(self, console: Console) -> None:
        for path in FILES:
            assert console.get(path)
        assert "whole weeks" in console.read("/reports/capacity.csv", 400)


class TestNewExperiment:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, holdout=0.05)

    def test_says_that_nobody_was_drawn_yet(self, console: Console) -> None:
        page = console.read("/reports/experiment")
        assert "The holdout is off" not in page
        assert "5 % of the visitors are held out, and nobody has asked a question since." in page


class TestWithoutAModel:
    @pytest.fixture
    def model(self) -> LoadedModel | None:
        return None

    def test_trends_are_not_there_yet(self, console: Console) -> None:
        assert "themes are found once one is loaded" in console.read("/reports/trends")
        assert console.get("/reports/trends.csv", 503)
        assert "no week was looked at yet" in console.read("/reports")


class TestFilledDesk:
    def test_the_first_page_has_a_figure_of_each_report(self, filled: None, console: Console) -> None:
        page = console.read("/reports")
        assert re.search(
            r"Capacity \d+\.\d people needed in the week of 2026-03-09; capacity.toml names no agents", page
        )
        assert re.search(r"Deflection [\d.]+ % n \d+", page)
        assert re.search(r"KPIs \d of \d targets met", page)
        assert "0 to decide" in page

    def test_capacity_plans_what_is_ticked(self, filled: None, console: Console) -> None:
        page = console.get("/reports/capacity?deflection=20&deflection=25")
        read = console.read("/reports/capacity?deflection=20&deflection=25")
        assert 'value="25" checked' in page
        assert "0 %, as it is" in read
        assert re.findall(r"At (\d+) %", read) == ["20", "25"]
        assert "assumptions that come with Firstline" in read
        assert "triage/policies/capacity.toml" in read
        assert "write agents under each of its shifts" in read
        rows = rows_of(console.get("/reports/capacity.csv?deflection=20&deflection=25"))
        assert {each["deflection"] for each in rows} == {"0.0", "0.2", "0.25"}

    def test_capacity_with_numbers_of_its_own(self, filled: None, console: Console) -> None:
        read = console.read("/reports/capacity?tickets_a_month=5000")
        assert "Demand from numbers that were given" in read
        assert "5,000" in read
        assert "tickets_a_month=5000" in console.get("/reports/capacity?tickets_a_month=5000")

    def test_the_ladder_is_grouped_as_asked(self, filled: None, console: Console) -> None:
        page = console.read("/reports/deflection?by=brand&days=91")
        assert "Ladder by brand" in page
        assert "north" in page
        assert "south" in page
        assert page.index("All") < page.index("north") < page.index("south")
        assert "Tickets per agent and day" in page
        keys = {each["group"] for each in rows_of(console.get("/reports/deflection.csv?by=brand&days=91"))}
        assert {"", "north", "south"} <= keys
        assert "Durable by week" in console.read("/reports/deflection?by=week")


class TestExperiment:
    def test_arms_difference_and_what_it_still_takes(
        self, client: TestClient[Litestar], sign_in: Any, make_key: Any, clock: FrozenClock
    ) -> None:
        """24 of 44 held out and 20 of 80 others open a ticket: 0.5455 - 0.25 = 0.295."""
        database = client.app.state.context.database
        for arm, n in (("bot", 80), ("holdout", 44)):
            database.write(lambda c, arm=arm, n=n: drawn(c, clock.now(), arm, n))
        clock.advance(timedelta(hours=1))
        for arm, opened in (("bot", 20), ("holdout", 24)):
            for number in range(opened):
                sent = {"subject": "x", "account": f"dfl_{arm}_{number}", "channel": "web"}
                assert client.post("/v1/tickets", json=sent).status_code == 201
        clock.advance(8 * DAY)
        known = client.get("/v1/reports/experiment?format=csv").text
        console = sign_in()
        page = console.read("/reports/experiment")
        assert re.search(r"Tickets per session 0\.295 -?\d\.\d+ to \d\.\d+ 124", page)
        assert re.search(r"seen after about [\d,]+ more sessions", page)
        assert "Sees no answer, goes to a person 0.545" in page
        assert re.search(r"35\.5 % of the visitors are in the holdout, 40 % were set", page)
        assert "no difference seen yet" in console.read("/reports")
        assert console.get("/reports/experiment.csv") == known


class TestTrends:
    def test_themes_with_their_numbers_money_and_tickets(self, changed: list[int], console: Console) -> None:
        page, read = console.get("/reports/trends"), console.read("/reports/trends")
        assert "webhook, <b>secret" in read
        assert "<b>secret" not in page
        assert "36 18 customers 9.4 3.83 times 2.10 to 7.20 integrations 83 % 360 +266" in read
        assert "new 4.00 to ?" in read
        assert "sample of 50 %" in read
        assert 'href="/queue/tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV"' in page
        assert 'href="/reports/trends.md?weeks=4"' in page

    def test_are_found_once_for_page_and_files(self, changed: list[int], console: Console) -> None:
        for path in ("/reports/trends", "/reports/trends.csv", "/reports/trends.md"):
            assert "webhook" in console.get(path)
        assert changed == [4]
        console.get("/reports/trends?weeks=2")
        assert changed == [4, 2]
        assert console.get("/reports/trends.md?weeks=2").startswith("# Themes of 2026-02-02")


def test_an_address_that_asks_for_what_is_not_known_asks_for_nothing(
    filled: None, changed: list[int], console: Console
) -> None:
    for path in ODD:
        assert console.get(path) == console.get(path.partition("?")[0]), path


@pytest.mark.parametrize("scope", ["agent", "admin"])
def test_agents_and_admins_read_everything(scope: str, sign_in: Any) -> None:
    console = sign_in(scope)
    assert 'href="/reports" aria-current="page"' in console.get("/reports")
    for path in (*PAGES, *FILES):
        console.get(path)
    for path in ("/reports/experiment.csv", "/reports/deflection.csv"):
        headers = console.client.get(path).headers
        assert headers["content-type"].startswith("text/csv")
        assert headers["content-disposition"].endswith('.csv"')


def test_nobody_reads_them_without_signing_in(client: TestClient[Litestar]) -> None:
    client.headers.pop("Authorization", None)
    for path in (*PAGES, *FILES, "/reports/capacity.csv"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in"), path


def test_what_is_kept_is_computed_again_when_it_is_too_old() -> None:
    kept, made = Kept[str, int](timedelta(minutes=1)), iter(range(100))
    at = MONDAY_MORNING
    assert [kept.take("a", at + timedelta(seconds=s), lambda: next(made)) for s in (0, 59, 60, 61)] == [0, 0, 1, 1]
    assert kept.take("a", at, lambda: next(made)) == 2  # the clock was set back
    for name in "bcdefghi":
        kept.take(name, at, lambda: next(made))
    assert kept.take("i", at, lambda: next(made)) == 10
    assert kept.take("a", at, lambda: next(made)) == 11  # eight others came since


def test_words() -> None:
    assert words.ends((None, None)) == "–"
    assert words.ends((1.234, None), 1) == "1.2 to ?"
    assert words.percent(0.305) == "30.5\N{NO-BREAK SPACE}%"
    assert words.still_takes(0).endswith("seen already.")
    assert USUAL_SHARES == (30, 50)
