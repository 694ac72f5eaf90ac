"""Other systems hear how questions were decided and how they ended, without a word of what was asked."""

from __future__ import annotations

import sqlalchemy as sa

from serving.storage.job_tables import outbox_events
from tests.serving.conftest import Client
from tests.serving.deflections.test_deflections import KNOWN, UNKNOWN, ask

QUESTIONS = {KNOWN: "deflection.answered", UNKNOWN: "deflection.handed_off", "Hello!": "deflection.clarified"}


def events(client: Client, subject: object) -> list[tuple[str, int, dict[str, object]]]:
    c = outbox_events.c
    asked = sa.select(c.type, c.sequence, c.data).where(c.subject == subject).order_by(c.sequence)
    database = client.app.state.context.database
    return [tuple(row) for row in database.read(lambda connection: connection.execute(asked).all())]


def test_each_decision_is_told_without_the_question(knowing: Client) -> None:
    for question, type_ in QUESTIONS.items():
        body = ask(knowing, question, visitor="v-1", account="acme")
        ((told, sequence, data),) = events(knowing, body["id"])
        assert (told, sequence) == (type_, 1)
        assert (data["id"], data["decision"]) == (body["id"], body["decision"])
        assert data["articles"] == [article["id"] for article in body["articles"]]
        assert not {question, "acme", "v-1"} & {str(value) for value in data.values()}


def test_an_outcome_is_told_once_and_another_one_after_it(knowing: Client) -> None:
    name = ask(knowing, KNOWN)["id"]
    for outcome in ("not_helpful", "not_helpful", "confirmed", "abandoned"):
        assert knowing.post(f"/v1/deflections/{name}/outcome", json={"outcome": outcome}).status_code < 300
    assert [(type_, number, data["outcome"]) for type_, number, data in events(knowing, name)] == [
        ("deflection.answered", 1, None),
        ("deflection.not_helpful", 2, "not_helpful"),
        ("deflection.confirmed", 3, "confirmed"),
        ("deflection.abandoned", 4, "abandoned"),
    ]
