"""KPIs and the deflection ladder over HTTP, with a real database: what is stored, and nothing else."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock

Client = TestClient[Litestar]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def open_ticket(client: Client, **fields: Any) -> str:
    sent = {"subject": "CSV export is empty", "description": "Since Monday.", "channel": "email", **fields}
    opened = client.post("/v1/tickets", json=sent)
    assert opened.status_code == 201, opened.text
    return str(opened.json()["id"])


def act(client: Client, ticket: str, path: str, **body: Any) -> None:
    answer = client.post(f"/v1/tickets/{ticket}/{path}", json=body, headers={"If-Match": "*"})
    assert answer.status_code in (200, 201), answer.text


def report(client: Client, name: str, **query: Any) -> Any:
    answer = client.get(f"/v1/reports/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kpi(client: Client, name: str, **query: Any) -> Any:
    found = report(client, "kpis", **query)
    return next(each for each in [*found["kpis"], *found["beside"]] if each["id"] == name)


def part(found: Any, name: str) -> Any:
    return next(each["figure"] for each in found["parts"] if each["id"] == name)


@pytest.fixture
def solved(client: Client, clock: FrozenClock) -> Client:
    """A ticket of Monday 10:00, answered at 12:00, resolved on Tuesday at 10:00 and closed with a rating of 5."""
    ticket = open_ticket(client, plan="standard")
    clock.advance(2 * HOUR)
    act(client, ticket, "replies", by="agent", text="Please remove the filter.")
    clock.advance(22 * HOUR)
    act(client, ticket, "transitions", to="resolved", resolution_type="solved")
    act(client, ticket, "transitions", to="closed", csat=5)
    clock.advance(HOUR)
    return client


def test_times_are_counted_in_support_hours_and_by_the_calendar(solved: Client) -> None:
    """Standard has support from 9 to 17: Monday 10:00 to Tuesday 10:00 are 7 + 1 of its hours, and 24 of the clock."""
    response, resolution = kpi(solved, "first_response"), kpi(solved, "resolution")
    assert (response["figure"]["value"], response["figure"]["n"]) == (7200.0, 1)
    assert part(response, "channel.email")["value"] == 7200.0
    assert resolution["figure"]["value"] == 8 * 3600
    assert part(resolution, "calendar_p50")["value"] == 24 * 3600


def test_the_desk_s_own_targets_and_agents_are_counted(solved: Client) -> None:
    """A P1 was answered after two hours: its contract allows eight, the desk's own target is one."""
    compliance = kpi(solved, "sla_compliance")
    assert (compliance["figure"]["value"], part(compliance, "targets")["value"]) == (1.0, 0.0)
    found = kpi(solved, "per_agent")
    assert (found["unit"], found["figure"]["value"], found["figure"]["n"]) == ("number", 1.0, 1)


def test_one_value_has_no_interval_that_could_be_told(solved: Client) -> None:
    assert kpi(solved, "first_response")["figure"]["interval"] == [None, None]


def test_satisfaction_is_the_share_of_ratings_that_are_four_or_five(solved: Client) -> None:
    """One of one: Wilson's interval is 1 / (1 + 1.96^2) = 0.2065 to 1."""
    found = kpi(solved, "csat")
    assert (found["figure"]["value"], found["figure"]["n"], found["figure"]["interval"]) == (1.0, 1, [0.2065, 1.0])
    assert found["target"]["value"] == 0.85
    assert found["note"] is None


def test_a_figure_without_facts_is_null_and_says_why(client: Client) -> None:
    open_ticket(client)
    found = kpi(client, "csat")
    assert (found["figure"]["value"], found["figure"]["n"], found["figure"]["interval"]) == (None, 0, None)
    assert "ask for one by a survey" in found["note"]
    assert kpi(client, "time_to_answer")["figure"]["value"] is None


def test_first_contact_resolution_waits_for_a_week_without_a_reopening(solved: Client, clock: FrozenClock) -> None:
    assert kpi(solved, "first_contact_resolution")["figure"]["n"] == 0
    clock.advance(7 * DAY)
    assert kpi(solved, "first_contact_resolution")["figure"]["value"] == 1.0


def test_a_reopened_ticket_is_no_resolution(client: Client, clock: FrozenClock) -> None:
    ticket = open_ticket(client)
    act(client, ticket, "transitions", to="resolved")
    clock.advance(HOUR)
    act(client, ticket, "transitions", to="open")
    clock.advance(HOUR)
    assert kpi(client, "resolution")["figure"]["n"] == 0


def test_a_missed_contract_deadline_counts_before_anybody_answers(solved: Client, clock: FrozenClock) -> None:
    """Two tickets of standard, 8 hours from 9 to 17: one kept its deadlines, one is open and late on Wednesday."""
    open_ticket(solved, plan="standard")
    clock.advance(HOUR)
    assert kpi(solved, "sla_compliance")["figure"]["n"] == 1
    clock.advance(2 * DAY)
    found = kpi(solved, "sla_compliance")
    assert (found["figure"]["value"], found["figure"]["n"]) == (0.5, 2)
    assert part(found, "breached")["value"] == 1
    late = solved.get("/v1/tickets?breached=true").json()["tickets"]
    assert kpi(solved, "breached")["figure"]["value"] == len(late)


def test_open_tickets_are_counted_by_priority_and_age(client: Client, clock: FrozenClock) -> None:
    ticket = open_ticket(client)
    clock.advance(2 * DAY)
    solved = client.get(f"/v1/tickets/{ticket}").json()["tags"]["priority"]["label"]
    found = kpi(client, "open")
    assert (found["figure"]["value"], part(found, solved)["value"]) == (1, 1)
    age = kpi(client, "backlog_age")
    assert age["figure"]["value"] == 2 * 86400
    assert [each["figure"]["value"] for each in age["parts"]] == [0, 1, 0, 0, 0]


def test_automation_counts_the_labels_that_the_model_applied_by_itself(client: Client, clock: FrozenClock) -> None:
    """The fixed model has no certificate: three labels are looked for and none is applied."""
    open_ticket(client)
    clock.advance(HOUR)
    assert (kpi(client, "automation")["figure"]["value"], kpi(client, "automation")["figure"]["n"]) == (0.0, 3)


def test_a_trend_has_twelve_weeks_and_says_which_is_not_over(solved: Client) -> None:
    weeks = kpi(solved, "resolution")["trend"]
    assert (len(weeks), weeks[-1]["week"], weeks[-1]["over"], weeks[-2]["over"]) == (12, "2026-03-02", False, True)
    assert [each["figure"]["n"] for each in weeks][-2:] == [0, 1]


def test_searches_without_a_result_are_those_that_found_neither_answer_nor_choice(asked: Client) -> None:
    found, success = kpi(asked, "no_result"), kpi(asked, "search_success")["figure"]
    assert found["figure"]["value"] == round(success["n"] * (1 - success["value"]))
    assert sum(each["figure"]["value"] or 0 for each in found["trend"]) == found["figure"]["value"]


def test_an_empty_desk_says_what_to_do(client: Client) -> None:
    assert "Open a ticket or ask a question" in report(client, "kpis")["note"]
    assert "Nobody asked" in report(client, "deflection")["note"]


@pytest.fixture
def asked(knowing: Client, clock: FrozenClock) -> Client:
    """Three visitors on Monday: one says yes, one says nothing, one becomes a ticket; then eight days."""
    for visitor, locale in (("a", "en-GB"), ("b", "de"), ("c", "en")):
        sent = {"question": "reset your password", "visitor": visitor, "locale": locale, "channel": "chat"}
        answer = knowing.post("/v1/deflections", json=sent).json()
        assert answer["decision"] == "answer", answer
        if visitor == "a":
            knowing.post(f"/v1/deflections/{answer['id']}/outcome", json={"outcome": "confirmed"})
        if visitor == "c":
            knowing.post(f"/v1/deflections/{answer['id']}/ticket", json={"email": "kim@example.com"})
    clock.advance(8 * DAY)
    return knowing


def rungs(found: Any) -> dict[str, tuple[int, int]]:
    return {each["id"]: (each["count"], each["figure"]["n"]) for each in found["rungs"]}


def test_the_ladder_counts_a_yes_and_silence_apart_and_no_ticket(asked: Client) -> None:
    found = report(asked, "deflection")
    assert rungs(found) == {
        "eligible": (3, 3),
        "answered": (3, 3),
        "contained": (2, 3),
        "assumed": (1, 3),
        "confirmed": (1, 3),
        "durable": (2, 3),
    }
    assert {each["end"]: each["count"] for each in found["ends"] if each["count"]} == {
        "confirmed": 1,
        "silent": 1,
        "escalated": 1,
    }
    assert kpi(asked, "deflection")["figure"] == found["rungs"][-1]["figure"]


def test_the_time_to_an_answer_is_the_bot_s_at_once_or_a_person_s_reply(asked: Client, clock: FrozenClock) -> None:
    """Two answers stood at once, and four mails got their reply after an hour: 0, 0 and four times 3600 seconds."""
    found = kpi(asked, "time_to_answer")
    assert (found["figure"]["value"], found["figure"]["n"], part(found, "bot")["value"]) == (0.0, 2, 1.0)
    for _ in range(4):
        ticket = open_ticket(asked)
        clock.advance(HOUR)
        act(asked, ticket, "replies", by="agent", text="Please remove the filter.")
    assert kpi(asked, "time_to_answer")["figure"]["n"] == 2  # young tickets wait, as young sessions do
    clock.advance(4 * DAY)
    found = kpi(asked, "time_to_answer")
    assert (found["figure"]["value"], found["figure"]["n"], found["target"]["value"]) == (3600.0, 6, 180)
    assert (part(found, "calendar_p90")["value"], part(found, "people_p50")["value"]) == (3600.0, 3600.0)
    assert part(found, "bot")["value"] == round(2 / 6, 4)
    assert [each["figure"]["n"] for each in found["trend"]][-2:] == [2, 4]


def test_a_rejected_answer_is_no_answer(knowing: Client, clock: FrozenClock) -> None:
    answer = knowing.post("/v1/deflections", json={"question": "reset your password", "visitor": "a"}).json()
    knowing.post(f"/v1/deflections/{answer['id']}/outcome", json={"outcome": "not_helpful"})
    clock.advance(2 * DAY)
    assert kpi(knowing, "time_to_answer")["figure"]["n"] == 0


def test_the_ladder_by_language_and_by_week(asked: Client) -> None:
    by_language = report(asked, "deflection", by="language")["groups"]
    assert [(each["key"], rungs(each)["durable"]) for each in by_language] == [("en", (1, 2)), ("de", (1, 1))]
    by_week = report(asked, "deflection", by="week")["groups"]
    assert len(by_week) == 12
    assert (by_week[-2]["key"], rungs(by_week[-2])["durable"]) == ("2026-03-02", (2, 3))


def test_the_ladder_by_brand_and_by_article(asked: Client, clock: FrozenClock) -> None:
    sent = {"question": "reset your password", "visitor": "d", "channel": "chat", "brand": "north"}
    asked.post("/v1/deflections", json=sent)
    clock.advance(HOUR)
    by_brand = report(asked, "deflection", by="brand")["groups"]
    assert [(each["key"], rungs(each)["answered"]) for each in by_brand] == [("unknown", (3, 3)), ("north", (1, 1))]
    by_article = report(asked, "deflection", by="article")["groups"]
    assert [(each["key"], rungs(each)["durable"]) for each in by_article] == [("reset-password", (2, 3))]


def test_a_success_is_taken_back_in_the_week_that_it_belonged_to(asked: Client, clock: FrozenClock) -> None:
    clock.advance(-4 * DAY)  # back to Friday
    asked.post("/v1/deflections", json={"question": "reset your password", "visitor": "b", "channel": "chat"})
    clock.advance(30 * DAY)
    weeks = {each["key"]: rungs(each) for each in report(asked, "deflection", by="week")["groups"]}
    assert weeks["2026-03-02"]["durable"] == (2, 4)  # a, and b's second question; b's first one no more


@pytest.mark.parametrize("name", ["kpis", "deflection"])
def test_a_report_as_csv_has_a_row_for_each_figure(asked: Client, name: str) -> None:
    by_query = asked.get(f"/v1/reports/{name}?format=csv")
    by_header = asked.get(f"/v1/reports/{name}", headers={"accept": "text/csv"})
    assert by_query.text == by_header.text
    assert by_query.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="{name}.csv"' in by_query.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(by_query.text)))
    found = report(asked, name)
    if name == "kpis":
        row = next(each for each in rows if (each["kpi"], each["part"], each["week"]) == ("deflection", "", ""))
        assert (row["value"], row["n"], row["target"]) == (str(found["kpis"][4]["figure"]["value"]), "3", "0.4")
    else:
        assert [each["count"] for each in rows if each["rung"] and not each["week"]] == ["3", "3", "2", "1", "1", "2"]


def test_no_cell_of_a_csv_is_a_formula(client: Client, clock: FrozenClock) -> None:
    sent = {"question": "reset your password", "visitor": "a", "locale": "en", "channel": "=cmd"}
    assert client.post("/v1/deflections", json=sent).status_code in (201, 400)
    clock.advance(HOUR)
    rows = csv.reader(io.StringIO(client.get("/v1/reports/deflection?format=csv&by=channel").text))
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


@pytest.mark.parametrize("name", ["kpis", "deflection"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-03-02"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-03-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}, "since"),
        ({"since": "2030-03-01T00:00:00Z"}, "since"),
        ({"since": "2020-01-01T00:00:00Z"}, "since"),
        ({"until": "0001-01-02T00:00:00Z"}, "until"),
        ({"format": "pdf"}, "format"),
        ({"week": "9"}, "week"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_the_field(
    client: Client, name: str, query: dict[str, Any], field: str
) -> None:
    answer = client.get(f"/v1/reports/{name}", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_the_ladder_knows_three_groups(client: Client) -> None:
    answer = client.get("/v1/reports/deflection?by=mood")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "by")
