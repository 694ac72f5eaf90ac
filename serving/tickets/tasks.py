"""Background tasks of the ticket desk: warnings, breaches, escalation, and tagging of untagged tickets."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from serving.context import Context
from serving.storage.database import Database
from serving.ticket_desk import AsksHelpdesks
from serving.tickets import figures, notices, store
from serving.tickets.desk import Desk
from serving.tickets.due_times import DueTimes, warns_at
from serving.tickets.event_log import EventLog
from serving.tickets.notices import BREACHED, ESCALATION_DUE, WARNED, Notice
from triage.errors import FirstlineError
from triage.sla.timer import Timer
from triage.tickets.escalation import TIERS
from triage.tickets.events import SELF, EscalationDue, Fact, SlaBreached, SlaWarned
from triage.tickets.ticket import Ticket
from triage.tickets.troubleshooting import untold

_BATCH = 200
_Find = Callable[[sa.Connection, datetime, int], list[str]]
_Told = Iterator[tuple[Notice, Fact, datetime]]  # the last: since when it would be so


class TicketTasks:
    """The periodic tasks, each safe to repeat and to run in several processes.

    A fact is written by whoever puts down the unique row of its notice, in the same transaction; so it is written once.
    Where a ticket is at a helpdesk, too, a notice waits until it is known here what happened there in time.
    """

    def __init__(self, context: Context, desk: Desk, asks: AsksHelpdesks | None = None) -> None:
        self._database: Database = context.database
        self._books = EventLog(context.policies.sla)
        self._desk, self._telemetry, self._asks = desk, context.telemetry, asks

    def watch(self, at: datetime) -> None:
        """Look at every deadline once."""
        self.note_breaches(at)
        self.warn(at)
        self.call_for_escalation(at)

    def note_breaches(self, at: datetime) -> int:
        """Write a fact for each deadline that was missed; return the number of tickets that were looked at."""
        looked = self._tell(store.breaching, _breached, at)
        self._telemetry.overdue.set(self._database.read(lambda connection: store.count_breached(connection, at)))
        return looked

    def warn(self, at: datetime) -> int:
        """Write a fact for each deadline that is as near as its cell warns; return how many tickets were looked at."""
        return self._tell(store.warning, _warned, at)

    def call_for_escalation(self, at: datetime) -> int:
        """Write a fact for each case that T1 has worked on for long enough; return how many were looked at."""
        return self._tell(store.escalating, _over, at)

    def tag_the_untagged(self, at: datetime) -> int:
        """Tag what no model has seen; return how many got tags, zero while none is ready."""
        waiting = self._database.read(lambda connection: store.untagged(connection, _BATCH))
        done = 0
        for ticket_id in waiting:
            if self._desk.tag(ticket_id, at=at) is None:
                break
            done += 1
        return done

    def count_the_uncounted(self, at: datetime) -> int:  # noqa: ARG002 (every task is given the time)
        """Write the figures of tickets that are older than figures are; return how many tickets were looked at."""
        looked, after = 0, ""
        while found := self._database.read(partial(figures.uncounted, after=after, limit=_BATCH)):
            try:
                self._database.write(partial(self._books.count, ticket_ids=found))
            except FirstlineError:
                self._count_one_by_one(found)
            looked, after = looked + len(found), found[-1]
        return looked

    def _count_one_by_one(self, ticket_ids: Sequence[str]) -> None:
        for ticket_id in ticket_ids:
            try:
                self._database.write(partial(self._books.count, ticket_ids=[ticket_id]))
            except FirstlineError as error:  # one log that cannot be read must not hide the others
                self._telemetry.fault("ticket.not_counted", error, ticket_id=ticket_id)

    def _tell(self, find: _Find, told: Callable[[Ticket, DueTimes, datetime], _Told], at: datetime) -> int:
        found = self._database.read(lambda connection: find(connection, at, _BATCH))
        for ticket_id in found:
            try:
                self._tell_of(ticket_id, told, at)
            except FirstlineError as error:  # one log that cannot be read must not silence the others
                self._telemetry.fault("ticket.not_watched", error, ticket_id=ticket_id)
        return len(found)

    def _tell_of(self, ticket_id: str, told: Callable[[Ticket, DueTimes, datetime], _Told], at: datetime) -> None:
        def operation(connection: sa.Connection) -> list[Notice]:
            before = after = store.load(connection, ticket_id)
            said = []
            for notice, fact, since in told(before, self._books.read(connection).times(before), at):
                if self._asks is not None and not self._asks.is_known(connection, ticket_id, since, at):
                    continue
                if notices.first_to_tell(connection, notice, at):
                    after = after.after(fact)
                    said.append(notice)
            self._books.carry_on(connection, before, after)
            return said

        for notice in self._database.write(operation):
            names = ("ticket_id", "source", "kind", "credit_percent")
            self._telemetry.event(f"ticket.{notice.what}", **{name: getattr(notice, name) for name in names})


def _breached(ticket: Ticket, times: DueTimes, at: datetime) -> _Told:
    for clock in times.unnoted(ticket):
        if clock.due_by is not None and clock.is_late(at):
            credit = clock.credit_percent
            notice = _notice(ticket, clock, BREACHED, credit)
            yield (
                notice,
                SlaBreached(
                    at=_moment(ticket, at),
                    by=SELF,
                    source=clock.source,
                    kind=clock.kind,
                    due_by=notice.due_by,
                    credit_percent=credit,
                ),
                notice.due_by,
            )


def _warned(ticket: Ticket, times: DueTimes, at: datetime) -> _Told:
    for clock in times.unwarned(ticket):
        near_at = warns_at(clock)
        of_a_case = clock is times.clocks.leading  # whose breach is noted there: the incident hears of it, if late
        if clock.due_by and near_at and near_at <= at and (at <= clock.due_by or of_a_case):
            fact = SlaWarned(at=_moment(ticket, at), by=SELF, source=clock.source, kind=clock.kind, due_by=clock.due_by)
            yield _notice(ticket, clock, WARNED), fact, near_at


def _over(ticket: Ticket, times: DueTimes, at: datetime) -> _Told:
    working = times.troubleshooting
    if working is None or working.due_by > at or not untold(ticket.events, working):
        return
    notice = Notice(
        ticket_id=ticket.id, what=ESCALATION_DUE, source=TIERS[0], kind="troubleshooting", due_by=working.due_by
    )
    fact = EscalationDue(at=_moment(ticket, at), by=SELF, since=working.since, due_by=working.due_by)
    yield notice, fact, working.due_by


def _notice(ticket: Ticket, clock: Timer, what: str, credit_percent: int = 0) -> Notice:
    assert clock.due_by is not None  # noqa: S101 (whoever calls has looked)
    return Notice(
        ticket_id=ticket.id,
        what=what,
        source=clock.source,
        kind=clock.kind,
        due_by=clock.due_by,
        credit_percent=credit_percent,
    )


def _moment(ticket: Ticket, at: datetime) -> datetime:
    return max(at, ticket.events[-1].at)
