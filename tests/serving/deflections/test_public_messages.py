"""What customers are told of an incident that goes on: the words of the person who confirmed it, before all else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.storage.job_tables import incident_proposals
from tests.fakes import FrozenClock

Client = TestClient[Litestar]
PROPOSAL = "/v1/reports/incidents/ipr_1"
SECONDS = timedelta(seconds=3)  # after which the messages are read again


@pytest.fixture
def desk(knowing: Client, clock: FrozenClock) -> Client:
    """A desk with a proposal that nobody has decided on."""
    counts = {"window_minutes": 60, "count": 9, "expected": 1.0, "usual_most": 3, "log10_p": -9.0, "senders": 9}
    moments = dict.fromkeys(("proposed_at", "began_at", "grew_at"), clock.now())
    row = {"id": "ipr_1", "kind": "all", "words": ["login"], "state": "open", **moments, **counts}
    context = knowing.app.state.context
    context.database.write(lambda connection: connection.execute(incident_proposals.insert(), row))
    return knowing


def accept(desk: Client, clock: FrozenClock, **fields: Any) -> Any:
    answer = desk.post(f"{PROPOSAL}/accept", json=fields)
    assert answer.status_code == 200, answer.text
    clock.advance(SECONDS)
    return answer.json()


def told(desk: Client, question: str) -> Any:
    answer = desk.post("/v1/deflections", json={"question": question})
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]


def test_a_question_with_one_of_the_terms_is_told_first_and_others_are_not(desk: Client, clock: FrozenClock) -> None:
    public = {"title": "Sign-in fails", "message": "We are on it.", "terms": ["login", "password page"]}
    accepted = accept(desk, clock, public=public)
    assert accepted["public"] == public
    incident = told(desk, "My login fails since nine!")
    said = {"title": "Sign-in fails", "message": "We are on it.", "since": accepted["began_at"]}
    assert incident == {"id": "ipr_1"} | said
    assert told(desk, "The page for passwords is blank") == incident
    assert told(desk, "Where is my invoice?") is None


def test_without_terms_everybody_who_asks_is_told_and_a_greeting_asks_nothing(desk: Client, clock: FrozenClock) -> None:
    accept(desk, clock, public={"message": "Everything is down."})
    answer = desk.post("/v1/deflections", json={"question": "Where is my invoice?"}).json()
    assert answer["incident"]["message"] == "Everything is down."
    assert told(desk, "I want to talk to a person") is not None
    assert told(desk, "Hello") is None
    session = desk.get(f"/v1/deflections/{answer['id']}").json()
    assert session["transcript"][1]["text"].startswith("Everything is down.\n\n")


def test_nothing_is_told_that_no_person_wrote(desk: Client, clock: FrozenClock) -> None:
    accept(desk, clock)
    assert told(desk, "My login fails") is None


def test_the_words_can_change_end_and_end_with_the_incident(desk: Client, clock: FrozenClock) -> None:
    incident = accept(desk, clock, public={"message": "First."})["incident_id"]
    accept(desk, clock, public={"message": "Second."})
    accept(desk, clock)  # which changes nothing
    assert told(desk, "My login fails")["message"] == "Second."
    accept(desk, clock, public=None)
    assert told(desk, "My login fails") is None
    accept(desk, clock, public={"message": "Third."})
    desk.post(
        f"/v1/tickets/{incident}/transitions", json={"to": "resolved"}, headers={"If-Match": "*"}
    ).raise_for_status()
    clock.advance(SECONDS)
    assert told(desk, "My login fails") is None


@pytest.mark.parametrize("public", [{"message": " "}, {"message": "x", "terms": ["a"]}, {"title": "x"}])
def test_words_that_say_nothing_are_refused(desk: Client, public: dict[str, Any]) -> None:
    assert desk.post(f"{PROPOSAL}/accept", json={"public": public}).status_code == 400
