"""The escalation packet: each field given by a person, extracted word for word, or missing.

Nothing is made up: whole lines and sentences of the ticket are extracted, each with its location.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from triage.tickets.escalation import EXTRACTED, GIVEN, MISSING, is_empty
from triage.tickets.events import AGENT
from triage.tickets.ticket import CUSTOMER, Ticket

_NUMBERED = re.compile(r"\s*\(?\d{1,2}[.):]\s+\S")
_REFERENCE = re.compile(
    r"https?://\S+|(?<![\w-])[\w-]{1,200}\.(?:png|jpe?g|gif|webp|mp4|mov|har|log|txt|zip|pdf)\b", re.IGNORECASE
)
_LOG = re.compile(
    r"""\d{4}-\d\d-\d\d[T ]\d\d:\d\d            # begins like a line of a log
    | \b(?:ERROR|FATAL|CRITICAL|WARN(?:ING)?|Traceback|Exception|Caused\ by)\b
    | \b\w+(?:Error|Exception):
    | \bHTTP(?:/\d(?:\.\d)?)?\ [45]\d\d\b
    | ^\s+at\ \S+\(.*\)$                        # a frame of a stack
    | ^\s+File\ ".+",\ line\ \d+""",
    re.VERBOSE,
)
_TRIED = re.compile(r"\b(?:I|we)(?:'ve|\s+have)?\s+(?:\w+\s+)?tried\b", re.IGNORECASE)
_IMPACT = re.compile(
    r"\b(?:all|every|each|none|most|many|several|\d[\d,.]{0,15})\s+(?:of\s+)?(?:our\s+|the\s+)?"
    r"(?:users?|customers?|colleagues|teams?|people|accounts?|orders?|employees|agents?|clients?)\b"
    r"|\b(?:nobody|no one|everybody|everyone)\b|\b(?:is|are|am) blocked\b",
    re.IGNORECASE,
)
_WORKAROUND = re.compile(r"\bwork-?\s?arounds?\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True)
class Quote:
    """A quote from the ticket and its location: `description`, `transcript[2]` or a field."""

    text: str
    where: str


@dataclass(frozen=True)
class Item:
    """One field of a packet."""

    mark: str
    value: object = None
    quotes: tuple[Quote, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Write it as clients read it."""
        record: dict[str, Any] = {"mark": self.mark, "value": self.value}
        if self.quotes:
            record["where"] = [{"in": each.where, "text": each.text} for each in self.quotes]
        return record


@dataclass(frozen=True)
class Packet:
    """All fields that an escalation path needs, and other given fields."""

    items: Mapping[str, Item] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, object]:
        """What travels."""
        return {name: item.value for name, item in self.items.items() if item.mark != MISSING}

    @property
    def marks(self) -> dict[str, str]:
        """Where each field comes from."""
        return {name: item.mark for name, item in self.items.items()}

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that nobody gave and that stand nowhere."""
        return tuple(name for name, item in self.items.items() if item.mark == MISSING)


def packed(ticket: Ticket, needed: Mapping[str, str], given: Mapping[str, object]) -> Packet:
    """Fill a packet.

    Parameters
    ----------
    ticket
        The case with its thread.
    needed
        The fields that the way up asks for.
    given
        What a person wrote; it goes before what could be extracted, unless it says nothing.

    Returns
    -------
    The packet; what neither was given nor stands in the ticket is marked as missing.
    """
    items = {name: Item(GIVEN, value) for name, value in given.items() if not is_empty(value)}
    for name in needed:
        items.setdefault(name, _extracted(ticket, name))
    return Packet({**{name: items[name] for name in needed}, **items})


def _extracted(ticket: Ticket, name: str) -> Item:
    stated = {"arr": ticket.arr, "health": ticket.health, "attachments": ", ".join(ticket.attachments) or None}.get(
        name
    )
    if stated is not None:
        return Item(EXTRACTED, stated, (Quote(str(stated), name),))
    find = _FINDERS.get(name)
    quotes = tuple(dict.fromkeys(find(ticket))) if find else ()
    if not quotes:
        return Item(MISSING)
    return Item(EXTRACTED, "\n".join(each.text for each in quotes), quotes)


def _said(ticket: Ticket, *by: str) -> Iterator[Quote]:
    """List what people wrote, what the customer filed first; our own answers are no testimony."""
    if CUSTOMER in by:
        yield Quote(ticket.subject, "subject")
        yield Quote(ticket.description, "description")
    for place, message in enumerate(ticket.transcript):
        if message.by in by:
            yield Quote(message.text, f"transcript[{place}]")


def _steps_taken(ticket: Ticket) -> Iterator[Quote]:
    """Quote what agents answered, and where the customer says what was tried."""
    yield from (each for each in _said(ticket, AGENT) if each.text.strip())
    for text in _said(ticket, CUSTOMER):
        yield from _sentences(text, _TRIED)


def _reproduction(ticket: Ticket) -> Iterator[Quote]:
    """Quote numbered lists of at least two steps."""
    for text in _said(ticket, CUSTOMER):
        steps: list[str] = []
        for line in [*text.text.splitlines(), ""]:
            if line and _NUMBERED.match(line):
                steps.append(line)
                continue
            if len(steps) > 1:
                yield Quote("\n".join(steps), text.where)
            steps = []


def _evidence(ticket: Ticket) -> Iterator[Quote]:
    """Quote links, names of files, and lines that look like those of a log."""
    for text in _said(ticket, CUSTOMER):
        for line in filter(str.strip, text.text.splitlines()):
            if _LOG.search(line):
                yield Quote(line, text.where)
            else:
                yield from (Quote(each[0], text.where) for each in _REFERENCE.finditer(line))


def _sentences(text: Quote, wanted: re.Pattern[str]) -> Iterator[Quote]:
    for sentence in _SENTENCE_END.split(text.text):
        if sentence and wanted.search(sentence):
            yield Quote(sentence.strip(), text.where)


def _impact(ticket: Ticket) -> Iterator[Quote]:
    for text in _said(ticket, CUSTOMER):
        yield from _sentences(text, _IMPACT)


def _workaround(ticket: Ticket) -> Iterator[Quote]:
    for text in _said(ticket, CUSTOMER, AGENT):
        yield from _sentences(text, _WORKAROUND)


_FINDERS: Mapping[str, Callable[[Ticket], Iterator[Quote]]] = {
    "steps_taken": _steps_taken,
    "customer_impact": _impact,
    "reproduction_steps": _reproduction,
    "evidence": _evidence,
    "workaround_status": _workaround,
}
