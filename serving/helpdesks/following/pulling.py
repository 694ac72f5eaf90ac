"""Read a ticket's thread at the helpdesk and apply what is new, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.following.stale_links import Followed, Known, StaleLinks
from serving.helpdesks.following.thread_changes import FULL, ThreadChanges
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import GONE, DeskFault, DeskRefused, is_down
from serving.helpdesks.port.paths import is_id
from serving.helpdesks.port.port import Helpdesk, Thread
from serving.helpdesks.port.timeline import bounded
from serving.inference.labels import KnownLabels
from serving.jobs.queue import Job
from serving.telemetry import Telemetry
from serving.ticket_desk import TicketDesk
from triage.errors import FirstlineError
from triage.fields.declaration import TicketFields
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.ticket import Ticket

_CURSOR = 4_000  # letters of one that is kept
_AT_ONCE = 500  # ids that are noted in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulling:
    """The use case: follow what people do at helpdesks; `connects` returns the helpdesk of a connection."""

    connections: Mapping[str, Connection]
    connects: Callable[[Connection], Helpdesk]
    desk: TicketDesk
    links: StaleLinks
    vocabulary: KnownLabels
    telemetry: Telemetry
    declared: TicketFields = field(default_factory=TicketFields)
    customers: Customers = field(default_factory=lambda: Customers({}))

    def holding(self, job: Job) -> "Pulling":
        """Return the same for a job: nothing is kept once another holds it."""
        return replace(self, links=replace(self.links, job=job))

    def followed(self) -> list[str]:
        """Return the connections whose helpdesk tells what happens there."""
        return [
            each.name for each in self.connections.values() if each.token and self.connects(each).capabilities.threads
        ]

    def pull(self, link_id: int, at: datetime) -> datetime | None:
        """Read a thread and apply what is new; return until when the helpdesk is better left alone."""
        link = self.links.begin(link_id)
        connection = self.connections.get(link.connection) if link else None
        if link is None or connection is None:
            return None
        try:
            self._pull(link, connection, at)
        except (FirstlineError, KeyError, TypeError, ValueError) as error:  # an answer of another shape is a fault, too
            facts = {"connection": link.connection, "remote_id": link.remote_id, "ticket_id": link.ticket_id}
            down = is_down(error)
            until = self.links.not_read(link, at, getattr(error, "wait", None), down=down)
            if isinstance(error, DeskFault):
                self.telemetry.event("helpdesk.not_read", reason=str(error), **facts)
            else:
                self.telemetry.fault("helpdesk.read_failed", error, **facts)
            return until if down else None
        return None

    def changed(self, name: str, since: datetime, cursor: str | None, at: datetime) -> str | None:
        """Ask for a page of what changed there; return where to go on.

        Raises `DeskFault`: it was not to be asked. Raises `ValueError`: where to go on cannot be kept.
        """
        page = self.connects(self.connections[name]).changed_since(since, cursor)
        if len(page.cursor) > _CURSOR:
            raise ValueError(f"a cursor of {len(page.cursor)} letters")
        ids = list(filter(is_id, page.ids))
        for start in range(0, len(ids), _AT_ONCE):  # other writes come between
            self.links.changed(name, ids[start : start + _AT_ONCE], at)
        return page.cursor if page.more and page.cursor != cursor else None

    def deliver(self, name: str, thread: Thread, at: datetime) -> bool:
        """Apply a thread that was delivered instead of read; return whether its ticket is here.

        Raises `NotReady`: the ticket is being opened, or another delivery about it is faster; the sender tries again.
        """
        link = self.links.find(name, thread.remote.id)
        if link is None:
            return False
        heads = self.connections[name].heads
        values = {**{head: link.shown[head] for head in heads if head in link.shown}, **thread.remote.values}
        whole = replace(thread, remote=replace(thread.remote, values=values))  # what it does not say is as before
        known = replace(link, read_at=link.read_at or at)  # nothing is ever read from such a system
        self._apply(known, self.connections[name], whole, at, delivered=True)
        return True

    def _pull(self, link: Followed, connection: Connection, at: datetime) -> None:
        try:
            thread = self.connects(connection).thread(link.remote_id)
        except DeskRefused as refused:
            if refused.status not in GONE:
                raise
            # No longer there, or not shown to us: ours stays as it is, and is read again when something changes.
            known = Known(link.seen, link.shown, link.written)
            self.links.database.write(lambda writing: self.links.read(writing, link, known, at))
            self.telemetry.event("helpdesk.gone", connection=link.connection, remote_id=link.remote_id)
            return
        self._apply(link, connection, thread, at)

    def _apply(
        self, link: Followed, connection: Connection, thread: Thread, at: datetime, *, delivered: bool = False
    ) -> None:
        changes = ThreadChanges(
            thread=bounded(thread),
            link=link,
            connection=connection,
            there=self.connects(connection),
            labels={head: self.vocabulary.labels(head) for head in connection.heads} | {"priority": PRIORITIES},
            declared=self.declared,
            at=at,
        )

        def keep(writing: sa.Connection, ticket: Ticket | None = None) -> None:
            if delivered:
                self.links.see_unchanged(writing, link)
            self.links.read(writing, link, changes.known(ticket), at)

        def apply(ticket: Ticket) -> Ticket:
            return self.customers.follow(changes.apply(ticket), connection, thread.fields, at)

        if not (changes.is_news or connection.customer.is_used):
            self.links.database.write(keep)
            return
        said = [event for event in changes.fresh if event.kind == "customer_reply"]
        reasons = self.desk.reply_reasons(link.ticket_id, [(event.text, event.headers) for event in said])
        changes = replace(changes, reasons={event.id: why for event, why in zip(said, reasons, strict=True)})
        changed = self.desk.change(link.ticket_id, apply, at=at, check=keep)
        facts = {"connection": link.connection, "remote_id": link.remote_id, "ticket_id": link.ticket_id}
        self.telemetry.event("helpdesk.read", events=len(changes.fresh), **facts)
        if changed.version >= FULL:
            self.telemetry.event("helpdesk.ticket_full", version=changed.version, **facts)
        if unknown := list(changes.unknown_labels()):
            self.telemetry.event("helpdesk.unknown_labels", heads=", ".join(unknown), count=len(unknown), **facts)
