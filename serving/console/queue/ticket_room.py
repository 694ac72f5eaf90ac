"""The page of a ticket: shows it, and makes the changes that its forms ask for with the use cases of the API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import sqlalchemy as sa
from litestar import Request, Response
from litestar.di import NamedDependency

from serving.console.forms import Form
from serving.console.page import Page
from serving.console.queue import rows
from serving.console.queue.clocks import WIDTH, clocks_of
from serving.console.queue.conversation import conversation
from serving.console.queue.escalating import packet_of, ways_up
from serving.console.queue.fields import PROBLEMS, shown_fields
from serving.console.queue.labels import labels_of
from serving.console.queue.phrases import (
    HAPPENED,
    MOVES,
    NO_SUBJECT,
    NOBODY_REASONS,
    RESOLUTIONS,
    STATUS_TONES,
    TONES,
    actor_name,
    field_name,
)
from serving.console.queue.refusals import sentence_of
from serving.context import Context
from serving.errors import InvalidRequest
from serving.http.errors import VersionDiffers
from serving.http.problems import kind_of
from serving.inference.labels import KnownLabels
from serving.inference.suggestions import Suggestions, TicketSuggestions
from serving.inference.tagger import TicketText
from serving.ticket_desk import number_of
from serving.tickets.changes import ChangeRequest
from serving.tickets.desk import ANY, Change, Desk
from serving.tickets.schemas import HistoryEntry
from serving.tickets.view import history, ticket_out
from triage.errors import FirstlineError
from triage.tickets import events
from triage.tickets.ticket import LEADS_TO, Status, Ticket

Check = Callable[[sa.Connection, Ticket], None]
VERSION = "version"  # the field with the version that a form was shown with
_DIGITS = 10  # of a version; nobody counts so far
MESSAGES = {
    "replied": "Your reply was added.",
    "waiting": "Your reply was added. The ticket is pending: it waits for the customer.",
    "open": "The ticket is open.",
    "pending": "The ticket is pending: it waits for the customer.",
    "resolved": "The ticket is resolved.",
    "closed": "The ticket is closed.",
    "assigned": "The assignee was changed.",
    "taken_up": "The ticket needs somebody now. Its deadlines run from when it came in.",
    "labelled": "The label was set. Team and deadlines follow it.",
    "field_set": "The field was changed.",
    "escalated": "The ticket was escalated with its packet.",
    "linked": "The ticket was linked to the incident.",
    "unlinked": "The ticket was unlinked from the incident.",
}
# Facts that the service notes by itself: they are no reason to refuse what an agent decided on an older page.
_NOTICES = (events.SlaWarned, events.SlaBreached, events.EscalationDue, events.CsmAlerted)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form was refused, what had changed in the ticket, and what was typed."""

    sentence: str
    errors: tuple[Mapping[str, str], ...] = ()
    since: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketRoom:
    """One request to a ticket's page."""

    page: Page
    desk: Desk
    context: Context
    vocabulary: KnownLabels
    suggestions: TicketSuggestions
    is_refresh: bool  # whether a page asks for its live parts, of which what may help is none

    @property
    def act(self) -> ChangeRequest:
        """Who acts, and when."""
        return ChangeRequest(self.page.session.caller, self.context.clock.now(), ANY)

    @property
    def me(self) -> str:
        """The name under which the reader acts."""
        caller = self.page.session.caller
        return caller.name or caller.key_id

    def show(
        self, ticket_id: str, *, refused: Refused | None = None, typed: Form | None = None, status: int = 200
    ) -> Response[str]:
        """Show a ticket; after a form was refused with the reason and what was typed.

        Raises `NotFound`: there is none with this id.
        """
        at, rules = self.context.clock.now(), self.context.policies.sla.escalation
        ticket, deadlines = self.desk.judged(ticket_id)
        plans = self.context.policies.sla.in_force(ticket.created_at, ticket.plan).plans
        values: dict[str, Any] = {
            "ticket": ticket_out(ticket, deadlines, plans.get(ticket.plan or "")),
            "subject": " ".join(ticket.subject.split()) or NO_SUBJECT,
            "window_title": "".join(letter for letter in ticket.subject[:80] if letter.isprintable()),
            "entries": conversation(ticket),
            "labels": labels_of(ticket, self.vocabulary),
            "corrected": self.vocabulary.settable(),
            "fields": shown_fields(self.context.policies.fields, ticket),
            "clocks": clocks_of(
                deadlines, at, is_answered=any(isinstance(each, events.AgentReplied) for each in ticket.events)
            ),
            "bar_width": WIDTH,
            "moves": _moves(ticket),
            "ways": ways_up(ticket, rules),
            "packet": packet_of(ticket, rules),
            "help": self._help(ticket),
            "cases": self._count_cases(ticket),
            "incident_number": number_of(ticket.incident_id) if ticket.incident_id else None,
            "history": history(ticket).events[::-1],
            "is_closed": ticket.status is Status.CLOSED,
        }
        return self.page.show(
            "queue/ticket.html",
            messages=MESSAGES,
            status=status,
            me=self.me,
            refused=refused,
            typed=typed or Form({}),
            **_WORDS,
            **values,
        )

    def change(
        self, ticket_id: str, form: Form, change: Callable[[], Change], done: str, *, check: Check | None = None
    ) -> Response[Any]:
        """Make a change and return to the ticket; what is refused is said on its page, with what was typed.

        `change` reads the form, and raises what is wrong with it; `check` is called in the change's transaction.
        """
        version = _version(form)

        def checked(connection: sa.Connection, ticket: Ticket) -> None:
            _refuse_unseen(ticket, version)
            if check is not None:
                check(connection, ticket)

        try:
            self.act.apply(self.desk, ticket_id, change(), check=checked)
        except FirstlineError as error:
            kind = kind_of(error)
            if kind is None or kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            differs = isinstance(error, VersionDiffers)
            since = self._since(ticket_id, version) if differs else []
            return self.show(ticket_id, refused=self._refused(error, since), typed=form, status=kind.status)
        return self.page.after(f"/queue/{ticket_id}", done)

    def _refused(self, error: FirstlineError, since: Sequence[HistoryEntry]) -> Refused:
        errors = error.facts.get("errors", []) if isinstance(error, InvalidRequest) else getattr(error, "errors", [])
        rules = self.context.policies.sla.escalation
        sentence = "Nothing was changed." if errors else sentence_of(error, rules)
        return Refused(sentence, tuple(cast("list[Mapping[str, str]]", errors)), tuple(since))

    def has_reply(self, ticket_id: str, form: Form, text: str) -> bool:
        """Tell whether this very reply has come in since the form was shown: it was sent twice."""
        by = self.act.by(None)
        fresh = self.desk.load(ticket_id).events[_version(form) :]
        return any(isinstance(each, events.AgentReplied) and (each.text, each.by) == (text, by) for each in fresh)

    def _since(self, ticket_id: str, version: int) -> list[HistoryEntry]:
        """Return what people and models have done since a version."""
        ticket = self.desk.load(ticket_id)
        return [
            entry
            for entry, fact in zip(history(ticket).events, ticket.events, strict=True)
            if entry.number > version and not isinstance(fact, _NOTICES)
        ]

    def _help(self, ticket: Ticket) -> Suggestions:
        """Find similar tickets and articles while somebody still works on it."""
        if self.is_refresh or ticket.status is Status.CLOSED:
            return Suggestions()
        known = ticket.email, ticket.account
        filed = TicketText(ticket.subject, ticket.description, ticket.language, ticket.plan, ticket.channel, known)
        return self.suggestions.find(filed, sample=True)  # it answers customers, so agents see it as well

    def _count_cases(self, ticket: Ticket) -> int:
        return self.context.database.read(lambda connection: rows.count_cases(connection, ticket.id))


_WORDS: Mapping[str, Any] = {
    "happened": HAPPENED,
    "nobody": NOBODY_REASONS,
    "resolutions": RESOLUTIONS,
    "problems": PROBLEMS,
    "tones": TONES,
    "status_tones": STATUS_TONES,
    "actor": actor_name,
    "field_name": field_name,
    "number": number_of,
}


def room_of(
    request: "Request[Any, Any, Any]",
    page: NamedDependency[Page],
    desk: NamedDependency[Desk],
    context: NamedDependency[Context],
    vocabulary: NamedDependency[KnownLabels],
    suggestions: NamedDependency[TicketSuggestions],
) -> TicketRoom:
    """Return the room of a request; the dependency `tickets`."""
    return TicketRoom(page, desk, context, vocabulary, suggestions, "x-live" in request.headers)


def _version(form: Form) -> int:
    """Return the version of the ticket that the form was shown with; 0, before it was opened, if it does not say."""
    written = form.text(VERSION)
    return int(written) if written.isdecimal() and len(written) < _DIGITS else 0


def _refuse_unseen(ticket: Ticket, version: int) -> None:
    """Refuse a change of a ticket to which something happened that its reader has not seen.

    Raises `VersionDiffers`. What the service itself notes of deadlines, and what a model says, refuses nothing: a
    ticket that came before the model was ready is tagged while somebody reads it.
    """
    if any(not isinstance(fact, _NOTICES) and not _is_by_model(fact) for fact in ticket.events[version:]):
        raise VersionDiffers(ticket.version)


def _is_by_model(fact: events.Fact) -> bool:
    return isinstance(fact, events.TicketTagged | events.TicketRouted) and (fact.is_by_model or fact.by == events.SELF)


def _moves(ticket: Ticket) -> dict[str, str]:
    """Return the statuses to go to from here by one click, each in words; resolving has a form of its own."""
    allowed = LEADS_TO[ticket.status]
    names = {**MOVES} | ({"open": "Reopen"} if ticket.status is Status.RESOLVED else {})
    return {to: words for to, words in names.items() if Status(to) in allowed}
