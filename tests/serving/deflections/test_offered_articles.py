"""The article is sure and its section is not: it is offered to be read, and counts only by its customer's yes."""

from __future__ import annotations

from typing import Any

import pytest

from retrieval.answering.answerability import Answerability
from retrieval.answering.passage_gate import PassageGate, Passages
from serving.deflections.phrases import PHRASES
from serving.inference.loaded_model import LoadedModel
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.conftest import Client, a_model, take_in
from tests.serving.deflections.test_deflections import ask
from tests.serving.reports.test_numbers import DAY, report

KETTLE = {
    "id": "kettle",
    "title": "Kettle care",
    "url": "https://help.example.com/kettle",
    "body": "How to care for the kettle and its light.\n\n## Switch the light on\n\nTap the kettle lid once.\n\n"
    "## Switch the light off\n\nTap the kettle lid twice.\n",
}
UNSURE = Answerability(answer_at=0.05, clarify_at=0.0, passages=Passages(gate=PassageGate(intercept=-50.0)))
QUESTION = "the light of the kettle"


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel | None:
    return a_model(encoder, answerability=UNSURE)


@pytest.fixture
def kitchen(client: Client) -> Client:
    take_in(client, [KETTLE])
    return client


def offered(client: Client, visitor: str = "v-1", **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = ask(client, QUESTION, visitor=visitor, channel="chat", **fields)
    assert body["decision"] == "clarify", body["reason"]
    return body


def test_the_article_comes_with_its_link_how_it_begins_and_its_sections_and_no_answer(kitchen: Client) -> None:
    body = offered(kitchen)

    assert (body["answer"], body["certificate"]) == (None, None)
    assert body["clarification"]["article"] == {
        "article_id": "kettle",
        "title": "Kettle care",
        "url": "https://help.example.com/kettle",
        "summary": "How to care for the kettle and its light.",
    }
    assert body["clarification"]["question"] == PHRASES["en"]["which_part"]
    addresses = {each["question"]: each["url"] for each in body["clarification"]["choices"]}
    assert addresses["Kettle care: Switch the light off"] == "https://help.example.com/kettle#switch-the-light-off"


def test_the_section_that_is_chosen_is_quoted(kitchen: Client) -> None:
    offered(kitchen)

    chosen: dict[str, Any] = ask(kitchen, "Kettle care: Switch the light off", visitor="v-1")
    assert (chosen["decision"], chosen["answer"]["text"]) == ("answer", "Tap the kettle lid twice.")


def test_it_counts_apart_and_only_a_yes_makes_it_an_answer(kitchen: Client, clock: FrozenClock) -> None:
    """Four are offered it: one says yes, one no, one nothing, and one sends a ticket."""
    ids = [offered(kitchen, visitor)["id"] for visitor in ("a", "b", "c", "d")]
    for each, outcome in zip(ids, ("confirmed", "not_helpful"), strict=False):
        kitchen.post(f"/v1/deflections/{each}/outcome", json={"outcome": outcome})
    kitchen.post(f"/v1/deflections/{ids[3]}/ticket", json={"email": "kim@example.com"})
    clock.advance(8 * DAY)

    found = report(kitchen, "deflection")
    counts = {each["id"]: each["count"] for each in found["rungs"]}
    assert counts == {"eligible": 4, "answered": 1, "contained": 1, "assumed": 0, "confirmed": 1, "durable": 1}
    assert (found["offered"]["count"], found["offered"]["figure"]["value"]) == (4, 1.0)
    assert (found["offered"]["confirmed"]["value"], found["offered"]["confirmed"]["n"]) == (0.25, 4)
