"""What a bundle carries of closed tickets: what an agent may read, and nothing of a person."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes import HashingEncoder
from training.answers.bundled_tickets import solved, write
from triage.model import lexical
from triage.tickets.closed_ticket import ClosedTicket

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass
class Untold:
    trust: Mapping[str, Sequence[float]] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def records(*tickets: ClosedTicket, told: Untold | None = None) -> list[dict[str, Any]]:
    texts = [ticket.text for ticket in tickets]
    lexicon = lexical.learn([*texts, *texts], min_tickets=1, most=1_000, progress=lambda _: None)
    files = write(tickets, HashingEncoder().encode(texts), lexicon, told or Untold())
    return [json.loads(line) for line in files["cases/cases.jsonl"].splitlines()]


def test_subject_and_resolution_are_carried_without_addresses_and_numbers() -> None:
    (record,) = records(
        ClosedTicket(
            id="1",
            subject="Locked out, write to jo.doe@example.com",
            resolution="Called +44 20 7946 0958 and reset it for jo.doe@example.com.",
        )
    )

    assert record["subject"] == "Locked out, write to [email]"
    assert record["resolution"] == "Called [phone] and reset it for [email]."


def test_a_ticket_without_a_subject_shows_how_its_description_begins() -> None:
    (record,) = records(ClosedTicket(id="1", description="Mail of jo@example.com bounces. " * 20, resolution="Fixed."))

    assert record["subject"].startswith("Mail of [email] bounces.")
    assert len(record["subject"]) <= 160


def test_only_tickets_that_say_how_they_were_solved_are_carried_and_the_newest_of_them() -> None:
    tickets = [
        ClosedTicket(id="a", subject="x", resolution="Restarted."),
        ClosedTicket(id="b", subject="x"),
        ClosedTicket(id="c", subject="x", kb_article_ids=("restart",)),
        ClosedTicket(id="d", subject="x", resolution="Again."),
    ]

    assert solved(tickets, 10) == [0, 2, 3]
    assert solved(tickets, 2) == [2, 3]


def test_what_was_learnt_of_a_ticket_travels_with_it() -> None:
    ticket = ClosedTicket(id="a", subject="x", resolution="Restarted.", kb_article_ids=("restart",))

    (told,) = records(ticket, told=Untold({"a": (0.51234,)}, {"a": {"restart": 0.7}}))
    (untold,) = records(ticket)

    assert (told["trust"], told["reads_like"]) == ([0.5123], {"restart": 0.7})
    assert (untold["trust"], untold["reads_like"]) == ([], {})
