"""The internal note on a ticket: what Firstline knows of it, in the order in which an agent reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from serving.helpdesks.handing_off import ASKED_BY, goes, is_answered, listed, spelt
from serving.helpdesks.port.connections import Connection
from serving.inference.suggestions import Suggestions
from serving.inference.tags import ListedLabel, Tag
from serving.ticket_desk import EscalationOut, TicketOut
from triage.text.cleaning import redacted

LONGEST = 4_000
_LINE, _RESOLUTION = 120, 160
NO_LABELS = "No labels: no model was ready when this ticket came in. The deadlines follow from the plan alone."
NONE_LIKELY = "No labels: none is likely enough to be suggested."
_SUREST = 0.99  # that is shown: nobody is certain of a suggestion
_DEADLINES = {
    "first_response_by": "First reply by",
    "next_response_by": "Next reply by",
    "resolution_by": "Resolve by",
}
_HOW = {"auto": "applied", "agent": "set by a person", "suggest": "suggested"}
_PROBLEMS = {"format": "its form", "checksum": "its check digits", "range": "its range", "future": "in the future"}
_HEADS = ("priority", "category", "product_area")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContent:
    """What a note is made of: the ticket, and what could not be shown in fields."""

    ticket: TicketOut
    connection: Connection
    untold: Mapping[str, str] = field(default_factory=dict)  # by our names: no field there takes it
    kept_there: frozenset[str] = frozenset()  # our names of the values that somebody set there
    suggestions: Suggestions = field(default_factory=Suggestions)
    escalation: EscalationOut | None = None

    def text(self) -> str:
        """Return the note; the same content gives the same words."""
        sections = [list(each) for each in (self._labels(), self._fields())]
        sections += [list(each) for each in (self._routing(), self._deadlines(), self._escalated())]
        sections += [list(self._similar()), list(self._articles())]
        text = "\n\n".join("\n".join(lines) for lines in [[opening(self.ticket.id)], *sections] if lines)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 2].rpartition(chr(10))[0]}\n…"

    def facts(self) -> dict[str, str]:
        """Return what an agent would act on, by name: a change of it is worth another note."""
        ticket = self.ticket
        facts = {"team": ticket.team or "", "tier": ticket.tier or ""}
        facts |= {head: tag.label or "" for head, tag in ticket.tags.items() if head == "priority"}
        facts |= {head: tag.label for head, tag in ticket.tags.items() if tag.label and self._is_only_here(head, tag)}
        return facts | {name: at.isoformat() for name, (at, _) in self._due().items()}

    def _is_only_here(self, head: str, tag: Tag) -> bool:
        return not goes(tag, self.connection) or head in self.untold

    def _labels(self) -> Iterator[str]:
        tags = self.ticket.tags
        for head in sorted(tags, key=lambda each: (each not in _HEADS, _HEADS.index(each) if each in _HEADS else each)):
            tag = tags[head]
            if tag.label:
                yield f"{spelt(head)}: {tag.label} ({self._how(head, tag)})"
            elif labels := listed(tag):
                yield f"{spelt(head)}: {', '.join(f'{each.label} ({_how_listed(each)})' for each in labels)}"
        if not any(tag.said for tag in tags.values()):
            yield NONE_LIKELY if tags else NO_LABELS
        priority = tags.get("priority")
        if priority is not None and priority.raised_by:
            yield f"Why {priority.label}: {priority.reason}"
        if email := self.untold.get("email"):
            yield f"{ASKED_BY}: {email}"

    def _how(self, head: str, tag: Tag) -> str:
        raised = tag.raised_by and tag.mode == "suggest"
        how = "raised" if raised else _HOW.get(tag.mode, tag.mode)
        if tag.mode in {"auto", "suggest"} and not raised and tag.confidence is not None:
            how += f", {min(tag.confidence, _SUREST):.0%} sure"
        if head in self.untold:
            return f"{how}; no field is mapped for it"
        return f"{how}; the value that was set here stays" if head in self.kept_there else how

    def _fields(self) -> Iterator[str]:
        for each in self.ticket.fields:
            wrong = f" (not valid: {_PROBLEMS[each.problem]})" if each.problem else ""
            yield f"{each.name.replace('_', ' ').capitalize()}: {_line(each.value, _LINE)}{wrong}"

    def _routing(self) -> Iterator[str]:
        if self.ticket.team:
            why = f" ({self.ticket.routing_reason})" if self.ticket.routing_reason else ""
            yield f"Team: {self.ticket.team}, tier {self.ticket.tier}{why}"
        if self.ticket.handling:
            yield f"Handling: {self.ticket.handling.replace('_', ' ')}"

    def _deadlines(self) -> Iterator[str]:
        for name, (at, source) in self._due().items():
            yield f"{_DEADLINES[name]} {at:%Y-%m-%d %H:%M} UTC ({source})"

    def _due(self) -> dict[str, tuple[datetime, str]]:
        """Return the deadlines that are still to be met, each the earlier of contract and target."""
        if self.ticket.status in {"resolved", "closed"}:
            return {}
        found = {}
        for name in _DEADLINES:
            both = {source: getattr(getattr(self.ticket.sla, source), name, None) for source in ("contract", "target")}
            due = [(at, source) for source, at in both.items() if isinstance(at, datetime)]
            if due and not (name == "first_response_by" and is_answered(self.ticket)):
                at, source = min(due)
                found[name] = at, source if source == "contract" else _target(both["contract"], at)
        return found

    def _escalated(self) -> Iterator[str]:
        if self.escalation is not None:
            yield f"{self.escalation.headline} (the packet is in a note of its own)"

    def _similar(self) -> Iterator[str]:
        for number, case in enumerate(self.suggestions.similar):
            if not number:
                yield "Similar solved tickets:"
            subject, solved = _line(case.subject, _LINE), _line(case.resolution or "", _RESOLUTION)
            yield f"- {case.id} {subject}: {solved}"

    def _articles(self) -> Iterator[str]:
        for number, article in enumerate(self.suggestions.articles):
            if not number:
                yield "Articles that may help:"
            yield f"- {_line(article.title, _LINE)}: {article.url or article.id}"


def _how_listed(label: ListedLabel) -> str:
    how = _HOW.get(label.mode, label.mode)
    return how if label.mode == "agent" else f"{how}, {min(label.confidence, _SUREST):.0%} sure"


def opening(ticket_id: str) -> str:
    """Return the first line of every note of ours; by it our own notes are told from those of people."""
    return f"Firstline ({ticket_id}):"


def packet_note(ticket_id: str, escalation: EscalationOut) -> str:
    """Return the note with which a packet travels."""
    return f"{opening(ticket_id)}\n\n{escalation.page}"


def _target(contract: object, at: datetime) -> str:
    if isinstance(contract, datetime) and contract != at:
        return f"internal target; contract {contract:%Y-%m-%d %H:%M} UTC"
    return "internal target"


def _line(text: str, most: int) -> str:
    line = " ".join(redacted(text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
