"""The console's first page: it says what the API says, and to an empty desk what to do."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from serving.console.overview.cards import Card, card, hours, interval, written
from serving.reports.figures import Figure, KpiOut, Span, Target
from serving.reports.staffing import StaffingAlarm
from serving.settings import Settings
from tests.fakes import MONDAY_MORNING, FrozenClock
from tests.serving.console.conftest import Console

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = Span(since=MONDAY_MORNING - 28 * DAY, until=MONDAY_MORNING)


def a_kpi(value: float | None, target: Target | None = None, **changes: Any) -> Card:
    figure = Figure(value=value, n=0 if value is None else 20, window=NOW, interval=(0.5, 0.9))
    fields = {"id": "csat", "title": "CSAT", "definition": "Share.", "unit": "share", "link": "/queue", "trend": []}
    return card(KpiOut(**fields | {"figure": figure, "target": target, "parts": []} | changes))


@pytest.fixture
def busy(client: Any, make_key: Any, clock: FrozenClock) -> Any:
    """Three tickets, one of them answered after an hour and one long overdue, with a question that was answered."""
    sent = {"subject": "CSV export is empty", "description": "Since Monday.", "channel": "email", "plan": "standard"}
    ids = [client.post("/v1/tickets", json=sent).json()["id"] for _ in range(3)]
    clock.advance(HOUR)
    client.post(
        f"/v1/tickets/{ids[0]}/replies", json={"by": "agent", "text": "Remove the filter."}, headers={"If-Match": "*"}
    )
    clock.advance(3 * DAY)
    return client


def figure_of(page: str, name: str) -> str:
    """Return the large figure of a KPI."""
    return re.findall(rf'id="kpi-{name}".*?class="figure"><a href="[^"]+">([^<]+)</a>', page, re.DOTALL)[0]


def test_the_page_says_what_the_api_says(busy: Any, sign_in: Any, make_key: Any) -> None:
    numbers = busy.get("/v1/reports/kpis").json()
    key = dict(busy.headers)["authorization"]
    page = sign_in().get("/")
    for kpi in numbers["kpis"]:
        assert figure_of(page, kpi["id"]) == written(kpi["figure"]["value"], kpi["unit"], kpi["id"])
        assert kpi["definition"].split(":")[0] in page.replace("&#39;", "'")
    found = {each["id"]: each["figure"]["value"] for each in numbers["beside"]}
    words = re.sub(r"<[^>]+>|\s+", " ", page)
    assert re.search(rf"Open tickets\s+{found['open']:.0f} ", words)
    assert re.search(rf"Breached\s+{found['breached']:.0f} ", words)
    assert found["breached"] == len(
        busy.get("/v1/tickets?breached=true", headers={"authorization": key}).json()["tickets"]
    )


def test_every_figure_leads_to_what_it_is_made_of(busy: Any, console: Console) -> None:
    page = console.get("/")
    links = re.findall(r'class="figure"><a href="([^"]+)"', page)
    assert len(links) == 5 + 6 + 5
    assert {"/queue", "/queue?breached=1", "/queue?at_risk=1", "/queue?sort=oldest", "/queue?leads=1"} <= set(links)
    assert 'href="/queue?priority=P1"' in page


def test_an_empty_desk_says_what_to_do_next_and_shows_no_zeros(console: Console) -> None:
    page = console.read("/")
    assert "four steps to the first numbers" in page
    assert "Import your articles" in page
    assert "Breached" not in page
    assert "Health" in page


def test_files_of_the_page_count_its_time_as_the_api_does(busy: Any, sign_in: Any, clock: FrozenClock) -> None:
    since = f"{(clock.now() - timedelta(days=28)).date()}T00:00:00Z"
    known = {
        "kpis": busy.get(f"/v1/reports/kpis?format=csv&since={since}").text,
        "deflection": busy.get(f"/v1/reports/deflection?format=csv&by=channel&since={since}").text,
    }
    console = sign_in()
    page = console.get("/")
    for name, text in known.items():
        assert f'href="/{name}.csv"' in page
        assert console.get(f"/{name}.csv") == text
    (one,) = [line for line in known["kpis"].splitlines() if line.startswith("at_risk,,")]
    assert one in console.get("/kpis.csv?kpi=at_risk")
    assert "csat" not in console.get("/kpis.csv?kpi=at_risk")
    assert console.get("/kpis.csv?kpi=%22%0d%0a", 400)


def test_figures_of_weeks_are_kept_for_half_a_minute_and_what_is_open_is_not(
    busy: Any, sign_in: Any, clock: FrozenClock
) -> None:
    key = {"authorization": dict(busy.headers)["authorization"]}
    console = sign_in()
    assert figure_of(console.get("/"), "first_response") == "1 h"
    sent = {"subject": "Another", "description": "Since today.", "channel": "email", "plan": "standard"}
    ticket = busy.post("/v1/tickets", json=sent, headers=key).json()["id"]
    clock.advance(timedelta(seconds=20))
    busy.post(f"/v1/tickets/{ticket}/replies", json={"by": "agent", "text": "Yes."}, headers=key | {"If-Match": "*"})
    assert "4 " in console.read("/").partition("Open tickets ")[2][:2]
    assert "n 1," in console.get("/").partition('id="kpi-first_response"')[2][:600]
    clock.advance(timedelta(seconds=20))
    assert "n 2," in console.get("/").partition('id="kpi-first_response"')[2][:600]


def test_nothing_on_the_page_is_inline_and_each_chart_has_its_table(busy: Any, console: Console) -> None:
    page = console.get("/")
    assert not re.findall(r'\sstyle="|\son\w+="|<style|<script(?![^>]*src=)', page)
    charts = page.count('<figure class="chart">')
    assert charts >= 3
    assert len(re.findall(r'<figure class="chart"><svg.*?</svg><details class="values">.*?<table>', page)) == charts


def test_a_stranger_sees_no_numbers(client: Any) -> None:
    client.headers.pop("Authorization")
    for path in ("/", "/kpis.csv", "/deflection.csv"):
        assert client.get(path, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (40 * 3600, "40 h"), (3599.9, "1 h")],
)
def test_support_hours_are_never_days(seconds: float, said: str) -> None:
    assert hours(seconds) == said


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [
        (0.85, Target(value=0.85, at="least", source=""), True),
        (0.8499, Target(value=0.85, at="least", source=""), False),
        (0.85, Target(value=0.85, at="most", source=""), True),
        (0.9, Target(value=0.85, at="most", source=""), False),
        (None, Target(value=0.85, at="least", source=""), None),
        (0.9, None, None),
    ],
)
def test_a_target_is_met_missed_or_not_known(value: float | None, target: Target | None, met: bool | None) -> None:
    assert a_kpi(value, target).met is met


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((0.5, 0.9), "50 % to 90 %"),
        ((None, 0.9), "up to 90 %"),
        ((0.5, None), "from 50 %"),
        ((None, None), ""),
        (None, ""),
    ],
)
def test_an_interval_says_what_is_known_of_it(ends: Any, said: str) -> None:
    assert interval(Figure(value=0.7, n=20, window=NOW, interval=ends), "share") == said


def test_a_figure_names_its_n_and_window_and_a_missing_value_is_a_dash() -> None:
    assert a_kpi(0.7).facts == "n 20, 2 Feb to 2 Mar · 95 %: 50 % to 90 %"
    assert a_kpi(None).value == "–"


def test_a_staffing_alarm_of_the_last_week_is_shown_with_its_figures(
    busy: Any, console: Console, settings: Settings
) -> None:
    week = "2026-02-23"
    figure = Figure(value=0.5, n=20, window=NOW, interval=(0.3, 0.7))
    alarm = StaffingAlarm(
        alarm="csat_low", title="CSAT is low", week=week, unit="share", limit=0.85, figure=figure, weeks=[]
    )
    row = (week, "2026-03-02T00:00:00.000000Z", msgspec.json.encode([alarm]).decode())
    with closing(sqlite3.connect(settings.home / "firstline.db")) as connection:
        connection.execute("INSERT INTO staffing_weeks VALUES (?, ?, ?)", row)
        connection.commit()
    shown = "CSAT is low: 50 %, target 85 % (n 20, 95 %: 30 % to 70 %, week of 2026-02-23)."
    assert f'<p class="notice warn">{shown}</p>' in console.get("/")
