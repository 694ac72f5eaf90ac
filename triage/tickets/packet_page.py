"""The packet of an escalation as a page that people read, and shortened for a message of bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from triage.text.cleaning import redacted
from triage.tickets.escalation import EXTRACTED, TIERS, Escalation
from triage.tickets.escalation_packet import packed
from triage.tickets.events import TicketEscalated
from triage.tickets.ticket import Ticket

SHORTENED = " … (shortened)"
_SOURCES = {EXTRACTED: "from the ticket, word for word"}
_MOST_FIELDS, _NAME = 20, 60


@dataclass(frozen=True)
class NextTier:
    """What a further escalation needs, by field in words, and which of it nobody gave and stands nowhere."""

    to: str
    needed: Mapping[str, str]
    missing: tuple[str, ...]


def last_escalation(ticket: Ticket) -> TicketEscalated | None:
    """Give the latest escalation; None if there was none."""
    return next((fact for fact in reversed(ticket.events) if isinstance(fact, TicketEscalated)), None)


def headline(fact: TicketEscalated) -> str:
    """Say in one line which escalation it is."""
    return f"Escalated from {fact.tier_before} to {fact.tier} on {fact.at:%Y-%m-%d %H:%M} UTC by {fact.by}"


def next_tier(ticket: Ticket, rules: Escalation) -> NextTier | None:
    """Tell what the way to the next tier needs; None at the last tier."""
    above = TIERS[TIERS.index(ticket.tier) + 1 :]
    if not above:
        return None
    needed = rules.needed(ticket.tier, above[0])
    return NextTier(above[0], needed, packed(ticket, needed, {}).missing)


def page(
    ticket: Ticket,
    fact: TicketEscalated,
    rules: Escalation,
    *,
    heading: str = "",
    texts: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Write an escalation as a page.

    Parameters
    ----------
    ticket
        The ticket as it is now.
    fact
        One of its escalations.
    rules
        What each way needs, in words.
    heading
        What a heading begins with, such as `## ` in Markdown.
    texts
        What `shortened` made of the packet; without it the texts stand there as they are.

    Returns
    -------
    The page.
    """
    words = rules.needed(fact.tier_before, fact.tier)
    fields = fact.packet if texts is None else {name: each["value"] for name, each in texts.items()}
    lines = [headline(fact), "", *_summary(ticket, fact, subject=texts is None)]
    for name, value in fields.items():
        source = _SOURCES.get(fact.marks.get(name, ""), "written by a person")
        lines += ["", f"{heading}{_title(words.get(name, name))} ({source})", as_text(value)]
    ahead = next_tier(ticket, rules)
    if ahead is not None:
        lacking = [ahead.needed[name] for name in ahead.missing]
        lines += ["", f"{heading}Before it can go to {ahead.to}"]
        lines += [f"- {each}" for each in lacking] or ["Nothing is missing."]
    return "\n".join([f"{heading and '# '}{lines[0]}", *lines[1:]])


def shortened(
    ticket: Ticket, fact: TicketEscalated, *, most: int, size: Callable[[str], int] = len
) -> dict[str, dict[str, str]]:
    """Return the fields of a packet as texts without personal data, all together not longer than `most`.

    Parameters
    ----------
    ticket
        Whose requester is known by name.
    fact
        One of its escalations.
    most
        The longest that the texts may be together.
    size
        How long a text is, in the units of `most`.

    Returns
    -------
    By field its mark and its text; of very many fields the first ones.
    """
    fields: dict[str, dict[str, str]] = {}
    left, several = most, list(fact.packet.items())[:_MOST_FIELDS]
    for number, (name, value) in enumerate(several):
        share = left // (len(several) - number)
        text = _cut(redacted(as_text(value), (ticket.email, ticket.account)), share, size)
        left -= size(text)
        fields[redacted(name)[:_NAME]] = {"mark": fact.marks.get(name, ""), "value": text}
    return fields


def as_text(value: object) -> str:
    """Write a value of a packet as lines of text."""
    return "\n".join(_lines(value))


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, list | tuple) and all(isinstance(each, str | int | float) for each in value):
        yield from (f"- {each}" for each in value)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _summary(ticket: Ticket, fact: TicketEscalated, *, subject: bool) -> Iterator[str]:
    yield f"Ticket: {ticket.id}, {ticket.subject}" if subject and ticket.subject else f"Ticket: {ticket.id}"
    yield f"Priority: {ticket.priority or 'none'}"
    yield f"Plan: {ticket.plan or 'unknown'}"
    yield f"Queue: {fact.queue}"
    if fact.handling:
        yield f"Handling: {fact.handling.replace('_', ' ')}"


def _title(words: str) -> str:
    words = words.replace("_", " ")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return words[:1].upper() + words[1:]


def _cut(text: str, most: int, size: Callable[[str], int]) -> str:
    """Return a text, or as much of its beginning as there is room for."""
    if size(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle] + SHORTENED) <= most else (low, middle - 1)
    return text[:low] + SHORTENED
