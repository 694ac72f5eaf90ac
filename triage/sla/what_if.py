"""Replay the past under another policy and report the differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.instants import to_text
from triage.sla.deadlines import Deadlines, ticket_deadlines
from triage.sla.policy import Policy
from triage.sla.policy_terms import KINDS, SOURCES
from triage.sla.timer import Timer
from triage.tickets.closed_ticket import ClosedTicket
from triage.tickets.events import AgentReplied, Fact, Tag, TicketClosed, TicketOpened, TicketTagged

Place = tuple[str, str]


@dataclass(frozen=True)
class Judgement:
    """One policy's result for one promise to one ticket."""

    due_by: datetime | None = None
    breached: bool = False
    credit_percent: int = 0
    promised: bool = False


@dataclass(frozen=True)
class Difference:
    """One promise to one ticket under both policies."""

    ticket_id: str
    source: str
    kind: str
    before: Judgement
    after: Judgement

    @property
    def changes(self) -> bool:
        """Tell whether the other policy says anything else."""
        return self.before != self.after

    def to_record(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        sides = {"before": self.before, "after": self.after}
        return {
            "ticket_id": self.ticket_id,
            "source": self.source,
            "kind": self.kind,
            **{
                name: {
                    "promised": each.promised,
                    "due_by": each.due_by and to_text(each.due_by),
                    "breached": each.breached,
                    "credit_percent": each.credit_percent,
                }
                for name, each in sides.items()
            },
        }


@dataclass(frozen=True)
class Replay:
    """The result of a replay."""

    tickets: int
    differences: tuple[Difference, ...]

    def sums(self) -> list[dict[str, Any]]:
        """Count by source and kind: promises, deadlines that move, breaches and credits under both policies."""
        return [
            _sum(place, [each for each in self.differences if (each.source, each.kind) == place]) for place in _PLACES
        ]

    def to_record(self) -> dict[str, Any]:
        """Write the sums, and every promise that the other policy decides otherwise."""
        changed = [each.to_record() for each in self.differences if each.changes]
        return {"tickets": self.tickets, "sums": self.sums(), "changed": changed}


_PLACES: list[Place] = [(source, kind) for source in SOURCES for kind in KINDS]


def replay(logs: Iterable[Sequence[Fact]], before: Policy, after: Policy, at: datetime) -> Replay:
    """Judge each log of facts under both policies, as seen at an instant."""
    tickets, found = 0, list[Difference]()
    for log in logs:
        tickets += 1
        name = log[0].id if isinstance(log[0], TicketOpened) else f"number {tickets}"
        found += differences(name, (before, log), (after, log), at)
    return Replay(tickets, tuple(found))


def differences(
    name: str, before: tuple[Policy, Sequence[Fact]], after: tuple[Policy, Sequence[Fact]], at: datetime
) -> list[Difference]:
    """Judge every promise to one ticket twice, each time by a policy and what happened, as seen at an instant."""
    then, now = (_judge(ticket_deadlines(policy, log), at) for policy, log in (before, after))
    return [
        Difference(name, *place[:2], then.get(place, Judgement()), now.get(place, Judgement()))
        for place in dict.fromkeys([*then, *now])
    ]


def facts_of(ticket: ClosedTicket) -> list[Fact]:
    """Tell a closed ticket of an export as facts, as far as it says what happened; none without `created_at`."""
    if ticket.created_at is None:
        return []
    said = {name: getattr(ticket, name) for name in ("id", "subject", "description", "plan", "account", "language")}
    who = "export"
    log: list[Fact] = [TicketOpened(at=ticket.created_at, by=who, channel=ticket.channel or "", **said)]
    if labels := ticket.final_labels:
        tags = {head: Tag(label=label, mode="agent") for head, label in labels.items()}
        log.append(TicketTagged(at=ticket.created_at, by=who, tags=tags))
    if ticket.first_response_at is not None:
        log.append(AgentReplied(at=ticket.first_response_at, by=who, text=""))
    if ticket.closed_at is not None:
        log.append(TicketClosed(at=ticket.closed_at, by=who))
    return log


def _judge(found: Deadlines, at: datetime) -> dict[tuple[str, str, int], Judgement]:
    """Judge every clock; those of one place are told apart by their order."""
    places: Counter[Place] = Counter()
    judged = {}
    for clock in (*found.answered, *found.clocks):
        places[clock.source, clock.kind] += 1
        judged[clock.source, clock.kind, places[clock.source, clock.kind]] = _judgement(clock, at)
    return judged


def _judgement(clock: Timer, at: datetime) -> Judgement:
    breached = clock.is_late(at)
    return Judgement(clock.due_by, breached, clock.credit_percent if breached else 0, promised=True)


def _sum(place: Place, differences: list[Difference]) -> dict[str, Any]:
    both = [(each.before.due_by, each.after.due_by) for each in differences]
    moved = [(then, now) for then, now in both if then is not None and now is not None and then != now]
    return {
        "source": place[0],
        "kind": place[1],
        "promised": _pair(differences, "promised"),
        "earlier": sum(now < then for then, now in moved),
        "later": sum(now > then for then, now in moved),
        "breaches": _pair(differences, "breached"),
        "credits": {side: sum(getattr(each, side).credit_percent > 0 for each in differences) for side in _SIDES},
        "credit_percent": _pair(differences, "credit_percent"),
    }


_SIDES = ("before", "after")


def _pair(differences: list[Difference], name: str) -> dict[str, int]:
    return {side: sum(int(getattr(getattr(each, side), name)) for each in differences) for side in _SIDES}
