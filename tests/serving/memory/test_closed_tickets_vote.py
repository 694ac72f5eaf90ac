"""A ticket that is closed votes soon for what solved it, until it is reopened, linked otherwise or erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from serving.context import Context
from serving.inference.candidates import Candidates
from serving.memory import store
from serving.memory.following import Following
from serving.memory.store import Change
from serving.telemetry import Telemetry
from serving.tickets.snapshot import teaches
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.conftest import Client, FixedModels, a_model
from tests.waiting import wait_until
from triage.model.registry import Registry

ASKED = "The purple gizmo blinks at dawn"
AGAIN = "Why does my gizmo blink purple, blinks at every dawn?"


@pytest.fixture
def context(knowing: Client) -> Context:
    found: Context = knowing.app.state.context
    return found


def a_ticket(client: Client, subject: str = ASKED, **more: Any) -> str:
    body = {"subject": subject, "description": "It never stops.", "email": "ann@example.com", **more}
    answer = client.post("/v1/tickets", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def moved(client: Client, ticket: str, to: str, **more: Any) -> None:
    answer = client.post(f"/v1/tickets/{ticket}/transitions", json={"to": to, **more})
    assert answer.status_code == 201, answer.text


def resolved(client: Client, subject: str = ASKED, article: str | None = "refund", reply: str | None = None) -> str:
    ticket = a_ticket(client, subject)
    if reply is not None:
        answer = client.post(f"/v1/tickets/{ticket}/replies", json={"by": "agent", "text": reply})
        assert answer.status_code < 300, answer.text
    moved(client, ticket, "resolved", resolution_type="solved", **({"kb_article_id": article} if article else {}))
    return ticket


def first(client: Client, question: str = AGAIN) -> str | None:
    """The article that ranks first for an agent who searches."""
    found = client.post("/v1/articles/search", json={"query": question}).json()["results"]
    return found[0]["id"] if found else None


def rows(context: Context) -> list[Change]:
    return context.database.read(lambda connection: store.since(connection, 0, 100))


def test_the_same_question_in_other_words_finds_what_solved_the_first(knowing: Client) -> None:
    assert first(knowing) != "reset-password"
    resolved(knowing, article="reset-password")
    wait_until(lambda: first(knowing) == "reset-password")


def test_reopened_it_votes_no_longer_and_linked_otherwise_it_votes_for_that(knowing: Client) -> None:
    ticket = resolved(knowing, article="reset-password")
    wait_until(lambda: first(knowing) == "reset-password")
    moved(knowing, ticket, "open")
    wait_until(lambda: first(knowing) != "reset-password")
    moved(knowing, ticket, "resolved", kb_article_id="export")
    wait_until(lambda: first(knowing) == "export")


def test_erased_it_leaves_nothing_and_votes_no_longer(knowing: Client, context: Context) -> None:
    ticket = resolved(knowing, article="reset-password")
    wait_until(lambda: first(knowing) == "reset-password")
    assert knowing.post("/v1/erasures", json={"email": "ann@example.com"}).json()["erased"]["recent_tickets"] == 1
    assert first(knowing) != "reset-password", "at once"
    (row,) = rows(context)
    assert (row.key[0], row.ticket) == (ticket, None)
    assert first(knowing) != "reset-password"


def test_a_resolution_that_reads_like_an_article_votes_less_than_a_link(knowing: Client, context: Context) -> None:
    reply = "Open the sign-in page and choose Forgot password: a link to reset your password arrives by email."
    ticket = resolved(knowing, article=None, reply=reply)
    (row,) = wait_until(lambda: rows(context))
    assert row.ticket is not None
    assert (row.ticket.id, list(row.ticket.links)) == (ticket, [])
    assert max(row.ticket.reads_like, key=row.ticket.reads_like.__getitem__) == "reset-password"


def test_no_text_is_stored(knowing: Client, context: Context) -> None:
    resolved(knowing, reply="Press the zorb.")
    wait_until(lambda: rows(context))
    stored = context.database.read(lambda connection: connection.execute(sa.text("SELECT * FROM recent_tickets")).all())
    told = " ".join(map(str, stored[0])).lower()
    assert [word for word in ("gizmo", "purple", "ann@example", "zorb") if word in told] == []


def test_what_agents_are_shown_is_read_from_the_ticket_without_personal_data(
    knowing: Client, context: Context, served: list[FixedModels]
) -> None:
    ticket = resolved(knowing, reply="Hold the button, or write to ann@example.com.")
    candidates = Candidates(Registry(context.settings.models_path), served[0], context.clock, Telemetry())
    following = Following(replace(context, telemetry=Telemetry()), served[0], candidates, teaches)
    assert following.texts([ticket, "tkt_none"]) == {ticket: (ASKED, "Hold the button, or write to [email].")}
    moved(knowing, ticket, "open")
    assert following.texts([ticket]) == {}


def test_a_bundle_that_is_loaded_meanwhile_delays_what_comes_next_by_a_minute_at_most(
    knowing: Client, context: Context, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = FixedModels(a_model(HashingEncoder()), context.settings, clock, Telemetry())
    candidates = Candidates(Registry(context.settings.models_path), models, clock, Telemetry())
    following = Following(replace(context, telemetry=Telemetry()), models, candidates, teaches)
    remembered: list[object] = []

    def remember(recent: object) -> None:  # it waits for the lock
        remembered.append(recent)
        clock.advance(timedelta(seconds=20))

    monkeypatch.setattr(models, "remember", remember)
    for number in range(1, 3):
        resolved(knowing)
        wait_until(lambda number=number: len(rows(context)) == number)
        following.look(clock.advance(timedelta(seconds=61)))
        assert len(remembered) == number


def test_mail_of_machines_and_tickets_that_say_nothing_of_what_helped_teach_nothing(
    knowing: Client, context: Context
) -> None:
    resolved(knowing, "Silent", article=None)
    away = a_ticket(
        knowing, "Automatic reply: out of office", channel="email", headers={"Auto-Submitted": "auto-replied"}
    )
    moved(knowing, away, "resolved", kb_article_id="export")
    last = resolved(knowing)
    wait_until(lambda: [row.key[0] for row in rows(context)] == [last])


def test_a_key_that_may_only_tag_is_shown_tickets_of_the_bundle_alone(knowing: Client) -> None:
    closed = resolved(knowing, article="reset-password", reply="Hold the button.")
    wait_until(lambda: first(knowing) == "reset-password")
    tagged = knowing.post("/v1/tags", json={"subject": ASKED, "description": "It never stops."}).json()
    assert closed not in [each["id"] for each in tagged["similar_tickets"]]
    assert tagged["articles"][0]["id"] == "reset-password"


def test_another_encoder_reads_it_again_in_the_background(
    knowing: Client, context: Context, clock: FrozenClock, served: list[FixedModels]
) -> None:
    ticket = resolved(knowing, article="reset-password")
    wait_until(lambda: first(knowing) == "reset-password")
    served[0].serve(a_model(HashingEncoder("hashing-2")))

    def by() -> set[str]:
        clock.advance(timedelta(minutes=1))  # a job that comes before the articles' new index is tried again later
        return {row.key[1] for row in rows(context) if row.ticket is not None}

    wait_until(lambda: by() == {"hashing-2"}, pause=0.2)
    assert {row.key[0] for row in rows(context)} == {ticket}
    wait_until(lambda: first(knowing) == "reset-password")


def test_bounds_end_the_oldest(
    knowing: Client, context: Context, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST", 1)
    older = resolved(knowing, "First trouble")
    wait_until(lambda: rows(context))
    clock.advance(timedelta(minutes=1))
    newer = resolved(knowing, "Second trouble")
    wait_until(lambda: {row.key[0] for row in rows(context) if row.ticket is not None} == {newer})
    assert older in {row.key[0] for row in rows(context)}, "so that every process hears of it"
