"""A note is read by agents: what it is, who does it, by when, and what may help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar

from serving.helpdesks.note import LONGEST, NO_LABELS, NONE_LIKELY
from serving.inference.suggestions import Suggestions
from serving.inference.tagger import TicketText
from tests.fakes import FrozenClock, suggestion
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.helpdesks.noted_tickets import SUGGESTED, Says, escalate, raised, replied, shown, suggests
from tests.serving.helpdesks.test_sync import FIELDS, Both
from triage.reason_codes import ReasonCode


def test_it_reads_in_the_order_in_which_an_agent_does(editing: Both) -> None:
    ticket_id, [note] = shown(editing, labels={"category": "billing"}, by="agent:kim")
    assert note == "\n".join(
        [
            f"Firstline ({ticket_id}):",
            "",
            "Priority: P1 (suggested, 90% sure)",
            "Category: billing (set by a person)",
            "Product area: api (suggested, 90% sure)",
            "",
            f"Team: {editing.here.read(ticket_id).team}, tier T1 ({editing.here.read(ticket_id).routing_reason})",
            "",
            "First reply by 2026-03-02 11:00 UTC (internal target; contract 2026-03-02 14:00 UTC)",
            "Resolve by 2026-03-02 18:00 UTC (internal target; contract 2026-03-03 18:00 UTC)",
            "",
            "Similar solved tickets:",
            "- desk-3 Export has no rows: Removed the filter. Ask [email].",
            "- desk-5 CSV is empty: Chose the right month.",
            "",
            "Articles that may help:",
            "- Export to CSV: https://help.example.com/export",
            "- Known faults: inner",
        ]
    )


def test_declared_fields_stand_below_the_labels_and_what_is_not_valid_says_so(editing: Both) -> None:
    fields = {"order_number": "10234", "amount": "fifty"}
    _, [note] = shown(editing, description="Since 2.3.1 it fails.", fields=fields)
    assert "\n\nVersion: 2.3.1\nOrder number: 10234\nAmount: fifty (not valid: its form)\n\nTeam: " in note


@pytest.mark.parametrize(
    ("code", "by"), [(ReasonCode.RAISED_BY_PHRASE, "lexicon"), (ReasonCode.RAISED_BY_PROBABILITY, "cut")]
)
def test_a_priority_that_the_floor_raised_is_written_and_the_note_says_why(
    opened: Litestar, clock: FrozenClock, code: ReasonCode, by: str
) -> None:
    says = Says({"priority": raised("P0", code, by), "category": suggestion("bug")})
    both = Both(opened, clock, MemoryDesk(fields=FIELDS), suggests, says)
    _, [note] = shown(both)
    values = both.there.tickets["1"].values
    assert (values["priority"], values.get("category"), values["tags"]) == ("urgent", None, ("firstline",))
    assert 'Priority: P0 (raised)\nCategory: bug (suggested, 90% sure)\nWhy P0: the text says "is down"' in note


@pytest.mark.parametrize(("confidence", "shown_as"), [(0.994, "99%"), (0.999, "99%"), (0.985, "98%")])
def test_a_suggestion_is_never_certain(opened: Litestar, clock: FrozenClock, confidence: float, shown_as: str) -> None:
    says = Says({"category": suggestion("bug", confidence)})
    _, [note] = shown(Both(opened, clock, MemoryDesk(), suggests, says))
    assert f"Category: bug (suggested, {shown_as} sure)" in note


@pytest.mark.parametrize(
    ("tags", "why"),
    [({}, NO_LABELS), ({"category": replace(suggestion("bug"), label=None, mode="abstain")}, NONE_LIKELY)],
)
def test_a_ticket_without_labels_says_why(opened: Litestar, clock: FrozenClock, tags: Any, why: str) -> None:
    _, [note] = shown(Both(opened, clock, MemoryDesk(), suggests, Says(tags)))
    assert f"\n\n{why}\n\nTeam: " in note


def test_a_value_that_somebody_set_there_stays_and_the_note_says_so(editing: Both) -> None:
    remote_id = editing.there.file(priority="low")
    editing.hear(remote_id)
    for _ in range(2):
        editing.round()
    editing.retag(editing.ours(remote_id).id, priority="P0")
    editing.round()
    kept = editing.there.tickets[remote_id]
    assert kept.values["priority"] == "low"
    assert "Priority: P0 (set by a person; the value that was set here stays)" in kept.notes[0]


def test_a_label_without_a_field_says_so(opened: Litestar, clock: FrozenClock) -> None:
    both = Both(opened, clock, MemoryDesk(), suggests)
    _, [note] = shown(both, labels={"category": "billing"}, by="agent:kim")
    assert "Category: billing (set by a person; no field is mapped for it)" in note


def test_an_escalation_brings_its_packet_in_a_note_of_its_own_once(editing: Both) -> None:
    ticket_id, notes = shown(editing, plan="premium", labels={"category": "billing"}, by="agent:kim")
    escalate(editing, ticket_id)
    replied(editing, ticket_id)
    first, packet = notes
    assert "tier T2" in first
    assert "Escalated from T1 to T2 on 2026-03-02 10:02 UTC by agent:kim (the packet is in a note of its own)" in first
    assert packet.startswith(f"Firstline ({ticket_id}):\n\nEscalated from T1 to T2")
    assert "Steps already taken (written by a person)\nCleared the cache. My phone is [phone]." in packet
    assert "Before it can go to T3\n- a structured bug report" in packet


def test_it_is_bounded_and_names_nobody(opened: Litestar, clock: FrozenClock) -> None:
    many = Suggestions(similar=tuple(replace(SUGGESTED.similar[0], subject="x" * 9_000) for _ in range(90)))
    both = Both(opened, clock, MemoryDesk(), lambda _: many)
    ticket_id, [note] = shown(both)
    assert len(note) <= LONGEST
    assert note.startswith(f"Firstline ({ticket_id}):\n")
    assert note.endswith("\n…")
    assert "ann@acme.example" not in note


def test_a_model_that_breaks_costs_the_suggestions_and_no_note(opened: Litestar, clock: FrozenClock) -> None:
    def breaks(_: TicketText) -> Suggestions:
        raise ValueError("a shape")

    _, [note] = shown(Both(opened, clock, MemoryDesk(), breaks))
    assert "First reply by" in note
    assert "Similar" not in note
