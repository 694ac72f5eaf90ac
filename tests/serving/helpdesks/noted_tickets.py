"""Tickets with notes: a helpdesk that can rewrite them, what may help, and what happens to a ticket here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from retrieval.articles.article import Article
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Capabilities
from serving.inference.similar_tickets import SimilarCase
from serving.inference.suggestions import Suggestions
from serving.inference.tagger import TicketText
from serving.inference.tags import to_fact
from tests.fakes import FixedTagged, suggestion
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.helpdesks.test_sync import Both
from triage.model.assessment import Assessment
from triage.reason_codes import ReasonCode

SUGGESTED = Suggestions(
    similar=(
        SimilarCase("desk-3", "Export has no rows", "Removed the\nfilter. Ask ann@acme.example.", 0.91),
        SimilarCase("desk-5", "CSV is empty", "Chose the right month.", 0.88),
    ),
    articles=(
        Article(id="export", title="Export to CSV", body="…", url="https://help.example.com/export"),
        Article(id="inner", title="Known faults", body="…", visibility="internal"),
    ),
)
PACKET = {
    "steps_taken": "Cleared the cache. My phone is +49 170 1234567.",
    "customer_impact": "No exports",
    "reproduction_steps": "Press Export",
    "evidence": "HTTP 500",
}


class EditingDesk(MemoryDesk):
    """Can rewrite a note."""

    capabilities = Capabilities(resolution_by="written", guarded=True, edits_notes=True)

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.edits = 0
        self.refuses: int | None = None

    def note(self, remote_id: str, body: str) -> str:
        super().note(remote_id, body)
        return str(len(self.tickets[remote_id].notes))

    def edit_note(self, remote_id: str, note_id: str, body: str) -> None:
        self._reach()
        if self.refuses:
            raise DeskRefused("desk", self.refuses)
        self.edits += 1
        self.tickets[remote_id].notes[int(note_id) - 1] = body


@dataclass
class Says:
    """A tagger that says what it is given."""

    tags: Mapping[str, Assessment]

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        return FixedTagged(dict(self.tags))


def suggests(_: TicketText) -> Suggestions:
    return SUGGESTED


def raised(label: str, code: ReasonCode, by: Any) -> Assessment:
    return replace(suggestion(label, 0.4), raised_by=by, reason_code=code, reason='the text says "is down"')


def shown(both: Both, **more: Any) -> tuple[str, list[str]]:
    ticket = both.open(**more)
    both.round()
    return ticket.id, both.there.tickets["1"].notes


def tagged(both: Both, ticket_id: str, **assessments: Assessment) -> None:
    now = both.clock.now()
    facts = {head: to_fact(each, by="model:b2", at=now) for head, each in assessments.items()}
    both.here.change(ticket_id, lambda ticket: ticket.tag(facts, at=now, by="model:b2"), at=now)
    both.round()


def replied(both: Both, ticket_id: str, text: str = "One moment.") -> None:
    now = both.clock.now()
    both.here.change(ticket_id, lambda ticket: ticket.reply(text, at=now, by="agent:kim"), at=now)
    both.round()


def escalate(both: Both, ticket_id: str) -> None:
    now, rules = both.clock.now(), both.here._policies.sla.escalation
    both.here.change(
        ticket_id, lambda ticket: ticket.escalate(PACKET, to="T2", rules=rules, at=now, by="agent:kim"), at=now
    )
    both.round()
