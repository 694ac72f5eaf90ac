"""`/v1/deflections` over HTTP: asking, saying how it ended, and becoming a ticket."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from serving.deflections.ending import subject_of
from serving.deflections.small_talk import asks_for_person, is_greeting
from serving.inference.loaded_model import LoadedModel
from serving.storage.tables import deflections, tickets
from tests.fakes import FrozenClock
from tests.serving.conftest import Client

KNOWN = "CSV export is empty, a filter hides every row?"
UNKNOWN = "Do penguins migrate in winter?"


def ask(client: Client, question: str, **facts: object) -> dict[str, object]:
    answer = client.post("/v1/deflections", json={"question": question, **facts})
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


def sessions(client: Client) -> list[dict[str, object]]:
    database = client.app.state.context.database
    return [dict(row) for row in database.read(lambda c: c.execute(deflections.select()).mappings().all())]


def test_a_question_that_an_article_answers_is_answered_word_for_word(knowing: Client) -> None:
    body = ask(knowing, KNOWN)

    assert body["decision"] == "answer"
    source = body["answer"]["sources"][0]
    assert (source["article_id"], source["url"]) == ("export", "https://help.example.com/export")
    assert "Remove the filter and export again." in source["quote"]
    assert body["articles"][0]["id"] == "export"
    assert 0 < body["confidence"] <= 1


def test_a_question_that_nothing_answers_is_handed_to_a_person(knowing: Client) -> None:
    body = ask(knowing, UNKNOWN)

    assert (body["decision"], body["answer"]) == ("hand_off", None)
    assert body["reason"]


def test_what_an_article_keeps_for_people_is_never_answered(knowing: Client) -> None:
    body = ask(knowing, "Ask for a refund: I ask for a refund, refund needs a person")

    assert body["articles"][0]["id"] == "refund"
    assert (body["decision"], body["answer"]) == ("hand_off", None)


def test_customers_never_see_internal_articles(knowing: Client) -> None:
    body = ask(knowing, "Runbook for approving a refund up to the limit of the role")

    assert "runbook-refund" not in str(body)


def test_asking_for_a_person_is_honoured_at_once(knowing: Client) -> None:
    body = ask(knowing, KNOWN, human_requested=True)

    assert (body["decision"], body["answer"], body["reason"]) == ("hand_off", None, "You asked for a person.")
    assert sessions(knowing)[-1]["ended"] == "human_requested"


def test_a_greeting_is_no_question_and_is_not_counted(knowing: Client) -> None:
    body = ask(knowing, "Hello there!")

    assert body["decision"] == "clarify"
    assert body["clarification"] == {"question": "Hello! What can we help you with?", "choices": [], "article": None}
    assert sessions(knowing)[-1]["eligible"] is False


@pytest.mark.parametrize("text", ["hi", "Hello there!", "Guten Tag", "hey 👋", "Hi team, good morning", "merci !"])
def test_these_are_greetings(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize(
    "text",
    ["helo", "hellooo", "Hllo team", "hiii", "heyyy!", "ciaoo", "bonjor", "guten morgn", "gutn Tag", "goedemorgn"],
)
def test_a_greeting_with_a_slip_is_still_one(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize("text", ["hell", "halt", "salt", "hold", "key", "main", "help", "helo how do I pay", "save"])
def test_a_word_like_a_greeting_is_none(text: str) -> None:
    assert not is_greeting(text)


@pytest.mark.parametrize(
    "text", ["hi, my export is empty", "Hello world app crashes", "test webhook fails", "ok so?? no"]
)
def test_these_are_not_greetings(text: str) -> None:
    assert not is_greeting(text)


@pytest.mark.parametrize("text", ["Can I talk to a human?", "I want to speak with an agent", "I need a real person"])
def test_these_ask_for_a_person(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize("text", ["How do I add a person to my team?", "My agent key is rejected", "Invite someone"])
def test_these_do_not_ask_for_a_person(text: str) -> None:
    assert not asks_for_person(text)


@pytest.mark.parametrize("hostile", ["hi " * 3_000, "talk " * 2_000, "thanks! " * 49, "give me a " * 39])
def test_small_talk_is_told_in_no_time(hostile: str) -> None:
    is_greeting(hostile)
    asks_for_person(hostile)


def test_the_next_human_is_there_when_the_plan_has_support(knowing: Client, clock: FrozenClock) -> None:
    clock.advance(timedelta(hours=9))  # Monday 19:00: business hours are over, extended ones are not

    assert ask(knowing, UNKNOWN, plan="standard")["next_human_at"] == "2026-03-03T09:00:00Z"
    assert ask(knowing, UNKNOWN, plan="premium")["next_human_at"] == "2026-03-02T19:00:00Z"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": "   "}, "question"),
        ({"question": "x" * 10_001}, "question"),
        ({"plan": "platinum"}, "plan"),
        ({"mood": "angry"}, "mood"),
        ({"human_requested": "yes"}, "human_requested"),
        ({"human_requested": "true"}, "human_requested"),
        ({"human_requested": 1}, "human_requested"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(knowing: Client, change: dict[str, object], field: str) -> None:
    answer = knowing.post("/v1/deflections", json={"question": KNOWN} | change)

    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert sessions(knowing) == []


def test_a_confirmed_answer_is_on_record(knowing: Client) -> None:
    session = ask(knowing, KNOWN)

    answer = knowing.post(f"/v1/deflections/{session['id']}/outcome", json={"outcome": "confirmed"})

    assert answer.status_code == 200
    assert answer.json() == {
        "id": session["id"], "outcome": "confirmed", "ended": "confirmed", "at": "2026-03-02T10:00:00Z",
    }  # fmt: skip


def test_an_unknown_outcome_is_refused(knowing: Client) -> None:
    session = ask(knowing, KNOWN)

    assert knowing.post(f"/v1/deflections/{session['id']}/outcome", json={"outcome": "great"}).status_code == 400


def test_an_outcome_of_no_session_is_404(knowing: Client) -> None:
    assert knowing.post("/v1/deflections/dfl_0/outcome", json={"outcome": "confirmed"}).status_code == 404
    assert knowing.post("/v1/deflections/dfl_0/ticket", json={"email": "kim@example.com"}).status_code == 404


def test_a_session_becomes_a_ticket_with_tags_deadlines_and_transcript(knowing: Client, clock: FrozenClock) -> None:
    session = ask(knowing, UNKNOWN, plan="premium", account="acme", visitor="v-1")
    clock.advance(timedelta(minutes=2))
    knowing.post(f"/v1/deflections/{session['id']}/outcome", json={"outcome": "not_helpful"})

    answer = knowing.post(f"/v1/deflections/{session['id']}/ticket", json={"email": "kim@example.com"})

    ticket = answer.json()
    assert answer.status_code == 201, answer.text
    assert ticket["deflection_id"] == session["id"]
    assert (ticket["subject"], ticket["description"]) == (UNKNOWN, UNKNOWN)
    assert (ticket["plan"], ticket["account"], ticket["email"]) == ("premium", "acme", "kim@example.com")
    assert ticket["tags"]["category"]["label"] == "bug"
    assert ticket["team"]
    # Opened at 10:02, premium and P1: aimed at 1 h support.
    assert ticket["sla"]["sla_deadline"]["at"] == "2026-03-02T11:02:00Z"
    assert [(turn["by"], turn["text"]) for turn in ticket["transcript"]] == [
        ("customer", UNKNOWN),
        ("firstline", session["reason"]),
        ("customer", "This did not help."),
    ]


def test_asking_twice_for_the_ticket_gives_the_same_one(knowing: Client) -> None:
    session = ask(knowing, UNKNOWN)
    path = f"/v1/deflections/{session['id']}/ticket"

    first, second = (knowing.post(path, json={"email": "kim@example.com"}).json() for _ in range(2))

    assert second["id"] == first["id"]
    assert sessions(knowing)[-1]["ticket_id"] == first["id"]


def test_asking_many_times_at_once_gives_one_ticket(knowing: Client) -> None:
    session = ask(knowing, UNKNOWN)
    path = f"/v1/deflections/{session['id']}/ticket"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: knowing.post(path, json={"email": "kim@example.com"}), range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    database = knowing.app.state.context.database
    assert len(database.read(lambda connection: connection.execute(tickets.select()).all())) == 1


def test_an_escalated_session_is_never_a_success(knowing: Client) -> None:
    session = ask(knowing, KNOWN)
    knowing.post(f"/v1/deflections/{session['id']}/ticket", json={"email": "kim@example.com"})

    answer = knowing.post(f"/v1/deflections/{session['id']}/outcome", json={"outcome": "confirmed"})

    assert answer.json()["ended"] == "escalated"


@pytest.mark.parametrize("email", ["", "kim", "kim@", "a b@example.com", "<x>@example.com", "kim@example.com>"])
def test_a_ticket_needs_an_address(knowing: Client, email: str) -> None:
    session = ask(knowing, UNKNOWN)

    answer = knowing.post(f"/v1/deflections/{session['id']}/ticket", json={"email": email})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "email")


def test_a_long_question_makes_a_short_subject() -> None:
    assert subject_of("First line\nsecond line") == "First line"
    assert subject_of("word " * 100).endswith("word…")
    assert len(subject_of("word " * 100)) <= 121


def test_a_publishable_key_asks_and_gets_coarse_numbers(
    knowing: Client, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("widget", origins=("https://shop.example",)) | {"Origin": "https://shop.example"}

    answer = knowing.post("/v1/deflections", json={"question": KNOWN}, headers=key)

    body = answer.json()
    assert answer.status_code == 201
    assert body["confidence"] == round(body["confidence"], 1)
    path, own = f"/v1/deflections/{body['id']}/ticket", key | {"Firstline-Session": body["client_secret"]}
    assert knowing.post(path, json={"email": "kim@example.com"}, headers=own).status_code == 201
    assert knowing.get(f"/v1/tickets/{sessions(knowing)[-1]['ticket_id']}", headers=own).status_code == 403


class TestWithoutAModel:
    @pytest.fixture
    def model(self) -> LoadedModel | None:
        return None

    def test_a_person_can_still_be_asked_for_and_gets_an_untagged_ticket(self, client: Client) -> None:
        session = ask(client, "I want to talk to a human")

        ticket = client.post(f"/v1/deflections/{session['id']}/ticket", json={"email": "kim@example.com"})

        assert (ticket.status_code, ticket.json()["tags"]) == (201, {})

    def test_a_question_says_what_is_missing(self, client: Client) -> None:
        answer = client.post("/v1/deflections", json={"question": KNOWN})

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
