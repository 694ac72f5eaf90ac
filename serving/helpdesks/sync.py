"""Keep a ticket the same on both sides: open and tag what came in, write back what changed here.

Due work is stored in the transaction that causes it (a new ticket, or a ticket newer than its link). A job does it
under a lease, and a repeat finds what was already done. Jobs of one ticket run one after another; a failing helpdesk
pauses only itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from serving.errors import InvalidRequest, NotReady
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.handing_off import handoff
from serving.helpdesks.merging import changes, kept
from serving.helpdesks.note import NoteContent
from serving.helpdesks.noting import write_notes
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import GONE, DeskFault, DeskRefused, is_down
from serving.helpdesks.port.payloads import NO_TEXT
from serving.helpdesks.port.port import Handoff, Helpdesk, Ignored, Inbound, Remote, Value
from serving.helpdesks.store import Link, LinkStore
from serving.inference.suggestions import Suggestions, no_suggestions
from serving.inference.tagger import TicketText
from serving.jobs.queue import Job
from serving.telemetry import Telemetry
from serving.ticket_desk import NewTicket, TicketDesk, TicketOut
from triage.errors import FirstlineError
from triage.tickets.customer import Customer

_CHANGED = {409, 412}  # an agent was faster: read again
GONE_FOR = 30  # attempts, about a day, until a case that is not found is believed to be gone
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Sync:
    """The use case: keep tickets in sync.

    `connects` returns the helpdesk of a connection, `suggests` similar tickets and articles for the note.
    """

    connections: Mapping[str, Connection]
    connects: Callable[[Connection], Helpdesk]
    desk: TicketDesk
    links: LinkStore
    telemetry: Telemetry
    customers: Customers = field(default_factory=lambda: Customers({}))
    suggests: Callable[[TicketText], Suggestions] = no_suggestions

    def holding(self, job: Job) -> "Sync":
        """Return the same for a job: nothing is kept once another holds it."""
        return replace(self, links=replace(self.links, job=job))

    def open(self, link_id: int, at: datetime) -> None:
        """Open the case that arrived, unless it was."""
        link = self.links.link(link_id)
        if link is not None and link.arrived is not None and link.due_at <= at:
            self._attempt(link, at, partial(self._open, link, at))

    def show(self, name: str, ticket_id: str, at: datetime) -> datetime | None:
        """Bring a ticket over as it is now, unless it was; return until when the desk is better left alone."""
        connection = self.connections.get(name)
        if connection is None:
            return None
        ticket = self.desk.read(ticket_id)
        link, begun = self.links.begin(name, ticket_id, at)
        if link.version >= ticket.version or link.due_at > at:
            return None
        return self._attempt(link, at, partial(self._push, link, ticket, self.connects(connection), begun=begun))

    def _attempt(self, link: Link, at: datetime, what: Callable[[], None]) -> datetime | None:
        facts = {"connection": link.connection, "remote_id": link.remote_id, "ticket_id": link.ticket_id}
        try:
            what()
        except (FirstlineError, KeyError, TypeError, ValueError) as error:  # an answer of another shape is a fault, too
            told = str(error) if isinstance(error, DeskFault) else type(error).__name__
            until = self.links.failed(link, told, at, getattr(error, "wait", None))
            if isinstance(error, DeskFault):
                self.telemetry.event("helpdesk.not_done", reason=told, **facts)
            else:
                self.telemetry.fault("helpdesk.failed", error, **facts)
            return until if is_down(error) else None
        return None

    def _open(self, link: Link, at: datetime) -> None:
        """Open a ticket for a case of theirs, tie the two in one transaction; its tags go back in a later step."""
        connection = self.connections.get(link.connection)
        case = link.arrived
        if connection is None or case is None or link.remote_id is None:
            raise NotReady(f"no connection {link.connection!r} any more")
        there = self.connects(connection)
        try:
            told = case if case.has_text else there.fetch(link.remote_id)
        except DeskRefused as refused:
            if refused.status not in GONE or link.attempts < GONE_FOR:
                raise
            told = Ignored("it is not there")
        if isinstance(told, Ignored) or self._is_from_before(told, case, link, at):
            self.links.drop(link)
            return
        if not (told.subject.strip() or told.text.strip()):  # only a picture: somebody has to look at it all the same
            told = replace(told, text=NO_TEXT)
        fields = self.customers.completed(told, connection, there) if case.has_text else told.fields
        new = new_ticket(told, connection, self.customers.of(connection, fields, told.email), at)
        try:
            opened = self.desk.open(
                new, at=at, also=lambda writing, ticket_id: self.links.bind(writing, link, ticket_id)
            )
        except InvalidRequest:
            self.links.drop(link)  # it would be refused again for ever
            raise
        if opened.external_id != new.external_id:  # a mail of a loop: it stands in the loop's first ticket
            self.links.drop(link)
        self.telemetry.event("helpdesk.opened", connection=link.connection, remote_id=link.remote_id)

    def _is_from_before(self, told: Inbound, case: Inbound, link: Link, at: datetime) -> bool:
        """Tell whether a case that was fetched is older than the connection; an instant of theirs has no fractions."""
        since = self.links.since(link.connection, at) - timedelta(seconds=1)
        return not case.has_text and told.created_at is not None and told.created_at < since

    def _push(self, link: Link, ticket: TicketOut, there: Helpdesk, *, begun: bool) -> None:
        try:
            self._show(link, ticket, there, begun=begun)
        except DeskRefused as refused:
            if refused.status not in GONE or link.remote_id is None:
                raise
            # deleted there, or nothing that can be written to: asked again when our ticket changes, and not before
            self.links.done(link, link.written, ticket.version)
            self.telemetry.event("helpdesk.gone", connection=link.connection, remote_id=link.remote_id)

    def _show(self, link: Link, ticket: TicketOut, there: Helpdesk, *, begun: bool) -> None:
        connection = self.connections[link.connection]
        case = handoff(ticket, connection)
        remote_id, written = link.remote_id, dict(link.written)
        if remote_id is None:
            remote_id = there.find(case.external_id) if begun else None
            if remote_id is None:
                remote_id = there.create(case)
                written = dict(there.wanted(case))
                self.links.found(link, remote_id, written)
                self._insist(there, remote_id, written)
            else:
                self.links.found(link, remote_id, {})
        written, _ = update(there, remote_id, case, written)
        content = self._note(ticket, connection, there, case, written)
        written = write_notes(there, remote_id, written, content, partial(self.links.noted, link))
        self.links.done(link, written, ticket.version, tells=there.capabilities.threads)
        self.telemetry.event("helpdesk.shown", connection=connection.name, ticket_id=ticket.id, version=ticket.version)

    def _note(
        self,
        ticket: TicketOut,
        connection: Connection,
        there: Helpdesk,
        case: Handoff,
        written: Mapping[str, Value],
    ) -> NoteContent:
        """Gather what the note tells; without suggestions where none can be had now."""
        filed = TicketText(
            ticket.subject,
            ticket.description,
            ticket.language,
            ticket.plan,
            ticket.channel,
            known=(ticket.email, ticket.account),
        )
        try:
            suggestions = self.suggests(filed)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with a model, labels and deadlines are told)
            self.telemetry.fault("helpdesk.no_suggestions", error, ticket_id=ticket.id)
            suggestions = Suggestions()
        return NoteContent(
            ticket=ticket,
            connection=connection,
            untold=there.untold(case),
            kept_there=frozenset(name for name, value in there.wanted(case).items() if written.get(name) != value),
            suggestions=suggestions,
            escalation=self.desk.escalation(ticket.id),
        )

    def _insist(self, there: Helpdesk, remote_id: str, written: Mapping[str, Value]) -> None:
        """Write once more what the desk's own rules changed at creation, as RT's do with a deadline."""
        now = there.read(remote_id)
        if lost := {name: value for name, value in written.items() if _differs(now, name, value)}:
            there.update(now, lost)


def update(
    there: Helpdesk, remote_id: str, case: Handoff, written: dict[str, Value]
) -> tuple[dict[str, Value], Mapping[str, Value]]:
    """Write what a ticket shall show where nobody else chose; return what is then ours, and what was changed.

    A ticket that changed in between is read again. Raises `DeskFault`.
    """
    wanted = there.wanted(case)
    for attempt in range(_TRIES):
        now = there.read(remote_id)
        made = changes(written, now.values, wanted, there.untouched)
        try:
            if made:
                there.update(now, made)
        except DeskRefused as refused:
            if refused.status not in _CHANGED or attempt == _TRIES - 1:
                raise
            continue
        return kept(written, now.values, wanted, made), made
    return written, {}


def new_ticket(told: Inbound, connection: Connection, customer: Customer, at: datetime) -> NewTicket:
    """Return the ticket to open for one of theirs."""
    return NewTicket(
        **vars(customer) | {"plan": customer.plan or connection.plan},
        subject=told.subject,
        description=told.text,
        channel=told.channel,
        email=told.email,
        headers={"auto-submitted": "auto-generated", **told.headers} if told.automatic else told.headers,
        external_id=f"{connection.name}:{told.remote_id}",
        created_at=min(told.created_at, at) if told.created_at else None,
    )


def _differs(now: Remote, name: str, value: Value) -> bool:
    shown = now.values.get(name, "")
    return not set(value) <= set(shown) if isinstance(value, tuple) else shown != value
