"""Due times of a ticket, as stored in its row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from triage.sla.deadlines import Deadlines
from triage.sla.timer import Timer
from triage.tickets.events import SlaBreached, SlaWarned
from triage.tickets.ticket import Ticket
from triage.tickets.troubleshooting import Troubleshooting, untold

Key = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True)
class DueTimes:
    """The deadlines of a ticket, and by when T1 has to escalate it."""

    clocks: Deadlines
    troubleshooting: Troubleshooting | None = None

    def to_row(self, ticket: Ticket) -> dict[str, datetime | None]:
        """Return the columns that lists and watches ask about."""
        running = [clock for clock in self.clocks.clocks if clock.state == "running"]
        first, working = self.clocks.sla_deadline, self.troubleshooting
        return {
            "first_response_by": _earliest(clock.due_by for clock in running if clock.kind == "first_response"),
            "resolution_by": _earliest(clock.due_by for clock in running if clock.kind == "resolution"),
            "due_by": first.due_by if first else None,
            "breach_by": _earliest(clock.due_by for clock in self.unnoted(ticket)),
            "at_risk_from": _earliest(map(warns_at, self._shown())),
            "warn_by": _earliest(map(warns_at, self.unwarned(ticket))),
            "escalate_by": working.due_by if working and untold(ticket.events, working) else None,
        }

    def unnoted(self, ticket: Ticket) -> Iterator[Timer]:
        """List the clocks that were or may be missed and have no breach on record, those of past waits too.

        A case of an incident answers only for what its own customer may earn; the incident answers for the rest.
        """
        told = breaches(ticket)
        for clock in (*self.clocks.answered, *self.clocks.clocks):
            missed = clock.stopped_at is not None and clock.is_late(clock.stopped_at)
            counts = self.clocks.incident_id is None or clock.credit_percent
            if (clock.state == "running" or missed) and counts and key(clock) not in told:
                yield clock

    def unwarned(self, ticket: Ticket) -> Iterator[Timer]:
        """List the running clocks of which nobody was warned; for the cases of an incident the incident is."""
        told = breaches(ticket) | warnings(ticket)
        leads = () if self.clocks.incident_id or not self.clocks.leading else (self.clocks.leading,)
        for name, clock in {key(clock): clock for clock in (*leads, *self.clocks.timers)}.items():
            if name not in told:
                yield clock

    def _shown(self) -> Iterator[Timer]:
        yield from (clock for clock in self.clocks.clocks if clock.state == "running")
        if self.clocks.leading is not None:
            yield self.clocks.leading


def warns_at(clock: Timer) -> datetime | None:
    """Return when a clock warns, as its cell says."""
    return clock.warn_at(clock.promise.warn_before)


def key(clock: Timer) -> Key | None:
    """Return what names a deadline of a ticket."""
    return None if clock.due_by is None else (clock.source, clock.kind, clock.due_by)


def breaches(ticket: Ticket) -> set[Key]:
    """Return the deadlines whose breach stands in the log."""
    return {(fact.source, fact.kind, fact.due_by) for fact in ticket.events if isinstance(fact, SlaBreached)}


def warnings(ticket: Ticket) -> set[Key]:
    """Return the deadlines of which the log says that they were warned of."""
    return {(fact.source, fact.kind, fact.due_by) for fact in ticket.events if isinstance(fact, SlaWarned)}


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)
