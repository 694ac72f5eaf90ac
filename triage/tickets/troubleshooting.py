"""How long T1 has worked on a ticket before it is escalated: 15 minutes unless the policy says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.tickets.escalation import TIERS
from triage.tickets.events import (
    AgentReplied,
    EscalationDue,
    Fact,
    TicketAssigned,
    TicketClosed,
    TicketEscalated,
    TicketPaused,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRouted,
    TicketStarted,
)

_GOES_ON = (TicketStarted, TicketResumed, TicketReopened)
_STOPS = (TicketPaused, TicketResolved, TicketClosed)


@dataclass(frozen=True)
class Troubleshooting:
    """Work at T1 that began at `since` and must end in an escalation by `due_by`."""

    since: datetime
    due_by: datetime


@dataclass(frozen=True)
class _Work:
    left: timedelta
    since: datetime | None = None
    runs_since: datetime | None = None
    over_at: datetime | None = None

    def begins(self, at: datetime) -> _Work:
        return replace(self, since=self.since or at, runs_since=self.runs_since or at)

    def stops(self, at: datetime) -> _Work:
        if self.runs_since is None:
            return self
        over_at = self.over_at or (self.runs_since + self.left if at - self.runs_since >= self.left else None)
        left = max(timedelta(), self.left - (at - self.runs_since))
        return replace(self, left=left, runs_since=None, over_at=over_at)


def troubleshooting(events: Iterable[Fact], allowed: timedelta) -> Troubleshooting | None:
    """Tell by when T1 has to escalate a case.

    Parameters
    ----------
    events
        What happened to the case.
    allowed
        How long T1 may work on it, from the first thing that anybody did; waiting for the customer is no work.

    Returns
    -------
    Since when T1 works on it and by when that must be over; None while nobody does, once it is answered, or above T1.
    """
    tier, answered, work = TIERS[0], False, _Work(allowed)
    for fact in events:
        if isinstance(fact, TicketRouted | TicketEscalated):
            work = work if fact.tier == tier == TIERS[0] else _Work(allowed)
            tier = fact.tier
        elif isinstance(fact, _STOPS):
            work = work.stops(fact.at)
        elif isinstance(fact, _GOES_ON) or (_is_touch(fact) and work.since is None):
            work = work.begins(fact.at)
        if isinstance(fact, TicketResolved | TicketClosed | TicketReopened):
            answered = not isinstance(fact, TicketReopened)
    due_by = work.over_at or (work.runs_since + work.left if work.runs_since else None)
    if tier != TIERS[0] or answered or work.since is None or due_by is None:
        return None
    return Troubleshooting(work.since, due_by)


def untold(events: Iterable[Fact], found: Troubleshooting | None) -> bool:
    """Tell whether the end of this work stands in no fact yet."""
    told = (fact.since for fact in events if isinstance(fact, EscalationDue))
    return found is not None and found.since not in told


def _is_touch(fact: Fact) -> bool:
    return isinstance(fact, AgentReplied) or (isinstance(fact, TicketAssigned) and fact.assignee is not None)
