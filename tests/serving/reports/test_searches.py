"""Searches without a result: their top terms, weekly, and nothing that one customer alone wrote."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.reports.searches import Searches, SearchesOut, SearchWeekOut, TermOut, searches_csv
from serving.storage.database import Database
from serving.storage.tables import deflections
from tests.fakes import MONDAY_MORNING

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
NOW = MONDAY_MORNING + WEEK + timedelta(days=1)


class Desk:
    """A desk where questions are asked."""

    def __init__(self, database: Database) -> None:
        self._database, self._n = database, 0

    def asked(self, question: str, visitor: str | None, **fields: Any) -> None:
        """Write a session that found nothing."""
        self._n += 1
        row = dict.fromkeys(column.name for column in deflections.columns)
        row |= {
            "id": f"dfl_{self._n:026d}",
            "created_at": MONDAY_MORNING,
            "question": question,
            "visitor": visitor,
            "decision": "hand_off",
            "reason": "nothing found",
            "eligible": True,
            "response": {},
            "article_offered": False,
        }
        self._database.write(lambda connection: connection.execute(deflections.insert(), [row | fields]))

    def report(self) -> SearchesOut:
        """Return the report of the last four weeks."""
        return Searches(self._database).report(None, None, at=NOW)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def terms(found: SearchesOut | SearchWeekOut) -> dict[str, tuple[int, int]]:
    return {each.term: (each.count, each.visitors) for each in found.terms}


@pytest.fixture
def missed(desk: Desk) -> Desk:
    """Last week three visitors wrote of the sandbox, one of them twice; this week two, and others of something else."""
    for number, visitor in enumerate(("a", "b", "c", "c")):
        desk.asked(f"where is the sandbox {'tokyo' if number else 'oslo'}", visitor)
    for visitor in ("d", "a"):
        desk.asked("Sandboxes for berlin", visitor, created_at=MONDAY_MORNING + WEEK)
    for _ in range(3):
        desk.asked("kubernetes operator", None, created_at=MONDAY_MORNING + WEEK)
    return desk


def test_terms_are_those_of_three_visitors_weekly(missed: Desk) -> None:
    """Tokyo has two visitors; nobody knows whether those of the operator, without a visitor, are three or one."""
    found = missed.report()
    assert (found.searches, found.note) == (9, None)
    assert terms(found) == {"sandbox": (6, 4)}
    weeks = [(each.week, each.searches, each.whole, terms(each)) for each in found.weeks if each.searches]
    assert weeks == [("2026-03-02", 4, True, {"sandbox": (4, 3)}), ("2026-03-09", 5, False, {})]


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "answer"},
        {"decision": "clarify"},
        {"decision": "holdout"},
        {"eligible": False},
        {"created_at": MONDAY_MORNING - 5 * WEEK},
    ],
)
def test_only_searches_without_a_result_are_read(desk: Desk, fields: dict[str, Any]) -> None:
    for visitor in "abc":
        desk.asked("sandbox", visitor, **fields)
    found = desk.report()
    assert (found.searches, found.terms) == (0, [])
    assert "nobody asked" in (found.note or "")


def test_the_same_name_on_two_sites_are_two_visitors(desk: Desk) -> None:
    for origin in ("https://a.example", "https://b.example", None):
        desk.asked("sandbox", "v-1", origin=origin)
    assert terms(desk.report()) == {"sandbox": (3, 3)}


def test_personal_data_is_no_term(desk: Desk) -> None:
    """Three employees write their company's name, which the session knows."""
    for visitor in "abc":
        desk.asked("sandbox of zyxcorp, kim@example.com", visitor, account="zyxcorp")
    assert set(terms(desk.report())) == {"sandbox"}


def test_what_answered_questions_have_in_common_is_no_term(desk: Desk) -> None:
    for number in range(20):
        desk.asked("bitte und mein passwort", f"v{number}", locale="de", decision="answer")
    for visitor in "abc":
        desk.asked("bitte sandbox", visitor, locale="de-AT")
    assert set(terms(desk.report())) == {"sandbox"}


def test_a_word_says_nothing_that_is_as_frequent_where_something_was_found(desk: Desk) -> None:
    """One in six questions with a result names the month. Of long mails more do, but among more words."""
    for number in range(24):
        desk.asked("invoice month" if number % 6 == 0 else "invoice list", f"v{number}", decision="answer")
    for visitor in "abc":
        desk.asked("sandbox month alpha beta gamma delta epsilon zeta eta theta iota kappa lambda", visitor)
    found = set(terms(desk.report()))
    assert "sandbox" in found
    assert "month" not in found


def test_twenty_terms_are_named(desk: Desk) -> None:
    words = [f"topic{chr(97 + number // 5)}{chr(97 + number % 5)}" for number in range(25)]
    for visitor in "abc":
        desk.asked(" ".join(words), visitor)
    assert len(desk.report().terms) == 20


def test_a_desk_whose_searches_have_nothing_in_common_says_so(desk: Desk) -> None:
    desk.asked("sandbox", "a")
    assert "three different visitors" in (desk.report().note or "").replace("3", "three")


def test_the_report_as_csv(missed: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(searches_csv(missed.report()))))
    assert rows[0] == {"week": "", "whole": "", "searches": "9", "term": "sandbox", "count": "6", "visitors": "4"}
    assert [(row["week"], row["searches"], row["term"]) for row in rows[-2:]] == [
        ("2026-03-02", "4", "sandbox"),
        ("2026-03-09", "5", ""),
    ]


def test_a_term_is_no_formula_of_a_spreadsheet(missed: Desk) -> None:
    found = missed.report()
    found.terms.append(TermOut(term="=cmd", count=3, visitors=3))
    assert "'=cmd" in searches_csv(found)


def test_the_report_over_http(client: TestClient[Litestar]) -> None:
    found = client.get("/v1/reports/searches")
    assert (found.status_code, found.json()["searches"], len(found.json()["weeks"])) == (200, 0, 5)
    written = client.get("/v1/reports/searches", params={"format": "csv"})
    assert written.headers["content-disposition"] == 'attachment; filename="searches.csv"'
    query = {"since": "2026-02-02T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
    assert client.get("/v1/reports/searches", params=query).status_code == 400
