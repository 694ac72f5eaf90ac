"""Incidents: several tickets of one outage follow the strictest deadline among them.

A customer's contract deadlines and credits stay with the customer's own ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from triage.sla.deadlines import Deadlines, earliest, ticket_deadlines
from triage.sla.policy import Policy
from triage.tickets.events import (
    AgentReplied,
    Fact,
    IncidentJoined,
    IncidentLeft,
    TicketClosed,
    TicketReopened,
    TicketResolved,
)

_SHARED = (AgentReplied, TicketResolved, TicketReopened, TicketClosed)


@dataclass(frozen=True)
class Incident:
    """The deadlines of an incident and its tickets, all showing the strictest."""

    own: Deadlines
    cases: Mapping[str, Deadlines]


def incident_deadlines(
    policy: Policy, incident_id: str, facts: Sequence[Fact], cases: Mapping[str, Sequence[Fact]]
) -> Incident:
    """Compute the deadlines of an incident and its cases.

    Parameters
    ----------
    policy
        Calendars and promises.
    incident_id
        The id of the incident's own ticket.
    facts
        What happened to that ticket, the opening first.
    cases
        What happened to each case, by the id of its ticket. One that has left the incident keeps its own time.

    Returns
    -------
    The deadlines of each. What answers, resolves or reopens the incident does so for every case that is in it then.
    """
    own = ticket_deadlines(policy, facts)
    told = {name: ticket_deadlines(policy, shared(events, facts, incident_id)) for name, events in cases.items()}
    following = {name for name, events in cases.items() if _following(events, incident_id)}
    timers = [*own.clocks, *(clock for name in sorted(following) for clock in told[name].clocks)]
    leading = earliest(timers)
    for name in following:
        told[name] = replace(told[name], leading=leading if _open(told[name]) else None, incident_id=incident_id)
    return Incident(replace(own, leading=leading), told)


def shared(events: Sequence[Fact], incident: Sequence[Fact], incident_id: str) -> list[Fact]:
    """Put what happened to the incident, while a case belonged to it, among the facts of the case."""
    told = list(events)
    for begins_at, ends_at in _spans(events, incident_id):
        told += [
            fact
            for fact in incident
            if isinstance(fact, _SHARED) and begins_at <= fact.at and _before(fact.at, ends_at)
        ]
    return [told[0], *sorted(told[1:], key=lambda fact: fact.at)]


def _following(events: Sequence[Fact], incident_id: str) -> bool:
    return any(ends_at is None for _, ends_at in _spans(events, incident_id))


def _spans(events: Sequence[Fact], incident_id: str) -> list[tuple[datetime, datetime | None]]:
    """List the times in which a case belonged to the incident; the last may still go on."""
    spans: list[tuple[datetime, datetime | None]] = []
    for fact in events:
        if isinstance(fact, IncidentJoined) and fact.incident_id == incident_id:
            spans.append((fact.at, None))
        elif isinstance(fact, IncidentLeft) and fact.incident_id == incident_id and spans:
            spans[-1] = (spans[-1][0], fact.at)
    return spans


def _before(at: datetime, end: datetime | None) -> bool:
    return end is None or at < end


def _open(found: Deadlines) -> bool:
    return any(clock.state != "stopped" for clock in found.clocks)
