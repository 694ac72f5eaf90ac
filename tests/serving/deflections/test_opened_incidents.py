"""An incident that a person opens by hand: who is told, in place of what, until when, and who can see that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock

Client = TestClient[Litestar]
PATH = "/v1/incidents"
SIGN_IN = {"title": "Sign-in fails", "message": "We are on it.", "terms": ["password", "log in"]}
KNOWN = "How do I reset my password?"
SECONDS = timedelta(seconds=3)  # after which the messages are read again


def opened(desk: Client, clock: FrozenClock, **fields: Any) -> dict[str, Any]:
    answer = desk.post(PATH, json=SIGN_IN | fields)
    assert answer.status_code == 201, answer.text
    clock.advance(SECONDS)
    return dict(answer.json())


def ask(desk: Client, question: str, **fields: Any) -> dict[str, Any]:
    answer = desk.post("/v1/deflections", json={"question": question} | fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_question_of_its_terms_gets_the_message_in_place_of_an_article(knowing: Client, clock: FrozenClock) -> None:
    assert ask(knowing, KNOWN)["decision"] == "answer"
    incident = opened(knowing, clock)
    asked = ask(knowing, KNOWN)
    assert (asked["decision"], asked["answer"], asked["articles"]) == ("clarify", None, [])
    assert (asked["incident"]["id"], asked["incident"]["message"]) == (incident["id"], "We are on it.")
    session = knowing.get(f"/v1/deflections/{asked['id']}").json()
    assert session["transcript"][1]["text"].startswith("We are on it.\n\nIs it about something else?")
    other = ask(knowing, "Where is my invoice?")
    assert other["incident"] is None


def test_areas_and_tickets_that_are_not_there_are_named_and_nothing_is_opened(knowing: Client) -> None:
    told = SIGN_IN | {"area": "nope", "tickets": ["tkt_gone"]}
    refused = knowing.post(PATH, json=told)
    assert refused.status_code == 422, refused.text
    errors = {each["field"]: each["message"] for each in refused.json()["errors"]}
    assert errors["tickets"] == "There is no ticket tkt_gone."
    assert errors["area"].startswith("There is no product area 'nope': the areas are ")
    assert knowing.get(PATH).json()["incidents"] == []
    incident = knowing.post(PATH, json=SIGN_IN).json()["id"]
    assert knowing.put(f"{PATH}/{incident}", json=SIGN_IN | {"area": "nope"}).status_code == 422


def test_a_term_with_a_slip_of_the_keyboard_is_still_that_term(knowing: Client, clock: FrozenClock) -> None:
    opened(knowing, clock, terms=["password"])
    assert ask(knowing, "how do i resset my pasword")["incident"] is not None
    assert ask(knowing, "My passport is in the mail")["incident"] is None


def test_a_term_counts_in_its_other_forms(knowing: Client, clock: FrozenClock) -> None:
    opened(knowing, clock, terms=["sign in"])
    assert ask(knowing, "Signing in does not go")["incident"] is not None


def test_short_words_and_numbers_of_a_term_count(knowing: Client, clock: FrozenClock) -> None:
    opened(knowing, clock, terms=["log in", "plan 7"])
    assert ask(knowing, "I cannot log in")["incident"] is not None
    assert ask(knowing, "plan 7 is refused")["incident"] is not None
    assert ask(knowing, "Where is the audit log of my plan?")["incident"] is None


@pytest.mark.parametrize(
    "question",
    ["Is there an outage?", "are you down?", "any known issues with the app", "Gibt es gerade eine Störung?",
     "Est-ce qu'il y a une panne ?", "¿Hay alguna incidencia?", "C'è un disservizio?", "Is er een storing?",
     "Tem algum problema hoje?"],
)  # fmt: skip
def test_who_asks_whether_there_is_an_outage_is_told_before_any_answer(
    knowing: Client, clock: FrozenClock, question: str
) -> None:
    assert ask(knowing, question)["incident"] is None
    opened(knowing, clock)
    assert ask(knowing, question)["incident"]["message"] == "We are on it."
    assert ask(knowing, "How do I write my name in the report?")["incident"] is None


def test_who_asks_for_a_person_gets_one_and_is_told_as_well(knowing: Client, clock: FrozenClock) -> None:
    opened(knowing, clock, terms=[])
    asked = ask(knowing, "I want to talk to a person about my password")
    assert asked["decision"] == "hand_off"
    assert asked["incident"]["message"] == "We are on it."


def test_without_terms_every_answer_follows_the_message(knowing: Client, clock: FrozenClock) -> None:
    opened(knowing, clock, terms=[])
    asked = ask(knowing, KNOWN)
    assert asked["decision"] == "answer"
    assert asked["incident"]["title"] == "Sign-in fails"


def test_by_its_area_it_is_told_to_questions_whose_best_article_is_of_it(knowing: Client, clock: FrozenClock) -> None:
    opened(knowing, clock, terms=[], area="dashboard")
    assert ask(knowing, KNOWN)["incident"] is None


def test_sent_twice_with_one_key_it_is_one_incident(knowing: Client) -> None:
    first, again = (knowing.post(PATH, json=SIGN_IN, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"] == f"{PATH}/{first.json()['id']}"
    assert first.json() == knowing.get(f"{PATH}/{first.json()['id']}").json()
    assert len(knowing.get(PATH).json()["incidents"]) == 1


def test_its_ticket_leads_those_that_are_named(knowing: Client, clock: FrozenClock) -> None:
    case = knowing.post("/v1/tickets", json={"subject": "Cannot sign in", "email": "ann@example.com"}).json()["id"]
    incident = opened(knowing, clock, tickets=[case], area="billing", priority="P1")
    lead = knowing.get(f"/v1/tickets/{incident['ticket_id']}").json()
    assert (lead["tags"]["product_area"]["label"], lead["tags"]["priority"]["label"]) == ("billing", "P1")
    assert knowing.get(f"/v1/tickets/{case}").json()["incident_id"] == incident["ticket_id"]
    ended = knowing.post(f"{PATH}/{incident['id']}/end", json={"text": "It works again."})
    assert ended.json() == {"tickets": 2}
    assert knowing.get(f"/v1/tickets/{case}").json()["transcript"][-1]["text"] == "It works again."


def test_it_says_who_was_told(knowing: Client, clock: FrozenClock) -> None:
    incident = opened(knowing, clock)
    first = ask(knowing, KNOWN, visitor="v-1")
    clock.advance(SECONDS)
    second = ask(knowing, "I cannot log in", visitor="v-2", account="acme")
    ticket = knowing.post(f"/v1/deflections/{second['id']}/ticket", json={"email": "ann@example.com"}).json()["id"]
    ask(knowing, "Where is my invoice?", visitor="v-3")
    told = knowing.get(f"{PATH}/{incident['id']}/told").json()
    assert told["total"] == knowing.get(f"{PATH}/{incident['id']}").json()["told"] == 2
    assert [each["deflection_id"] for each in told["told"]] == [second["id"], first["id"]]
    assert [each["visitor"] for each in told["told"]] == ["v-2", "v-1"]
    assert (told["told"][0]["account"], told["told"][0]["ticket_id"]) == ("acme", ticket)


def test_it_can_be_changed_until_it_ends_and_then_nobody_is_told(knowing: Client, clock: FrozenClock) -> None:
    incident = opened(knowing, clock)
    path = f"{PATH}/{incident['id']}"
    assert knowing.put(path, json=SIGN_IN | {"message": "Found it."}).json()["message"] == "Found it."
    clock.advance(SECONDS)
    assert ask(knowing, KNOWN)["incident"]["message"] == "Found it."
    assert knowing.post(f"{path}/end", json={}).json() == {"tickets": 0}
    clock.advance(SECONDS)
    assert ask(knowing, KNOWN)["decision"] == "answer"
    assert knowing.put(path, json=SIGN_IN).status_code == 409
    assert knowing.post(f"{path}/end", json={}).status_code == 409
    assert [each["state"] for each in knowing.get(PATH).json()["incidents"]] == ["ended"]


def test_it_ends_with_its_ticket(knowing: Client, clock: FrozenClock) -> None:
    incident = opened(knowing, clock)
    resolved = f"/v1/tickets/{incident['ticket_id']}/transitions"
    knowing.post(resolved, json={"to": "resolved"}, headers={"If-Match": "*"}).raise_for_status()
    clock.advance(SECONDS)
    assert ask(knowing, KNOWN)["incident"] is None
    assert knowing.get(f"{PATH}/{incident['id']}").json()["state"] == "ended"


def test_every_step_is_in_the_change_log(
    knowing: Client, clock: FrozenClock, make_key: Callable[..., dict[str, str]]
) -> None:
    incident = opened(knowing, clock, actor="ann")
    clock.advance(SECONDS)
    knowing.put(f"{PATH}/{incident['id']}", json=SIGN_IN | {"message": "Found it.", "actor": "bob"})
    clock.advance(SECONDS)
    knowing.post(f"{PATH}/{incident['id']}/end", json={})
    admin = make_key("admin")
    log = knowing.get("/v1/audit?kind=incident", headers=admin).json()["changes"]
    assert [(each["subject"], each["action"]) for each in log] == [
        (incident["id"], "changed"),
        (incident["id"], "changed"),
        (incident["id"], "created"),
    ]
    assert [each["by"] for each in log[1:]] == ["bob", "ann"]
    change = knowing.get(f"/v1/audit/{log[1]['id']}", headers=admin).json()
    assert "-message: We are on it." in change["diff"]
    assert "+message: Found it." in change["diff"]
    assert knowing.post(f"/v1/audit/{log[1]['id']}/undo", headers=admin).status_code == 409


@pytest.mark.parametrize(
    "wrong", [{"title": " "}, {"message": ""}, {"terms": ["a"]}, {"area": ""}, {"priority": "P9"}, {"until": "now"}]
)
def test_what_says_nothing_is_refused(knowing: Client, wrong: dict[str, Any]) -> None:
    assert knowing.post(PATH, json=SIGN_IN | wrong).status_code == 400
    assert knowing.get(PATH).json() == {"incidents": []}


def test_what_is_not_there_is_not_found(knowing: Client) -> None:
    assert knowing.get(f"{PATH}/inc_none").status_code == 404
    assert knowing.put(f"{PATH}/inc_none", json=SIGN_IN).status_code == 404
    assert knowing.post(f"{PATH}/inc_none/end", json={}).status_code == 404
    assert knowing.get(f"{PATH}/inc_none/told").status_code == 404
