"""Deadlines, computed on read: a pure function of a ticket's events and the policy.

Every ticket has two sets: the `contract` by plan, whose breach earns a credit, and the internal `target` by priority.
The last known priority, plan and calendar count from the ticket's creation, minus the time spent waiting for the
customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from triage.errors import PauseRefused
from triage.instants import to_text, utc
from triage.sla.business_hours import covered
from triage.sla.explanation import explain
from triage.sla.history import History, State, told
from triage.sla.policy import Policy
from triage.sla.policy_terms import KINDS, NEEDED, SOURCES, Promise
from triage.sla.timer import StoppedInterval, Timer, due, joined
from triage.tickets.attributes import Attributes
from triage.tickets.events import Fact
from triage.tickets.messages.nobody import since_somebody

Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Deadlines:
    """The deadlines of one ticket, contract before target, in the order of kinds.

    `clocks` holds one of a place, `answered` the waits for a next response that were over before the last one began.
    `leading` is the clock that an incident shows for all its cases, `incident_id` names the incident of such a case.
    """

    clocks: tuple[Timer, ...]
    policy_version: str
    answered: tuple[Timer, ...] = ()
    leading: Timer | None = None
    incident_id: str | None = None

    @cached_property
    def sla_deadline(self) -> Timer | None:
        """The one deadline that a helpdesk shows: the earliest that runs, on a tie the first in the order of clocks."""
        return earliest([*self.clocks, *([self.leading] if self.leading else [])])

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The clocks to watch: of a case in an incident only those that may earn its own customer a credit."""
        running = (each for each in self.clocks if each.state == "running")
        return tuple(each for each in running if self.incident_id is None or each.credit_percent)

    def to_record(self) -> dict[str, Any]:
        """Write what `/v1/sla/deadlines`, tags and tickets answer."""
        first = self.sla_deadline
        shown = None if first is None else {"at": _text(first), "kind": first.kind, "source": first.source}
        record = {
            **{source: self._due_by(source) for source in SOURCES},
            "sla_deadline": shown,
            "inherited": [f"{each.source}.{each.kind}" for each in self.clocks if each.inherited],
            "policy": self.policy_version,
        }
        return record if self.incident_id is None else {**record, "incident": self.incident_id}

    def _due_by(self, source: str) -> dict[str, str | None]:
        """Write one set; a next response only while somebody waits for one or waited last."""
        found = {each.kind: _text(each) for each in self.clocks if each.source == source}
        return {f"{kind}_by": found.get(kind) for kind in KINDS if kind in NEEDED or kind in found}

    def explain(self, at: datetime | None = None) -> list[dict[str, Any]]:
        """Show every clock with every interval that it counted; `at` says how late it is by then."""
        return [explain(each, at) for each in (*self.clocks, *self.answered)]


def earliest(clocks: Iterable[Timer]) -> Timer | None:
    """Give the running clock that is due first, the first of them on a tie."""
    running = [(each.due_by, place, each) for place, each in enumerate(clocks) if each.state == "running"]
    return min(((by, place, each) for by, place, each in running if by), default=(None, None, None))[2]


def deadlines(
    policy: Policy, attributes: Attributes, *, created_at: datetime, pauses: Iterable[Pause] = ()
) -> Deadlines:
    """Compute the deadlines of a ticket that nobody has answered yet.

    Parameters
    ----------
    policy
        Calendars and promises, in their editions.
    attributes
        What is known of the ticket. No plan counts as the policy's `plan_when_unknown`; no priority leaves the
        targets out; amendments may ask about the rest.
    created_at
        When the ticket came in, aware.
    pauses
        When it waited for the customer; an end of None still waits. They hold up the resolution, never a response.

    Returns
    -------
    The clocks that run, with `to_record` and `explain` for the answer.

    Raises
    ------
    UnknownPlan, UnknownPriority, NaiveInstant, InstantOutOfRange, PauseRefused
        When that is what was sent.
    """
    states = [State(covered(created_at, "created_at"), attributes)]
    history = History(states, halts=[_pause(begins_at, ends_at) for begins_at, ends_at in pauses])
    return _judged(policy.in_force(history.created_at), history)


def ticket_deadlines(policy: Policy, events: Iterable[Fact]) -> Deadlines:
    """Compute the deadlines of a stored ticket from its facts, the opening first."""
    opening, *rest = events
    facts = since_somebody([opening, *rest])
    if not facts:
        return Deadlines((), policy.in_force(opening.at).version)
    history = told(facts)
    edition = policy.in_force(history.created_at, history.states[-1].attributes.plan)
    # A plan that the policy has dropped since must not make old tickets unreadable.
    history.states = [
        state
        if state.attributes.plan in edition.plans
        else replace(state, attributes=replace(state.attributes, plan=None))
        for state in history.states
    ]
    return _judged(edition, history)


def next_human_at(
    policy: Policy, attributes: Attributes, at: datetime, *, calendar: str | None = None
) -> datetime | None:
    """Give the next instant at which people answer, `at` itself while they do.

    Parameters
    ----------
    policy
        Calendars and plans.
    attributes
        What is known of the ticket: the support hours of its plan count, as amendments change them.
    at
        From when on.
    calendar
        The hours of the ticket's team, in place of the plan's; an edition that lacks them goes by the plan's.

    Returns
    -------
    The instant, or None when nothing opens within the horizon.
    """
    edition = policy.in_force(at)
    known = calendar is not None and calendar in edition.calendars
    hours = edition.hours(str(calendar), attributes) if known else edition.support(attributes)
    opens = hours.opens_at(at)
    return opens if isinstance(opens, datetime) else None


def _pause(begins_at: datetime, ends_at: datetime | None) -> StoppedInterval:
    if ends_at is None:
        return StoppedInterval(utc(begins_at, "pauses.from"), None)
    halt = StoppedInterval(utc(begins_at, "pauses.from"), covered(ends_at, "pauses.to"))
    if ends_at < begins_at:
        raise PauseRefused(to_text(begins_at), to_text(ends_at))
    return halt


def _judged(policy: Policy, history: History) -> Deadlines:
    """Make the clocks of the attributes that are known last."""
    clocks: list[Timer] = []
    answered: list[Timer] = []
    for promise in policy.promised(history.states[-1].attributes):
        found = [_with_blame(policy, history.states, each) for each in _clocks(history, promise)]
        clocks += found[-1:]
        answered += found[:-1]
    return Deadlines(tuple(clocks), policy.version, tuple(answered))


def _clocks(history: History, promise: Promise) -> list[Timer]:
    """Make the clocks of a promise, the last one counts; only a next response is waited for more than once."""
    if promise.kind == "next_response":
        return [Timer(promise=promise, started_at=each.at, stopped_at=each.answered_at) for each in history.asked]
    halts, stopped_at = joined(history.halts_of(promise.kind)), history.stop_of(promise.kind)
    return [Timer(promise=promise, started_at=history.created_at, halts=halts, stopped_at=stopped_at)]


def _with_blame(policy: Policy, states: Sequence[State], clock: Timer) -> Timer:
    """Mark a deadline as inherited that a change brought when it was already past, to a case that was not late before.

    A case that was late before the change stays so: no change of tags takes a breach away.
    """
    if clock.due_by is None or clock.due_by >= states[-1].since:
        return clock
    inherited, due_before = False, None
    for state in states:
        same = [each for each in policy.promised(state.attributes) if _place(each) == _place(clock.promise)]
        due_now = due(same[0], clock.started_at, clock.halts) if same else None
        ended_at = min(state.since, clock.stopped_at or state.since)
        was_late = isinstance(due_before, datetime) and due_before < ended_at
        is_late = isinstance(due_now, datetime) and due_now < ended_at
        inherited = is_late and (inherited or not was_late)
        due_before = due_now
    return replace(clock, inherited=inherited)


def _place(promise: Promise) -> tuple[str, str]:
    return promise.source, promise.kind


def _text(clock: Timer | None) -> str | None:
    return None if clock is None or clock.due_by is None else to_text(clock.due_by)
