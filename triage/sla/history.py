"""From a ticket's events to what its deadlines depend on: attributes over time, pauses, questions and replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from triage.sla.timer import RESOLVED, StoppedInterval
from triage.tickets.attributes import LABELS, Attributes, CustomerAttributes, Segment
from triage.tickets.events import (
    AgentReplied,
    CustomerChanged,
    CustomerReplied,
    Fact,
    PlanChanged,
    TicketClosed,
    TicketMoved,
    TicketOpened,
    TicketPaused,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRetriaged,
    TicketTagged,
)
from triage.tickets.messages.nobody import is_for_nobody

# What leads from one phase of a clock to the next; a fact that stands under no phase changes none.
_PHASES: Mapping[str, Mapping[type[Fact], str]] = {
    "runs": {TicketPaused: "waits", TicketResolved: "stopped", TicketClosed: "over"},
    "waits": {TicketResumed: "runs", TicketResolved: "stopped", TicketClosed: "over"},
    "stopped": {TicketReopened: "runs", TicketClosed: "over"},
    "over": {},
}
_MOVES = (TicketPaused, TicketResumed, TicketResolved, TicketReopened, TicketClosed)
_FEW = 6  # simultaneous moves beyond this are told as they are written


@dataclass(frozen=True)
class State:
    """The attributes that promises depend on, from an instant on."""

    since: datetime
    attributes: Attributes


@dataclass
class CustomerTurn:
    """A customer's reply, and the agent's reply to it."""

    at: datetime
    answered_at: datetime | None = None


@dataclass
class History:
    """The history of one ticket, built event by event."""

    states: list[State]
    halts: list[StoppedInterval] = field(default_factory=list)
    asked: list[CustomerTurn] = field(default_factory=list)
    waits_since: datetime | None = None
    first_response_at: datetime | None = None
    stopped_at: datetime | None = None
    spoke_at: datetime | None = None  # the customer, after the answer: a question only if the case goes on

    @property
    def created_at(self) -> datetime:
        """When all clocks began."""
        return self.states[0].since

    @property
    def phase(self) -> str:
        """Tell whether the case moves, waits for the customer, or has its answer."""
        if self.stopped_at is not None:
            return "stopped"
        return "runs" if self.waits_since is None else "waits"

    def became(self, at: datetime, **known: str | None) -> None:
        """Note what is now known; what changes at one instant is one change, in whatever order it was written."""
        last = self.states[-1]
        if last.since == at:
            self.states.pop()
        changed: dict[str, Any] = dict(known)
        self.states.append(State(at, replace(last.attributes, **changed)))

    def waits(self, at: datetime) -> None:
        """Note that the case waits for the customer."""
        self.waits_since = self.waits_since or at

    def goes_on(self, at: datetime) -> None:
        """Note that the case moves again, after a wait or an answer that did not hold."""
        if self.waits_since is not None:
            self.halts.append(StoppedInterval(self.waits_since, at))
        if self.stopped_at is not None:
            self.halts.append(StoppedInterval(self.stopped_at, at, RESOLVED))
        spoke_at = self.spoke_at
        self.waits_since = self.stopped_at = self.spoke_at = None
        if spoke_at is not None:
            self.asks(spoke_at)

    def stops(self, at: datetime) -> None:
        """Note the answer that ends the case; it is a response as well."""
        self.spoke_at = None
        if self.stopped_at is None:
            self.goes_on(at)
            self.stopped_at = at
        self.responds(at)

    def asks(self, at: datetime) -> None:
        """Note that the customer wrote; before the first response that is one question with the case itself."""
        if self.stopped_at is not None:
            self.spoke_at = self.spoke_at or at
            return
        if self.first_response_at is not None and (not self.asked or self.asked[-1].answered_at is not None):
            self.asked.append(CustomerTurn(at))

    def responds(self, at: datetime) -> None:
        """Note an agent's reply; the first one counts as the first response."""
        self.first_response_at = self.first_response_at or at
        if self.spoke_at is not None:
            self.asked.append(CustomerTurn(self.spoke_at))
            self.spoke_at = None
        if self.asked and self.asked[-1].answered_at is None:
            self.asked[-1].answered_at = at

    def halts_of(self, kind: str) -> list[StoppedInterval]:
        """List the halts of a clock; waiting for the customer never holds up a response."""
        if kind != "resolution":
            return []
        return [*self.halts, StoppedInterval(self.waits_since, None)] if self.waits_since else self.halts

    def stop_of(self, kind: str) -> datetime | None:
        """Give the instant at which the clock of a first response or a resolution stopped."""
        return self.first_response_at if kind == "first_response" else self.stopped_at


def told(events: Iterable[Fact]) -> History:
    """Tell the history of a ticket from its facts, the opening first.

    The facts of one instant may stand in any order: what the customer wrote then was answered by what an agent wrote
    then, and moves are told in the order in which they can have happened.
    """
    opening, *facts = events
    history = History([State(opening.at, _opened(opening))])
    if any(first.at > then.at for first, then in pairwise(facts)):
        facts.sort(key=attrgetter("at"))
    for _, group in groupby(facts, key=attrgetter("at")):
        together = list(group)
        if len(together) > 1:
            together = _in_order(history.phase, together)
        for fact in together:
            tell = _TELL.get(type(fact))
            if tell is not None:
                tell(history, fact)
    return history


def _opened(fact: Fact) -> Attributes:
    if not isinstance(fact, TicketOpened):
        return Attributes()
    return Attributes(**vars(CustomerAttributes.of(fact)), channel=fact.channel)


def _in_order(phase: str, facts: Sequence[Fact]) -> list[Fact]:
    moves: list[Fact] = [fact for fact in facts if isinstance(fact, _MOVES)]
    others = [fact for fact in facts if not isinstance(fact, (*_MOVES, AgentReplied))]
    replies = [fact for fact in facts if isinstance(fact, AgentReplied)]
    if 1 < len(moves) <= _FEW:
        moves = _possible(phase, moves) or moves
    return [*others, *replies, *moves]


def _possible(phase: str, moves: list[Fact]) -> list[Fact] | None:
    """Order moves so that each leads on from the one before; None when there is no such order."""
    if not moves:
        return []
    for place, move in enumerate(moves):
        leads_to = _PHASES[phase].get(type(move))
        rest = None if leads_to is None else _possible(leads_to, moves[:place] + moves[place + 1 :])
        if rest is not None:
            return [move, *rest]
    return None


def _tagged(history: History, fact: TicketTagged) -> None:
    labels = {head: tag.label for head, tag in fact.tags.items() if head in LABELS}
    if labels:
        history.became(fact.at, **labels)


_TELL: Mapping[type[Fact], Callable[[History, Any], None]] = {
    TicketTagged: _tagged,
    TicketRetriaged: _tagged,
    PlanChanged: lambda history, fact: history.became(fact.at, plan=fact.plan),
    CustomerChanged: lambda history, fact: history.became(fact.at, account=fact.account),
    TicketMoved: lambda history, fact: history.became(fact.at, **vars(Segment.of(fact))),
    CustomerReplied: lambda history, fact: None if is_for_nobody(fact) else history.asks(fact.at),
    AgentReplied: lambda history, fact: history.responds(fact.at),
    TicketPaused: lambda history, fact: history.waits(fact.at),
    TicketResumed: lambda history, fact: history.goes_on(fact.at),
    TicketReopened: lambda history, fact: history.goes_on(fact.at),
    TicketResolved: lambda history, fact: history.stops(fact.at),
    TicketClosed: lambda history, fact: history.stops(fact.at),
}
