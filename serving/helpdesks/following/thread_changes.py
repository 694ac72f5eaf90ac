"""What a thread at the helpdesk changes on our ticket, given the ticket, the thread and what was known of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from serving.erasure import MARK
from serving.helpdesks.following.field_changes import FieldChanges
from serving.helpdesks.following.stale_links import Followed, Known
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import NO_TEXT
from serving.helpdesks.port.port import Helpdesk, RemoteEvent, Thread, Value
from serving.helpdesks.port.tags import labels_in, slug
from serving.helpdesks.port.values import several
from triage.fields.declaration import TicketFields
from triage.fields.ticket_values import with_fields
from triage.reason_codes import ReasonCode
from triage.text.nobody.reasons import NobodyReason
from triage.tickets import at_helpdesk
from triage.tickets.fact_values import Said
from triage.tickets.messages.replies import reason_on
from triage.tickets.ticket import Status, Ticket

FULL = 10_000  # facts of a ticket, after which it takes no more messages: whoever reads it reads all of them
_OUR_NOTE = "Firstline (tkt_"
_STATUS, _ASSIGNEE, _MERGED, _DELETED = "status", "assignee", "merged_into", "deleted"  # beside values, in `shown`
_ABSORBED = "merged_from"
_LIVE = {"new", "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadChanges:
    """A thread as it was read, beside what was known of it before."""

    thread: Thread
    link: Followed
    connection: Connection
    there: Helpdesk
    labels: Mapping[str, Sequence[str]]  # of each head, as the desk here has them
    declared: TicketFields
    at: datetime
    reasons: Mapping[str, NobodyReason | None] = field(default_factory=dict)
    """Why customers' messages need nobody, by the ids of their events."""

    @property
    def shown(self) -> dict[str, Value]:
        """Return how the ticket stands there, to be compared with the next reading."""
        thread = self.thread
        state = {_STATUS: thread.status, _ASSIGNEE: thread.assignee, _MERGED: thread.merged_into}
        known: dict[str, Value] = {name: value for name, value in state.items() if value is not None}
        known |= {_ABSORBED: thread.merged_from} if thread.merged_from else {}
        known |= {_DELETED: "yes"} if thread.deleted else {}
        kept = {name: value for name, value in self.link.shown.items() if name in state}
        return {**kept, **thread.remote.values, **known}

    def agreed(self, ticket: Ticket | None) -> dict[str, Value]:
        """Return what we wrote last, with what is taken over: it is the same on both sides now."""
        values = self.thread.remote.values
        taken = {head for head, value in self._chosen() if self._label(head, value) is not None}
        if ticket is not None:
            taken |= set(self._fields.values(ticket, self.at.date()))
        return {**self.link.written, **{name: values[name] for name in taken if name in values}}

    def known(self, ticket: Ticket | None) -> Known:
        """Return what is known once this is applied to a ticket; None where there is nothing to apply."""
        absorbed = set(self.thread.merged_from) - several(self.link.shown.get(_ABSORBED))
        return Known([event.id for event in self.thread.events], self.shown, self.agreed(ticket), absorbed)

    @property
    def fresh(self) -> list[RemoteEvent]:
        """Return the events that were never applied, oldest first, without ours."""
        seen, bot = set(self.link.seen), self.connection.bot
        found: dict[str, RemoteEvent] = {}
        for event in self.thread.events:
            echo = event.kind != "status" and (event.text.lstrip().startswith(_OUR_NOTE) or (bot and event.by == bot))
            if event.id not in seen and not echo:
                found.setdefault(event.id, replace(event, at=min(event.at, self.at)))
        return sorted(found.values(), key=lambda event: event.at)

    @property
    def is_news(self) -> bool:
        """Tell whether anything is to be applied."""
        return bool(self.fresh) or self.shown != dict(self.link.shown)

    def apply(self, ticket: Ticket) -> Ticket:
        """Return the ticket with what is new; one that was erased here takes nothing any more.

        Of one that ended here before its thread was ever read, only what came after that counts.
        """
        if ticket.description == MARK:
            return ticket
        fresh = self.fresh
        if self.link.read_at is None and ticket.status in at_helpdesk.ENDED:
            fresh = [event for event in fresh if event.at > at_helpdesk.last_moved_at(ticket)]
        fresh = fresh[: max(0, FULL - ticket.version)]
        for event in fresh:
            ticket = self._with(ticket, event)
        ticket = self._labelled(self._at_last(ticket))
        written = self._fields.values(ticket, self.at.date())
        ticket = with_fields(ticket, written, at=self.at, by=self._by(""))
        assignee = self.thread.assignee
        if assignee is not None and assignee != self.link.shown.get(_ASSIGNEE, ""):
            ticket = ticket.assign(assignee or None, at=self.at, by=self._by(""))
        return ticket

    def unknown_labels(self) -> Iterator[str]:
        """List the heads whose value there is no label here."""
        for head, value in self._chosen():
            if self._label(head, value) is None:
                yield head

    def _with(self, ticket: Ticket, event: RemoteEvent) -> Ticket:
        text = event.text.strip() or NO_TEXT
        if event.kind == "status":
            if event.status is None or self._is_gone:
                return ticket
            return at_helpdesk.moved(ticket, Status(event.status), at=event.at, by=self._by(event.by))
        if event.kind == "note" or (event.kind == "agent_reply" and event.automatic):
            return at_helpdesk.noted(ticket, text, at=event.at, by=self._by(event.by))
        if _is_handoff(ticket, text):
            return ticket
        if event.kind == "agent_reply":
            return at_helpdesk.answered(ticket, text, at=event.at, by=self._by(event.by))
        reason = self._nobody_reason(ticket, event, text)
        ticket = at_helpdesk.asked(ticket, text, at=event.at, reason=reason)
        if self.thread.status is None and reason is None and ticket.status in {Status.PENDING, Status.RESOLVED}:
            return at_helpdesk.moved(ticket, Status.OPEN, at=event.at, by="customer")
        return ticket

    def _nobody_reason(self, ticket: Ticket, event: RemoteEvent, text: str) -> NobodyReason | None:
        found = reason_on(ticket, self.reasons.get(event.id), text)
        return NobodyReason.NOTIFICATION if found in {None, NobodyReason.THANKS} and event.automatic else found

    def _at_last(self, ticket: Ticket) -> Ticket:
        """Take over how it stands there where no event said so: only what changed since, else ours may be newer."""
        thread, by, before = self.thread, self._by(""), self.link.shown
        at = min(thread.changed_at or self.at, self.at)
        if thread.merged_into and thread.merged_into != before.get(_MERGED):
            note = f"Merged into {self.connection.name} ticket {thread.merged_into}."
            return at_helpdesk.merged(ticket, note, at=at, by=by)
        if thread.deleted and _DELETED not in before:
            return at_helpdesk.deleted(ticket, at=at, by=by)
        status = thread.status
        if status is None or self._is_gone or status == before.get(_STATUS):
            return ticket
        if status in _LIVE and (ticket.status.value in _LIVE or _STATUS not in before):
            return ticket
        return at_helpdesk.moved(ticket, Status(status), at=at, by=by)

    def _labelled(self, ticket: Ticket) -> Ticket:
        """Take over the labels that a person chose there.

        A word that stands for our own label confirms it where we never wrote that field. Where we did, it may be our
        own value in another spelling, or the word for two of our labels: then nothing changes.
        """
        labels: dict[str, Said] = {**self._listed(ticket)}
        for head, value in self._chosen():
            ours, label = ticket.label(head), self._label(head, value)
            same = ours is not None and (self.there.word(head, ours) == value or slug(ours) == slug(value))
            asked = same and ticket.tags[head].reason_code is ReasonCode.AUDITED  # whether it is right
            if asked or (same and not (head in self.link.written and self.there.places(head))):
                labels[head] = ours
            elif not same and label is not None:
                labels[head] = label
        return ticket.retag(labels, at=self.at, by=self._by("")) if labels else ticket

    def _listed(self, ticket: Ticket) -> dict[str, tuple[str, ...]]:
        """Return the lists of labels that changed there: a known label whose tag was added, or ours taken away."""
        if self.link.read_at is None:
            return {}
        now, shown = several(self.thread.remote.values.get("tags")), several(self.link.shown.get("tags"))
        ours = several(self.link.written.get("tags"))
        found = {}
        for head in self.connection.multi:
            names = {slug(label): label for label in self.labels.get(head, ())}
            added = [label for tag, label in names.items() if tag in now - shown - ours]
            gone = {label for tag, label in names.items() if tag in shown - now}
            tag = ticket.tags.get(head)
            before = tag.certain if tag else ()
            after = tuple(dict.fromkeys(label for label in (*before, *added) if label not in gone))
            if set(after) != set(before):
                found[head] = after
        return found

    def _chosen(self) -> Iterator[tuple[str, str]]:
        """List the heads whose value there is neither the one that we wrote nor the one of the last reading."""
        now, written, before = self.thread.remote.values, self.link.written, self.link.shown
        for head in self.connection.heads:
            value = now.get(head)
            if isinstance(value, str) and self.there.places(head):
                first = self.link.read_at is None and head not in written
                if value and not first and value not in {written.get(head), before.get(head)}:
                    yield head, value
            elif self.link.read_at is not None or "tags" in written:
                known = {*several(before.get("tags")), *several(written.get("tags"))}
                added = labels_in(sorted(several(now.get("tags")) - known), self.connection.topics)
                if head in added:
                    yield head, added[head]

    def _label(self, head: str, value: str) -> str | None:
        label = self.there.label(head, value)
        if label is None:
            return None
        known = self.labels.get(head, ())
        return label if label in known else next((each for each in known if slug(each) == slug(label)), None)

    @property
    def _fields(self) -> FieldChanges:
        return FieldChanges(self.declared, self.connection, self.link, self.thread.remote.values)

    @property
    def _is_gone(self) -> bool:
        return self.thread.deleted or self.thread.merged_into is not None

    def _by(self, name: str) -> str:
        return f"agent:{name or self.connection.name}"


def _is_handoff(ticket: Ticket, text: str) -> bool:
    """Tell whether a message is what we gave the helpdesk when we opened the ticket there."""
    given, told = _line(ticket.description), _line(text)
    return bool(given) and (told == given or told.startswith(f"{given} What was said before:"))


def _line(text: str) -> str:
    return " ".join(text.split())
