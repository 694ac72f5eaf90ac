"""What the ticket desk does by itself: it notes breaches, and tags what came in while no model was ready."""

from datetime import datetime

from serving.database import Database
from serving.ground import Ground
from serving.tickets import store
from serving.tickets.desk import SELF, Desk
from triage.events import SlaBreached
from triage.sla_clock import Clock
from triage.ticket import Ticket

_BATCH = 200


class Duties:
    """The repeated duties, each safe to repeat: the log itself says what is done."""

    def __init__(self, ground: Ground, desk: Desk) -> None:
        self._database: Database = ground.database
        self._desk, self._policies, self._telemetry = desk, ground.policies, ground.telemetry

    def note_breaches(self, at: datetime) -> int:
        """Write a fact for each deadline that went by; return the number of tickets that have one."""
        late = self._database.read(lambda connection: store.breaching(connection, at, _BATCH))
        for ticket_id in late:
            self._desk.change(ticket_id, lambda ticket: self._breached(ticket, at), at=at)
        self._telemetry.overdue.set(self._database.read(lambda connection: store.count_overdue(connection, at)))
        return len(late)

    def tag_the_untagged(self, at: datetime) -> int:
        """Tag what no model has seen; return how many got tags, zero while none is ready."""
        waiting = self._database.read(lambda connection: store.untagged(connection, _BATCH))
        done = 0
        for ticket_id in waiting:
            if self._desk.tag(ticket_id, at=at) is None:
                break
            done += 1
        return done

    def _breached(self, ticket: Ticket, at: datetime) -> Ticket:
        told = store.breaches(ticket)
        for clock in self._desk.clocks(ticket).overdue(at):
            if clock.due_by is not None and (clock.source, clock.kind, clock.due_by) not in told:
                ticket = ticket.after(self._fact(ticket, clock, at))
        return ticket

    def _fact(self, ticket: Ticket, clock: Clock, at: datetime) -> SlaBreached:
        """Only the contract earns a credit, and only where the lateness is not older than the plan or priority."""
        earns = clock.source == "contract" and not clock.inherited and not clock.promise.best_effort
        return SlaBreached(
            at=max(at, ticket.events[-1].at),
            by=SELF,
            source=clock.source,
            kind=clock.kind,
            due_by=clock.due_by,  # type: ignore[arg-type]
            credit_percent=self._policies.sla.plan(ticket.plan).credit_percent if earns else 0,
        )
