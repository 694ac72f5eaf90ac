"""A later message has a ticket tagged anew by its whole conversation; routing, deadlines and webhooks follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.erasure import MARK
from serving.inference.tagger import TicketText
from serving.jobs.queue import Job
from serving.storage.job_tables import jobs, outbox_events
from serving.tickets.desk import Desk
from serving.tickets.messages.queueing import RETRIAGE
from serving.tickets.messages.retriage import Retriage, conversation_text
from tests.builders import a_ticket
from tests.fakes import FixedTagged, FixedTagger, FrozenClock, suggestion
from triage.model.assessment import Assessment
from triage.reason_codes import ReasonCode

Client = TestClient[Litestar]
PATH = "/v1/tickets"


def sure(label: str) -> Assessment:
    return replace(suggestion(label, 0.99), mode="auto", certificate="c", reason_code=ReasonCode.CERTIFIED)


@dataclass
class ReadingTagger(FixedTagger):
    """Tags as always until a text names a word, and keeps what it read."""

    words: Mapping[str, Mapping[str, Assessment]] = field(default_factory=dict)
    read: list[TicketText] = field(default_factory=list)

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        self.read.append(filed)
        found = super().tag(filed, own=own)
        changed = [tags for word, tags in self.words.items() if word in filed.description]
        return replace(found, assessments={**found.assessments, **(changed[-1] if changed else {})})


@pytest.fixture
def tagger() -> ReadingTagger:
    raised = replace(suggestion("P0"), raised_by="lexicon", reason_code=ReasonCode.RAISED_BY_PHRASE)
    return ReadingTagger(
        {"category": "bug", "priority": "P3"},
        words={"invoice": {"category": sure("billing")}, "password": {"category": sure("how_to")}}
        | {"down": {"priority": raised}},
    )


@dataclass
class Talk:
    """One ticket, and what is said on it."""

    client: Client
    tagger: ReadingTagger
    clock: FrozenClock
    id: str = ""

    def open(self, **fields: Any) -> None:
        new = {"subject": "Question", "description": "It is grey.", "plan": "premium", "channel": "email", **fields}
        self.id = self.client.post(PATH, json=new).json()["id"]

    def says(self, text: str) -> None:
        self.clock.advance(timedelta(seconds=1))
        self.client.post(f"{PATH}/{self.id}/replies", json={"text": text, "by": "customer"})

    def run(self) -> int:
        """Run the jobs of the ticket that are queued, and return how many."""
        context = self.client.app.state.context
        asked = sa.select(jobs).where(jobs.c.kind == RETRIAGE)
        found = context.database.read(lambda c: c.execute(asked).mappings().all())
        for row in found:
            job = Job(row["id"], RETRIAGE, row["subject"], row["record"], 1, 1)
            Retriage(Desk(context, self.tagger).retriage, self.clock)(job)
        context.database.write(lambda c: c.execute(jobs.delete().where(jobs.c.kind == RETRIAGE)))
        return len(found)

    def now(self) -> dict[str, Any]:
        return dict(self.client.get(f"{PATH}/{self.id}").json())

    def label(self, head: str) -> str | None:
        label: str | None = self.now()["tags"][head]["label"]
        return label


@pytest.fixture
def talk(desk_client: Client, tagger: ReadingTagger, clock: FrozenClock) -> Talk:
    return Talk(desk_client, tagger, clock)


def test_a_certified_label_of_the_conversation_takes_the_place_of_a_suggestion_once(talk: Talk) -> None:
    talk.open()
    talk.says("It is about the invoice.")
    assert talk.run() == 1
    assert talk.tagger.read[-1].description == "It is grey.\n\nIt is about the invoice."
    assert talk.label("category") == "billing"
    talk.says("And about the password.")
    talk.run()
    assert talk.label("category") == "billing"


def test_a_raised_priority_brings_its_deadline_and_a_webhook_that_says_why(talk: Talk) -> None:
    talk.open()
    before = talk.now()["sla"]["sla_deadline"]["at"]
    talk.says("Now everything is down.")
    talk.run()
    assert talk.label("priority") == "P0"
    assert talk.now()["sla"]["sla_deadline"]["at"] < before
    context = talk.client.app.state.context
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "ticket.tagged").order_by(outbox_events.c.id)
    told = context.database.read(lambda c: list(c.scalars(asked)))[-1]
    change = {"from": "P3", "to": "P0", "why": "raised_by_phrase"}
    assert told["retriage"] == {"message": 4, "changes": {"priority": change}}
    assert told["fact"] == "ticket_retriaged"


def test_a_persons_label_stays_and_so_does_what_needs_nobody(talk: Talk) -> None:
    talk.open(tags={"category": "how_to"})
    talk.says("Thanks!")
    assert talk.run() == 0
    talk.says("It is about the invoice.")
    assert talk.run() == 1
    assert talk.label("category") == "how_to"


def test_a_job_of_a_ticket_that_is_closed_or_gone_does_nothing(talk: Talk) -> None:
    talk.open()
    talk.says("It is about the invoice.")
    talk.client.post(f"{PATH}/{talk.id}/transitions", json={"to": "closed"})
    talk.run()
    assert talk.label("category") == "bug"
    assert conversation_text(a_ticket(description=MARK)) is None
    gone = Job("job", RETRIAGE, "x", {"ticket_id": "tkt_none"}, 1, 1)
    Retriage(Desk(talk.client.app.state.context, talk.tagger).retriage, talk.clock)(gone)
