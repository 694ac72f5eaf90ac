"""Use cases of the ticket desk: each is one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial

import sqlalchemy as sa

from serving.context import Context
from serving.errors import CursorNotValid, NotReady
from serving.inference.loaded_model import DEFAULTS
from serving.inference.tagger import TicketText
from serving.inference.tags import to_fact
from serving.inference.watching.store import ask
from serving.keys.survey_links import SurveyLinks
from serving.storage.database import Write
from serving.storage.ids import new_id
from serving.storage.instants import in_utc
from serving.ticket_desk import EscalationOut, MessageIn, NewTicket, Tagged, TagsTickets, TicketOut
from serving.tickets import store
from serving.tickets.event_log import EventLog, with_key
from serving.tickets.fields.values import of_new
from serving.tickets.messages.deciding import reason_by_label, reason_of_new, reason_of_reply
from serving.tickets.messages.retriage import conversation_text
from serving.tickets.packets import escalation_out
from serving.tickets.preconditions import Expected, refuse_unfit
from serving.tickets.view import ticket_out
from triage.fields.later_replies import with_later_values
from triage.sla.deadlines import Deadlines, ticket_deadlines
from triage.taxonomy.heads import trees_of
from triage.text.nobody.reasons import NobodyReason
from triage.tickets import events
from triage.tickets.attributes import Attributes, CustomerAttributes
from triage.tickets.messages.loops import LONGEST_LOOP, first_of_loop, joined
from triage.tickets.t3_handling import handled
from triage.tickets.tag_rules import may_change
from triage.tickets.ticket import Status, Ticket

Change = Callable[[Ticket], Ticket]
ANY = Expected()
_MACHINES: Mapping[bool, Mapping[str, str]] = {True: {"auto-submitted": "auto-generated"}, False: {}}


class Desk:
    """Opens, changes and lists tickets; `serving.ticket_desk.TicketDesk` is the interface for other slices."""

    def __init__(
        self, context: Context, tagger: TagsTickets | None, shadowed: Callable[[str, Tagged], None] | None = None
    ) -> None:
        self._database, self._policies, self._telemetry = context.database, context.policies, context.telemetry
        self._tagger, self._shadowed, self._brand = tagger, shadowed, context.settings.brand or None
        self._books = EventLog(context.policies.sla, SurveyLinks.of(context.settings, context.secret))

    def open(
        self,
        new: NewTicket,
        *,
        at: datetime,
        also: Callable[[sa.Connection, str], None] | None = None,
        write: Write[TicketOut] | None = None,
    ) -> TicketOut:
        """Open a ticket, or return the one that its deflection has already, or the first of its mail loop."""
        reason = reason_of_new(new, self._policies.urgency)
        headers = {} if reason is None else new.headers  # an emergency is read as a person's, whatever its header says
        filed = replace(_filed(new), headers=headers, external_id=new.external_id)
        tagged = self._tagged(filed, own=new.deflection_id is None)
        reason = reason or reason_by_label(new, tagged, self._policies.nobody, self._policies.urgency)
        ticket = self._begin(new, tagged, at, reason)

        def operation(connection: sa.Connection) -> TicketOut:
            existing = store.of_deflection(connection, new.deflection_id)
            found = ticket if existing is None else store.load(connection, existing)
            if existing is None and (first := self._loop(connection, ticket, at)) is not None:
                found = joined(first, new.subject, new.description, at=at, by=new.by)
                clocks = self._books.carry_on(connection, first, found)
            elif existing is None:
                clocks = self._books.open(connection, found)
                _ask(connection, found, tagged, at)
                if also is not None:
                    also(connection, found.id)
            else:
                clocks = self._books.read(connection).clocks(found)
            shown = self._shown(found, clocks)
            shown.internal_notes = []  # a customer's own page may open a ticket, once more, too
            return shown

        opened = (write or self._database.write)(operation)
        if opened.id == ticket.id:
            self._telemetry.tickets.labels(new.channel).inc()
            self._telemetry.event("ticket.opened", ticket_id=ticket.id, team=ticket.team, tags=len(ticket.tags))
            self._shadow(ticket.id, tagged)
        return opened

    def draft(self, new: NewTicket, at: datetime) -> TicketOut:
        """Return a ticket as it would be opened, by the sample if nothing else serves; nothing is stored."""
        ticket = self._begin(new, self._tagged(_filed(new), own=False), at)
        return self._shown(ticket, ticket_deadlines(self._policies.sla, ticket.events))

    def attributes(self, new: NewTicket) -> Attributes:
        """Return what routing would know of a ticket, with the labels that it would get; nothing is stored."""
        tagged = self._tagged(_filed(new), own=new.deflection_id is None)
        known = Attributes(**vars(CustomerAttributes.of(new)), channel=new.channel)
        return known.labelled({head: each.said for head, each in tagged.assessments.items()} if tagged else {})

    def read(self, ticket_id: str) -> TicketOut:
        """Return a ticket as it stands."""
        return self._shown(*self.judged(ticket_id))

    def judged(self, ticket_id: str) -> tuple[Ticket, Deadlines]:
        """Return the domain's ticket with its deadlines, worked out from its log and its incident's."""

        def operation(connection: sa.Connection) -> tuple[Ticket, Deadlines]:
            ticket = store.load(connection, ticket_id)
            return ticket, self._books.read(connection).clocks(ticket)

        return self._database.read(operation)

    def load(self, ticket_id: str) -> Ticket:
        """Return the domain's ticket."""
        return self._database.read(lambda connection: store.load(connection, ticket_id))

    def escalation(self, ticket_id: str) -> EscalationOut | None:
        """Return the latest escalation of a ticket, to be shown outside; None if there was none."""
        return escalation_out(self.load(ticket_id), self._policies.sla.escalation)

    def page(self, query: store.Query, *, at: datetime) -> tuple[list[TicketOut], str | None]:
        """Return a page of tickets, and the cursor of the next one if this one is full."""
        if query.before is not None and not query.before.startswith("tkt_"):
            raise CursorNotValid

        def operation(connection: sa.Connection) -> list[TicketOut]:
            ids = store.matching(connection, query, at)
            reading, found = self._books.read_many(connection, ids), store.load_all(connection, ids)
            return [self._shown(ticket, reading.clocks(ticket)) for ticket in found]

        found = self._database.read(operation)[::-1]
        return found, found[-1].id if len(found) == query.limit else None

    def change(
        self,
        ticket_id: str,
        change: Change,
        *,
        at: datetime,
        expected: Expected = ANY,
        write: Write[TicketOut] | None = None,
        check: Callable[[sa.Connection, Ticket], None] | None = None,
    ) -> TicketOut:
        """Change a ticket, send it elsewhere if it now belongs there, and return it.

        Raises `NotFound` or `VersionDiffers`: there is no such ticket, or it is not the version that the caller
        `expected`; and what the `check` raises.
        """

        def operation(connection: sa.Connection) -> TicketOut:
            before = store.load(connection, ticket_id)
            expected.check(before.version)
            if check is not None:
                check(connection, before)
            changed = with_later_values(change(before), self._policies.fields, since=before.version)
            after = self._routed(changed, at)
            if after.version != before.version:
                clocks = self._books.carry_on(connection, before, after)
            else:
                clocks = self._books.read(connection).clocks(after)
            return self._shown(after, clocks)

        changed = (write or self._database.write)(operation)
        self._telemetry.event("ticket.changed", ticket_id=ticket_id, version=changed.version, status=changed.status)
        return changed

    def tag(self, ticket_id: str, *, at: datetime) -> TicketOut | None:
        """Give a ticket the tags that it came in without; None while there is no model."""
        ticket = self.load(ticket_id)
        filed = replace(_filed(ticket), headers=_MACHINES[ticket.automatic], external_id=ticket.external_id)
        tagged = self._tagged(filed, own=ticket.deflection_id is None)
        if tagged is None or tagged.model == DEFAULTS:
            return None

        def late(connection: sa.Connection, current: Ticket) -> None:
            _ask(connection, _with_tags(current, tagged, at), tagged, at)

        changed = self.change(ticket_id, lambda current: _with_tags(current, tagged, at), at=at, check=late)
        self._shadow(ticket_id, tagged)
        return changed

    def reply_reasons(self, ticket_id: str, messages: Sequence[MessageIn]) -> list[NobodyReason | None]:
        """Return why customers' messages to a ticket need nobody; nothing is stored. Raises `NotFound`."""
        read = cache(partial(self.load, ticket_id))  # where the desk's own head is asked
        return [reason_of_reply(read, text, headers, self._policies, self._tagged) for text, headers in messages]

    def retriage(self, ticket_id: str, at: datetime) -> TicketOut | None:
        """Tag a ticket anew by its whole conversation; None where there is no model, or nothing may change."""
        ticket = self.load(ticket_id)
        said = conversation_text(ticket)
        if said is None or ticket.status is Status.CLOSED or not may_change(ticket.events):
            return None
        if (tagged := self._tagged(said, own=ticket.deflection_id is None)) is None:
            return None
        by, facts = _facts(tagged, at)
        return self.change(ticket_id, lambda current: current.retriage(facts, at=at, by=by), at=at)

    def _begin(self, new: NewTicket, tagged: Tagged | None, at: datetime, reason: NobodyReason | None = None) -> Ticket:
        created_at = in_utc(new.created_at or at)
        refuse_unfit(new, created_at, at)
        customer = replace(CustomerAttributes.of(new), brand=new.brand or self._brand)
        if customer.language is None and tagged is not None:
            customer = replace(customer, language=tagged.language)
        opened = events.TicketOpened(
            **vars(customer),
            at=created_at,
            by=new.by,
            key_id=new.key_id,
            id=new_id("tkt", at),
            subject=new.subject,
            description=new.description,
            channel=new.channel,
            email=new.email,
            arr=new.arr,
            health=new.health,
            attachments=new.attachments,
            deflection_id=new.deflection_id,
            external_id=new.external_id,
            automatic=reason not in {None, NobodyReason.THANKS},
            needs_nobody=reason,
            transcript=new.transcript,
            fields=of_new(self._policies.fields, new, tagged.text if tagged else None, created_at.date()),
        )
        self._policies.sla.in_force(created_at, new.plan).plan(new.plan)  # an unknown plan is refused here
        ticket = _with_tags(Ticket.open(opened), tagged, at)
        if new.labels:
            ticket = with_key(ticket.retag(new.labels, at=at, by=new.by), new.key_id, since=ticket.version)
        return self._routed(ticket, at)

    def _shadow(self, ticket_id: str, tagged: Tagged | None) -> None:
        if self._shadowed is not None and tagged is not None:
            self._shadowed(ticket_id, tagged)

    @staticmethod
    def _loop(connection: sa.Connection, ticket: Ticket, at: datetime) -> Ticket | None:
        """Return the first ticket of the mail loop that this mail goes on."""
        if ticket.email is None or ticket.channel != "email":
            return None
        earlier = store.load_all(connection, store.mails_of(connection, ticket.email, at - LONGEST_LOOP))
        return first_of_loop(earlier, ticket, at)

    def _shown(self, ticket: Ticket, clocks: Deadlines) -> TicketOut:
        plans = self._policies.sla.in_force(ticket.created_at, ticket.plan).plans
        trees = trees_of(self._policies.taxonomy.declared)
        return ticket_out(ticket, clocks, plans.get(ticket.plan or ""), trees)

    def _routed(self, ticket: Ticket, at: datetime) -> Ticket:
        """Send the case where its tags and plan belong; a case that was escalated keeps its tier."""
        attributes = ticket.attributes
        route = self._policies.routing.route(attributes)
        tier = max(attributes.tier or route.tier, route.tier)
        ticket = ticket.route(route.team, tier, reason=route.reason, at=at, by=events.SELF)
        return handled(ticket, self._policies.sla.escalation, at=at, by=events.SELF)

    def _tagged(self, filed: TicketText, *, own: bool) -> Tagged | None:
        """Ask the model; a case is never refused because there is none."""
        if self._tagger is None:
            return None
        try:
            return self._tagger.tag(filed, own=own)
        except NotReady:
            return None
        except Exception as error:  # noqa: BLE001 (a broken model must not turn a customer away)
            self._telemetry.fault("ticket.tagging_failed", error)
            return None


def _filed(of: NewTicket | Ticket) -> TicketText:
    known = (of.email, of.account)
    return TicketText(of.subject, of.description, of.language, of.plan, of.channel, known)


def _with_tags(ticket: Ticket, tagged: Tagged | None, at: datetime) -> Ticket:
    if tagged is None:
        return ticket
    by, facts = _facts(tagged, at)
    return ticket.tag(facts, at=at, by=by)


def _facts(tagged: Tagged, at: datetime) -> tuple[str, Mapping[str, events.Tag]]:
    """Return who tagged, and the tags as events keep them."""
    by = events.SELF if tagged.model == DEFAULTS else f"model:{tagged.model}"  # a later model tags it still
    return by, {head: to_fact(assessment, by=by, at=at) for head, assessment in tagged.assessments.items()}


def _ask(connection: sa.Connection, ticket: Ticket, tagged: Tagged | None, at: datetime) -> None:
    """Store the labels that were put to a person, besides those that a person has set already."""
    if tagged is not None:
        taken = {head: each for head, each in tagged.assessments.items() if ticket.tags[head].mode != events.AGENT}
        ask(connection, taken, {"ticket_id": ticket.id}, at)
