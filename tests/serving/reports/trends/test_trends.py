"""Trends over HTTP with a real database: a theme that grows is found with its words, tickets, plans and costs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.reports.question_vectors import Readings
from serving.reports.trends.digest import escaped, event_data, markdown
from serving.reports.trends.reading import Span, TrendStore
from serving.reports.trends.schemas import ThemeOut, TrendsOut
from serving.reports.trends.trends import WAITING, ProductTrends
from serving.reports.trends.weekly import WeeklyTrends
from serving.storage.database import Database
from serving.storage.job_tables import outbox_events, trend_weeks
from tests.fakes import MONDAY_MORNING, FrozenClock, HashingEncoder
from tests.serving.reports.filled_desk import fill
from triage import contact_costs
from triage.tickets.closed_ticket import ClosedTicket

Client = TestClient[Litestar]
WEEK = timedelta(days=7)
CALM = (
    "password reset link expired before signing",
    "invoice shows wrong vat number company",
    "csv export empty filter report rows",
    "dashboard loads slowly morning charts",
)
GROWING = "webhook signature mismatch secret rotated endpoint"


def opened(client: Client, text: str, number: int) -> None:
    sent = {
        "subject": text,
        "description": f"{text}. Please help, number {number}.",
        "channel": "email",
        "plan": "premium",
        "account": f"account-{number % 7}",
    }
    answer = client.post("/v1/tickets", json=sent)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def desk(client: Client, clock: FrozenClock) -> Client:
    """16 weeks with two tickets of each calm topic; of the growing one a ticket a week, and nine in the last four."""
    for week in range(16):
        for number in range(2):
            for text in CALM:
                opened(client, text, number + week)
        for number in range(9 if week >= 12 else 1):
            opened(client, GROWING, number)
        clock.advance(WEEK)
    return client


def trends(client: Client, **query: Any) -> Any:
    answer = client.get("/v1/reports/trends", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_theme_that_grows_is_found_by_its_own_words(desk: Client) -> None:
    """36 of its 48 tickets are recent, where fewer than 10 were expected; five weeks earlier nothing had changed."""
    found = trends(desk)
    assert (found["note"], found["n"], found["tested"]) == (None, 16 * 8 + 48, 5)
    (theme,) = found["themes"]
    assert (len(theme["words"]), set(theme["words"]) <= set(GROWING.split())) == (5, True)
    assert (theme["direction"], theme["recent"], theme["before"]) == ("growing", 36, 12)
    assert theme["expected"] < 10
    assert theme["interval"][0] > 2
    assert theme["q"] <= 0.1
    assert (theme["plans"], theme["customers"]) == ({"premium": 36}, 7)
    assert theme["cost_a_month"] == pytest.approx(360 / (28 / 30.44), abs=0.01)
    assert 0 < theme["extra_cost_a_month"] < theme["cost_a_month"]
    assert len(theme["tickets"]) == 5
    assert desk.get(f"/v1/tickets/{theme['example']}").json()["subject"] == GROWING

    page = desk.get("/v1/reports/trends", params={"format": "markdown"})
    assert page.headers["content-type"].startswith("text/markdown")
    assert page.text.startswith("# Themes of 2026-05-25 to 2026-06-22\n")
    assert "## Growing: " in page.text
    assert page.text.count("- [ ] `tkt_") == 5
    same = desk.get("/v1/reports/trends", headers={"accept": "text/markdown"})
    assert same.text == page.text
    (row,) = csv.DictReader(io.StringIO(desk.get("/v1/reports/trends", params={"format": "csv"}).text))
    assert (row["recent"], row["example"]) == ("36", theme["example"])
    assert trends(desk, until="2026-05-20T00:00:00Z")["themes"] == []


def test_a_desk_without_tickets_says_so(client: Client) -> None:
    found = trends(client)
    assert (found["themes"], found["note"]) == ([], "There are no tickets in this time.")
    assert "There are no tickets in this time." in client.get("/v1/reports/trends?format=markdown").text


def test_a_desk_of_few_weeks_has_nothing_to_compare_with(client: Client, clock: FrozenClock) -> None:
    opened(client, GROWING, 1)
    clock.advance(WEEK)
    assert "to compare with" in trends(client)["note"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"weeks": 0}, "weeks"),
        ({"weeks": 9}, "weeks"),
        ({"until": "2026-05-20T00:00:00"}, "until"),
        ({"until": "soon"}, "until"),
        ({"until": "0001-01-01T00:00:00Z"}, "until"),
        ({"format": "pdf"}, "format"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(client: Client, query: dict[str, Any], field: str) -> None:
    answer = client.get("/v1/reports/trends", params=query)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, [field])


def theme(**more: Any) -> ThemeOut:
    usual: dict[str, Any] = {
        "words": ["csv", "export"],
        "direction": "growing",
        "recent": 20,
        "before": 12,
        "expected": 4.0,
        "ratio": 5.0,
        "interval": (2.1, None),
        "p": 0.0001,
        "q": 0.004,
        "product_area": "[reports](https://evil.example)",
        "product_area_share": 0.8,
        "plans": {"premium": 12, "<b>": 8},
        "customers": 9,
        "cost_a_month": 217.4,
        "extra_cost_a_month": 173.9,
        "example": "tkt_1",
        "tickets": ["tkt_1", "tkt_2"],
    }
    return ThemeOut(**usual | more)


def report(themes: list[ThemeOut], waiting: int = 0) -> TrendsOut:
    return TrendsOut(
        generated_at=MONDAY_MORNING,
        since=MONDAY_MORNING - 4 * WEEK,
        until=MONDAY_MORNING,
        compared_since=MONDAY_MORNING - 16 * WEEK,
        weeks=4,
        n=400,
        sampled=1.0,
        last_year=False,
        tested=30,
        false_discovery_rate=0.1,
        themes=themes,
        waiting=waiting,
        note=None,
    )


def test_markdown_reads_nothing_into_names_that_come_from_outside() -> None:
    page = markdown(report([theme()]), "https://desk.example/")
    assert "4 weeks against the 12 before" in page
    assert "1 week against the 12 before" in markdown(msgspec.structs.replace(report([]), weeks=1), "")
    assert r"\[reports\]\(https://evil\.example\)" in page
    assert r"\<b\> 8" in page
    assert "- [ ] [tkt_2](https://desk.example/queue/tkt_2)" in page
    assert "5 times (95 %: 2.1 to ?)" in page
    assert escaped("a\n# b") == r"a \# b"


def test_a_theme_whose_words_are_one_customers_stays_nameless() -> None:
    assert "a theme whose words fewer than three customers share" in markdown(report([theme(words=[])]), "")


def test_the_event_is_small_and_has_ten_themes_at_most() -> None:
    data = event_data(report([theme() for _ in range(12)]))
    assert (len(data["themes"]), data["more"]) == (10, 2)


class Prepared:
    """Trends that are known; the first round still encodes."""

    def __init__(self, *reports: TrendsOut) -> None:
        self._reports: Iterator[TrendsOut] = iter(reports)
        self.ahead: list[datetime] = []

    def report(self, until: datetime | None, *, at: datetime, most: int) -> TrendsOut:
        return next(self._reports)

    def read_ahead(self, at: datetime) -> None:
        self.ahead.append(at)


def test_the_digest_is_sent_once_a_week_whoever_looks(database: Database) -> None:
    """The first look finds texts that are not encoded; the second sends; two processes send one event."""
    looks = [
        WeeklyTrends(database, Prepared(report([], waiting=3), report([theme()]))),  # type: ignore[arg-type]
        WeeklyTrends(database, Prepared(report([theme()]))),  # type: ignore[arg-type]
    ]
    for at in (MONDAY_MORNING, MONDAY_MORNING + timedelta(minutes=1), MONDAY_MORNING + timedelta(days=6)):
        looks[0].look(at)
    looks[1].look(MONDAY_MORNING + timedelta(days=1))
    events = database.read(
        lambda c: list(c.scalars(sa.select(outbox_events.c.data).where(outbox_events.c.type == "trends.weekly")))
    )
    assert [each["id"] for each in events] == ["2026-03-02"]
    assert [each["words"] for each in events[0]["themes"]] == [["csv", "export"]]
    assert database.read(lambda c: list(c.scalars(sa.select(trend_weeks.c.themes)))) == [1]


def test_a_week_without_news_sends_nothing(database: Database) -> None:
    WeeklyTrends(database, Prepared(report([]))).look(MONDAY_MORNING)  # type: ignore[arg-type]
    assert database.read(lambda c: list(c.scalars(sa.select(outbox_events.c.type)))) == []
    assert database.read(lambda c: list(c.scalars(sa.select(trend_weeks.c.themes)))) == [0]


class Tickets:
    """Some tickets, read from nowhere."""

    def __init__(self, n: int) -> None:
        self.reads, self._n = 0, n

    def tickets(self, spans: Sequence[Span]) -> tuple[list[ClosedTicket], float]:
        self.reads += 1
        found = [
            ClosedTicket(id=f"t{number}", subject=f"question {number}", created_at=MONDAY_MORNING - WEEK)
            for number in range(self._n)
        ]
        return found, 1.0


class Models:
    encoder = HashingEncoder()

    def take(self) -> Models:
        return self

    def missing(self) -> None:
        return None


def test_while_texts_are_encoded_nothing_is_reported_and_the_watch_goes_on() -> None:
    """1,300 texts: a request encodes 200, the watch 1,000 a round; then the report is kept for ten minutes."""
    store = Tickets(1_300)
    found = ProductTrends(store, Models(), contact_costs.default(), Readings())  # type: ignore[arg-type]
    first = found.report(None, at=MONDAY_MORNING)
    assert (first.waiting, first.themes, first.note) == (1_100, [], WAITING)
    for _ in range(3):
        found.read_ahead(MONDAY_MORNING)
    assert store.reads == 3  # the third round has nothing to do
    assert [found.report(None, at=MONDAY_MORNING + timedelta(minutes=k)).waiting for k in (1, 5, 12)] == [0, 0, 0]
    assert store.reads == 5


def test_of_too_many_tickets_the_same_share_of_each_day_is_read(database: Database) -> None:
    until = MONDAY_MORNING
    database.write(lambda c: fill(c, tickets_n=8_000, sessions_n=0, until=until, over=16 * WEEK))
    read: list[str] = []

    def tickets(_: sa.Connection, ids: Sequence[str]) -> list[ClosedTicket]:
        read.extend(ids)
        return []

    _, share = TrendStore(database, tickets).tickets([(until - 16 * WEEK, until)])
    assert share == pytest.approx(5_000 / 8_000)
    assert len(read) == pytest.approx(5_000, rel=0.03)
    early = sum(each < f"tkt_{4_000:026d}" for each in read)
    assert early == pytest.approx(len(read) / 2, rel=0.05)
