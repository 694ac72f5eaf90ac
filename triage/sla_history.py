"""What the clocks of a ticket depend on, told from its facts: plan and priority over time, waits, answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triage.events import (
    AgentReplied,
    Fact,
    PlanChanged,
    TicketClosed,
    TicketOpened,
    TicketPaused,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketTagged,
)
from triage.sla_clock import Halt


@dataclass(frozen=True)
class State:
    """What decides on the promises, from an instant on."""

    since: datetime
    plan: str | None
    priority: str | None


@dataclass
class History:
    """The story of one ticket while it is being told."""

    states: list[State]
    halts: list[Halt] = field(default_factory=list)
    waits_since: datetime | None = None
    first_response_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def created_at(self) -> datetime:
        """When all clocks began."""
        return self.states[0].since

    def became(self, at: datetime, plan: str | None, priority: str | None) -> None:
        """Note plan and priority; what changes at one instant is one change, in whatever order it was written."""
        if self.states[-1].since == at:
            self.states.pop()
        self.states.append(State(at, plan, priority))

    def waits(self, at: datetime) -> None:
        """Note that the case waits for the customer."""
        self.waits_since = at

    def goes_on(self, at: datetime) -> None:
        """Note that the case moves again, after a wait or an answer that did not hold."""
        if self.waits_since is not None:
            self.halts.append(Halt(self.waits_since, at))
        if self.stopped_at is not None:
            self.halts.append(Halt(self.stopped_at, at, "resolved"))
        self.waits_since = self.stopped_at = None

    def stops(self, at: datetime) -> None:
        """Note the answer that ends the case; it is a response as well."""
        if self.stopped_at is None:
            self.goes_on(at)
            self.stopped_at = at
        self.responds(at)

    def responds(self, at: datetime) -> None:
        """Note an agent's reply; the first one counts."""
        self.first_response_at = self.first_response_at or at

    def halts_of(self, kind: str) -> list[Halt]:
        """List the halts of a clock; waiting for the customer never holds up a first response."""
        if kind == "first_response":
            return []
        return [*self.halts, Halt(self.waits_since, None)] if self.waits_since else self.halts

    def stop_of(self, kind: str) -> datetime | None:
        """Give the instant at which a clock stopped."""
        return self.first_response_at if kind == "first_response" else self.stopped_at


def told(events: Iterable[Fact]) -> History:
    """Tell the history of a ticket from its facts, the opening first."""
    opening, *facts = events
    history = History([State(opening.at, opening.plan if isinstance(opening, TicketOpened) else None, None)])
    for fact in facts:
        tell = _TELL.get(type(fact))
        if tell is not None:
            tell(history, fact)
    return history


def _tagged(history: History, fact: TicketTagged) -> None:
    if "priority" in fact.tags:
        history.became(fact.at, history.states[-1].plan, fact.tags["priority"].label)


_TELL: Mapping[type[Fact], Callable[[History, Any], None]] = {
    TicketTagged: _tagged,
    PlanChanged: lambda history, fact: history.became(fact.at, fact.plan, history.states[-1].priority),
    AgentReplied: lambda history, fact: history.responds(fact.at),
    TicketPaused: lambda history, fact: history.waits(fact.at),
    TicketResumed: lambda history, fact: history.goes_on(fact.at),
    TicketReopened: lambda history, fact: history.goes_on(fact.at),
    TicketResolved: lambda history, fact: history.stops(fact.at),
    TicketClosed: lambda history, fact: history.stops(fact.at),
}
