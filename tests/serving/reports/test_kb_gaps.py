"""What the knowledge base lacks, over HTTP with a real database."""

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

WEBHOOK = [
    "webhook signature mismatch secret rotated",
    "rotated webhook secret signature",
    "webhook secret signature rotated twice",
]


def ask(client: Client, question: str, **more: Any) -> str:
    answer = client.post("/v1/deflections", json={"question": question, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def solve(client: Client, session: str, resolution: str, article: str | None = None) -> str:
    """Turn a session into a ticket, reply, resolve and close it."""
    opened = client.post(f"/v1/deflections/{session}/ticket", json={"email": "kim@example.com"})
    return close(client, opened, resolution, article)


def close(client: Client, opened: Any, resolution: str, article: str | None = None) -> str:
    ticket = str(opened.json()["id"])
    steps = [
        ("replies", {"by": "agent", "text": resolution}),
        ("transitions", {"to": "resolved", "resolution_type": "solved", "kb_article_id": article}),
        ("transitions", {"to": "closed"}),
    ]
    for path, body in steps:
        sent = {key: value for key, value in body.items() if value is not None}
        answer = client.post(f"/v1/tickets/{ticket}/{path}", json=sent, headers={"If-Match": "*"})
        assert answer.status_code in (200, 201), answer.text
    return ticket


def gaps(client: Client, **query: Any) -> Any:
    answer = client.get("/v1/reports/kb_gaps", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def asked(knowing: Client, clock: FrozenClock) -> Client:
    """Three questions that no article answers, two of them solved by agents, and then a minute."""
    first, second, _ = [ask(knowing, question) for question in WEBHOOK]
    told = "Copy the new secret into your endpoint. Write to kim@example.com if the signature still differs."
    solve(knowing, first, told)
    solve(knowing, second, told)
    clock.advance(timedelta(minutes=1))
    return knowing


def test_questions_that_no_article_answers_are_one_missing_topic(asked: Client) -> None:
    report = gaps(asked)
    (found,) = report["clusters"]
    assert (report["n"], found["kind"], found["questions"]) == (3, "missing", 3)
    assert "webhook" in found["label"]
    assert found["article_id"] is None
    assert report["note"] is None


def test_the_draft_is_what_agents_wrote_with_its_sources_and_without_personal_data(asked: Client) -> None:
    draft = gaps(asked)["clusters"][0]["outline"]
    assert draft["facts"][0]["text"] == "Copy the new secret into your endpoint."
    assert draft["facts"][0]["agreeing"] == 1
    assert draft["facts"][0]["ticket_id"] in draft["sources"]
    assert "kim@example.com" not in str(draft)


def test_money_is_volume_a_month_by_the_cost_of_the_channel(asked: Client) -> None:
    """Three chats at 10.00, less 0.10 each for reading, in 90 days: 3 x 9.90 x 30.44 / 90."""
    assert gaps(asked)["clusters"][0]["saves_a_month"] == pytest.approx(10.05, abs=0.01)


def test_an_article_shown_in_vain_is_unhelpful(knowing: Client, clock: FrozenClock) -> None:
    for _ in range(3):
        session = ask(knowing, "reset your password")
        answered = knowing.post(f"/v1/deflections/{session}/outcome", json={"outcome": "not_helpful"})
        assert answered.status_code == 200
    clock.advance(timedelta(minutes=1))
    (found,) = gaps(knowing)["clusters"]
    assert (found["kind"], found["article_id"]) == ("unhelpful", "reset-password")


def test_an_article_that_agents_name_and_customers_do_not_get_is_unreachable(
    knowing: Client, clock: FrozenClock
) -> None:
    for question in ["table download blank", "blank download", "download has blank table"]:
        solve(knowing, ask(knowing, question), "Remove the filter.", article="export")
    clock.advance(timedelta(minutes=1))
    (found,) = gaps(knowing)["clusters"]
    assert (found["kind"], found["article_id"]) == ("unreachable", "export")


def test_tickets_that_came_straight_to_the_desk_are_asked_anew(knowing: Client, clock: FrozenClock) -> None:
    for text in WEBHOOK:
        opened = knowing.post("/v1/tickets", json={"subject": text, "description": text, "channel": "phone"})
        close(knowing, opened, "Copy the new secret.")
    clock.advance(timedelta(minutes=1))
    (found,) = gaps(knowing)["clusters"]
    assert (found["kind"], found["questions"]) == ("missing", 3)


def test_a_question_that_was_answered_is_no_gap(knowing: Client, clock: FrozenClock) -> None:
    session = ask(knowing, "reset your password")
    knowing.post(f"/v1/deflections/{session}/outcome", json={"outcome": "confirmed"})
    clock.advance(timedelta(minutes=1))
    report = gaps(knowing)
    assert (report["n"], report["answered"], report["clusters"]) == (1, 1, [])
    assert "No group" in report["note"]


def test_nothing_asked_says_what_to_do(knowing: Client) -> None:
    report = gaps(knowing)
    assert (report["n"], report["clusters"]) == (0, [])
    assert "choose a longer one" in report["note"]


def test_the_window_leaves_out_what_was_asked_before(asked: Client, clock: FrozenClock) -> None:
    assert gaps(asked, since=clock.now().isoformat().replace("+00:00", "Z"), until="2027-01-01T00:00:00Z")["n"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-03-02"},
        {"since": "yesterday"},
        {"limit": 0},
        {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2020-01-01T00:00:00Z"},
    ],
)
def test_a_window_that_cannot_be_is_refused_with_the_field(knowing: Client, query: dict[str, Any]) -> None:
    answer = knowing.get("/v1/reports/kb_gaps", params=query)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["errors"][0]["field"] in ("since", "limit")


def test_a_widget_key_reads_no_reports(knowing: Client, make_key: Any) -> None:
    answer = knowing.get("/v1/reports/kb_gaps", headers=make_key("widget", origins=["https://shop.example"]))
    assert answer.status_code == 403


def test_the_gaps_as_csv(asked: Client) -> None:
    found = gaps(asked)
    written = asked.get("/v1/reports/kb_gaps", params={"format": "csv"})
    assert written.headers["content-disposition"] == 'attachment; filename="kb_gaps.csv"'
    rows = list(csv.DictReader(io.StringIO(written.text)))
    assert [(row["kind"], row["title"], int(row["questions"])) for row in rows] == [
        (each["kind"], each["title"], each["questions"]) for each in found["clusters"]
    ]
    assert rows[0]["draft_title"] == found["clusters"][0]["outline"]["title"]
