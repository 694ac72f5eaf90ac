"""Deadlines, computed on read: a pure function of what happened and the policy, without counters or a wall clock.

Every ticket carries two sets of them, since the plan and the priority ask for different things: the `contract`, whose
breach earns a credit, and the internal `target`. Priority and plan count as they are last known, always from the
creation of the ticket on and minus the time that it waited for the customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from triage.business_hours import covered
from triage.errors import PauseRefused
from triage.events import Fact
from triage.instants import to_text, utc
from triage.sla_clock import Clock, Halt, due, joined
from triage.sla_history import History, State, told
from triage.sla_policy import KINDS, SOURCES, Policy, Promise

Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Deadlines:
    """The clocks of one ticket, contract before target, first response before resolution."""

    clocks: tuple[Clock, ...]
    policy_version: str

    def clock(self, source: str, kind: str) -> Clock | None:
        """Give one clock; None where none runs."""
        return next((each for each in self.clocks if (each.source, each.kind) == (source, kind)), None)

    @cached_property
    def sla_deadline(self) -> Clock | None:
        """The one deadline that a helpdesk shows: the earliest that runs, on a tie the first in the order of clocks."""
        running = [(each.due_by, place, each) for place, each in enumerate(self.clocks) if each.state == "running"]
        return min(((by, place, each) for by, place, each in running if by), default=(None, None, None))[2]

    def overdue(self, at: datetime) -> tuple[Clock, ...]:
        """List the running clocks whose deadline lies before `at`."""
        return tuple(each for each in self.clocks if each.state == "running" and each.is_late(at))

    def to_record(self) -> dict[str, Any]:
        """Write what `/v1/sla/deadlines`, tags and tickets answer."""
        first = self.sla_deadline
        shown = None if first is None else {"at": _text(first), "kind": first.kind, "source": first.source}
        return {
            **{source: {f"{kind}_by": _text(self.clock(source, kind)) for kind in KINDS} for source in SOURCES},
            "sla_deadline": shown,
            "inherited": [f"{each.source}.{each.kind}" for each in self.clocks if each.inherited],
            "policy": self.policy_version,
        }

    def explain(self) -> list[dict[str, Any]]:
        """Show every clock with every interval that it counted."""
        return [each.explain() for each in self.clocks]


def deadlines(
    policy: Policy,
    *,
    plan: str | None,
    priority: str | None,
    created_at: datetime,
    pauses: Iterable[Pause] = (),
) -> Deadlines:
    """Compute the deadlines of a case that nobody has answered yet.

    Parameters
    ----------
    policy
        Calendars and promises.
    plan
        The customer's plan; None counts as the policy's `plan_when_unknown`.
    priority
        P0 to P4; None leaves the targets out.
    created_at
        When the case came in, aware.
    pauses
        When it waited for the customer; an end of None still waits. They hold up the resolution, never the first
        response.

    Returns
    -------
    The clocks that run, with `to_record` and `explain` for the answer.

    Raises
    ------
    UnknownPlan, UnknownPriority, NaiveInstant, InstantOutOfRange, PauseRefused
        When that is what was sent.
    """
    history = History([State(covered(created_at, "created_at"), plan, priority)])
    history.halts += [_pause(begins_at, ends_at) for begins_at, ends_at in pauses]
    return _judged(policy, history)


def ticket_deadlines(policy: Policy, events: Iterable[Fact]) -> Deadlines:
    """Compute the deadlines of a stored ticket from its facts, in order, the opening first."""
    history = told(events)
    # A plan that the policy has dropped since must not make old tickets unreadable.
    history.states = [state if state.plan in policy.plans else replace(state, plan=None) for state in history.states]
    return _judged(policy, history)


def next_human_at(policy: Policy, plan: str | None, at: datetime) -> datetime | None:
    """Give the next instant at which people answer for this plan, `at` itself within its support hours."""
    opens = policy.support(plan).opens_at(at)
    return opens if isinstance(opens, datetime) else None


def _pause(begins_at: datetime, ends_at: datetime | None) -> Halt:
    if ends_at is None:
        return Halt(utc(begins_at, "pauses.from"), None)
    halt = Halt(utc(begins_at, "pauses.from"), covered(ends_at, "pauses.to"))
    if ends_at < begins_at:
        raise PauseRefused(to_text(begins_at), to_text(ends_at))
    return halt


def _judged(policy: Policy, history: History) -> Deadlines:
    """Make the clocks of the plan and priority that are known last."""
    last = history.states[-1]
    clocks = []
    for promise in policy.promised(last.plan, last.priority):
        halts, stopped_at = joined(history.halts_of(promise.kind)), history.stop_of(promise.kind)
        clock = Clock(promise=promise, started_at=history.created_at, halts=halts, stopped_at=stopped_at)
        if clock.due_by and clock.due_by < last.since and _is_inherited(policy, history, promise):
            clock = replace(clock, inherited=True)
        clocks.append(clock)
    return Deadlines(tuple(clocks), policy.version)


def _is_inherited(policy: Policy, history: History, promise: Promise) -> bool:
    """Tell whether a change brought this deadline when it was already past, to a case that was not late before.

    A case that was late before the change stays so: no change of tags takes a breach away.
    """
    stop = history.stop_of(promise.kind)
    halts = joined([*history.halts_of(promise.kind), *([Halt(stop, None)] if stop else [])])
    inherited, due_before = False, None
    for state in history.states:
        same = [each for each in policy.promised(state.plan, state.priority) if _place(each) == _place(promise)]
        due_now = due(same[0], history.created_at, halts) if same else None
        was_late = isinstance(due_before, datetime) and due_before < state.since
        is_late = isinstance(due_now, datetime) and due_now < state.since
        inherited = is_late and (inherited or not was_late)
        due_before = due_now
    return inherited


def _place(promise: Promise) -> tuple[str, str]:
    return promise.source, promise.kind


def _text(clock: Clock | None) -> str | None:
    return None if clock is None or clock.due_by is None else to_text(clock.due_by)
