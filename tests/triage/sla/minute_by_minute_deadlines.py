"""The oracle for deadlines: random policies and logs, read in the plainest way and counted minute by minute.

It shares with the engine only the ticket's own fold, which says where a case stood after each fact.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib import resources
from typing import Any

from tests.builders import a_tag, a_ticket
from tests.triage.sla.minute_by_minute_calendar import MINUTE, Walk, Wall, random_hours
from triage.sla import policy as sla_policy
from triage.sla.policy import Policy
from triage.tickets.attributes import Segment
from triage.tickets.events import AgentReplied, CustomerReplied, TicketClosed, TicketResolved
from triage.tickets.ticket import LEADS_TO, Ticket

PLANS, PRIORITIES, REGIONS = ("free", "gold"), ("P0", "P1", "P2", "P3", "P4"), (None, "apac", "emea")
KINDS = ("first_response", "next_response", "resolution")
Place = tuple[str, str]
Span = tuple[datetime, datetime | None]


def a_random_table(dice: random.Random, wall: Wall) -> dict[str, Any]:
    """Draw the tables of a policy file; the third calendar is around the clock."""
    default = tomllib.loads(resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8"))
    near = wall.begins_at.date()
    calendars: dict[str, Any] = {"calendar": {"zone": "UTC", "hours": {"mon-sun": ["00:00-24:00"]}}}
    for name in ("business", "other"):
        days = {near + timedelta(days=dice.randrange(12)): "Feast" for _ in range(dice.randrange(3))}
        calendars[name] = {"zone": wall.zone, "hours": random_hours(dice), "holidays": days}
    return {
        "plan_when_unknown": "free",
        "calendars": calendars,
        "plans": {name: _plan(dice) for name in PLANS},
        "targets": {name: {kind: _cell(dice) for kind in KINDS} for name in PRIORITIES},
        "amendments": [_amendment(dice, number) for number in range(dice.randrange(3))],
        "escalation": {
            **default["escalation"],
            "csm_alert": {},
            "paths": {name: {"queue": "q", "ways": []} for name in PLANS},
        },
    }


def _plan(dice: random.Random) -> dict[str, Any]:
    plan: dict[str, Any] = {"support": dice.choice(["business", "other", "calendar"])}
    plan |= {kind: _cell(dice) for kind in KINDS}
    if dice.random() < 0.5:
        plan |= dice.choice([{"critical_response": _cell(dice)}, {"P0": {"first_response": _cell(dice)}}])
    if dice.random() < 0.3:
        plan["targets_for"] = ["P0", "P1"]
    return plan


def _cell(dice: random.Random) -> str:
    if dice.random() < 0.15:
        return "none"
    amount = dice.choice(["1 min", "15 min", "1 h", "4 h", "8 h", "24 h", "48 h", f"{dice.randrange(1, 3000)} min"])
    return f"{amount} {dice.choice(['support', 'support', 'business', 'other', 'calendar'])}"


def _amendment(dice: random.Random, number: int) -> dict[str, Any]:
    when = dice.choice([{"region": ["apac", "emea"][number]}, {"plan": PLANS[number], "priority": ["P0", "P1"]}])
    changes = dice.choice([{"calendars": {"business": "other"}}, {"contract": {"resolution": _cell(dice)}}])
    return {"when": when, **changes}


def a_random_log(dice: random.Random, wall: Wall) -> Ticket:
    """Draw a case and what happens to it: to the minute, several things in one minute now and then."""
    now = wall.begins_at + dice.randrange(4 * 1440) * MINUTE
    ticket = a_ticket(at=now, plan=dice.choice([*PLANS, None]), region=dice.choice(REGIONS))
    for _ in range(dice.randrange(9)):
        now += dice.choice([0, 1, dice.randrange(60), dice.randrange(1500)]) * MINUTE
        ticket = _something(dice, ticket, now)
    return ticket


def _something(dice: random.Random, ticket: Ticket, now: datetime) -> Ticket:
    then = {"at": now, "by": "agent:ana"}
    what = dice.randrange(7)
    if what < 2:
        return ticket.tag({"priority": a_tag(dice.choice(PRIORITIES))}, **then)
    if what == 2:
        return ticket.change_plan(dice.choice(PLANS), **then)
    if what == 3:
        return ticket.move(Segment(region=dice.choice(REGIONS)), **then)
    leads_to = sorted(LEADS_TO[ticket.status])
    if not leads_to or (what == 4 and ticket.status == "resolved"):
        return ticket
    if what == 4:
        return ticket.reply("We look.", **then)
    if what == 5:
        return ticket.reply("And?", author="customer", **then)
    return ticket.transition(dice.choice([each for each in leads_to if each != "closed"] or leads_to), **then)


@dataclass(frozen=True)
class Expected:
    """What the walk finds for one place; a due instant of None lies beyond the window, or never comes."""

    due_by: datetime | None
    stopped_at: datetime | None
    overdue: timedelta
    inherited: bool
    half_way: datetime | None


@dataclass(frozen=True)
class DeskWalk:
    """A desk with its policy, walked along one wall."""

    table: dict[str, Any]
    wall: Wall

    @cached_property
    def policy(self) -> Policy:
        return sla_policy.from_table(self.table)

    @cached_property
    def walks(self) -> dict[str, Walk]:
        return {name: Walk(each, self.wall) for name, each in self.policy.calendars.items()}

    def expected(self, ticket: Ticket, at: datetime) -> dict[Place, Expected]:
        """Find every clock of a ticket, as seen at an instant."""
        standings = _standings(ticket)
        cells = self._cells(*standings[-1][1:])
        return {
            place: self._found(ticket, place, cell, standings, at)
            for place, cell in cells.items()
            if cell[0] and (place[1] != "next_response" or _waits(ticket))
        }

    def _found(
        self, ticket: Ticket, place: Place, cell: tuple[int, str], standings: list[Any], at: datetime
    ) -> Expected:
        start, stop = _ends(ticket, place[1])
        halts = _halts(ticket) if place[1] == "resolution" else []
        due_by = self._due(cell, start, halts)
        late, inherited, before = timedelta(), False, None
        if due_by is not None and due_by < (stop or at):
            late = self._late(cell[1], due_by, stop or at, halts)
        for since, *standing in standings:
            cells = self._cells(*standing)
            now = self._due(cells[place], start, halts) if cells[place][0] else None
            end = min(since, stop or since)  # what was answered in time is not late, whatever changes afterwards
            is_late, was_late = now is not None and now < end, before is not None and before < end
            inherited = is_late and (inherited or not was_late)
            before = now
        half_way = self._due((cell[0] - cell[0] // 2, cell[1]), start, halts)
        return Expected(due_by, stop, late, inherited, half_way)

    def _due(self, cell: tuple[int, str], start: datetime, halts: list[Span]) -> datetime | None:
        return self.walks[cell[1]].due(start, cell[0], [(begin, end or self.wall.ends_at) for begin, end in halts])

    def _late(self, calendar: str, due_by: datetime, end: datetime, halts: list[Span]) -> timedelta:
        counts = self.walks[calendar].is_open.copy()
        for begins_at, ends_at in halts:
            counts[self.wall.step(begins_at) : self.wall.step(ends_at or self.wall.ends_at)] = False
        return int(counts[self.wall.step(due_by) : self.wall.step(end)].sum()) * MINUTE

    def _cells(self, plan: str | None, priority: str | None, region: str | None) -> dict[Place, tuple[int, str]]:
        """Look every cell up: minutes and calendar; no minutes where no clock runs."""
        name = plan or "free"
        table = self.table["plans"][name]
        contract = {kind: table[kind] for kind in KINDS}
        if priority == "P0":
            contract["first_response"] = table.get("critical_response", contract["first_response"])
            contract |= table.get("P0", {})
        has_target = priority is not None and priority in table.get("targets_for", PRIORITIES)
        target = self.table["targets"][priority] if has_target else dict.fromkeys(KINDS, "none")
        texts = {("contract", kind): contract[kind] for kind in KINDS} | {
            ("target", kind): target[kind] for kind in KINDS
        }
        calendars: dict[str, str] = {}
        for each in reversed(
            [each for each in self.table["amendments"] if _meets(each["when"], name, priority, region)]
        ):
            calendars |= each.get("calendars", {})
            texts |= {("contract", kind): text for kind, text in each.get("contract", {}).items()}
        return {place: _read(text, table["support"], calendars) for place, text in texts.items()}


def _meets(when: dict[str, Any], plan: str, priority: str | None, region: str | None) -> bool:
    known = {"plan": plan, "priority": priority, "region": region}
    return all(known[name] in ([wanted] if isinstance(wanted, str) else wanted) for name, wanted in when.items())


def _read(text: str, support: str, calendars: dict[str, str]) -> tuple[int, str]:
    if text == "none":
        return 0, ""
    amount, unit, clock = text.split()
    name = support if clock == "support" else clock
    return int(amount) * {"min": 1, "h": 60}[unit], calendars.get(name, name)


def _standings(ticket: Ticket) -> list[tuple[datetime, str | None, str | None, str | None]]:
    """List what was known from when on, the last of each instant."""
    folds = [Ticket.from_events(ticket.events[:end]) for end in range(1, ticket.version + 1)]
    known = {each.events[-1].at: (each.plan, each.priority, each.region) for each in folds}
    return [(at, *standing) for at, standing in known.items()]


def _halts(ticket: Ticket) -> list[Span]:
    """List when the case waited for the customer, or was resolved and then was not."""
    halts: list[Span] = []
    begins_at = None
    for end in range(1, ticket.version + 1):
        fold = Ticket.from_events(ticket.events[:end])
        at, still = fold.events[-1].at, fold.status in {"pending", "resolved"}
        if begins_at is not None and (not still or fold.status != begins_at[1]):
            if fold.status != "closed" or begins_at[1] == "pending":
                halts.append((begins_at[0], at))
            begins_at = None
        if still and begins_at is None:
            begins_at = (at, fold.status)
    if begins_at is not None and begins_at[1] == "pending":
        halts.append((begins_at[0], None))
    return halts


def _waits(ticket: Ticket) -> list[Span]:
    """List when the customer wrote again after the first response, and when that was answered.

    Of one instant, what the customer wrote comes first: what an agent wrote then answers it.
    """
    waits: list[Span] = []
    answered = False
    for fact in sorted(ticket.events, key=lambda each: (each.at, not isinstance(each, CustomerReplied))):
        if isinstance(fact, CustomerReplied) and answered and (not waits or waits[-1][1] is not None):
            waits.append((fact.at, None))
        if isinstance(fact, AgentReplied | TicketResolved | TicketClosed):
            answered = True
            if waits and waits[-1][1] is None:
                waits[-1] = (waits[-1][0], fact.at)
    return waits


def _ends(ticket: Ticket, kind: str) -> Span:
    """Give when a clock began and when it was stopped."""
    if kind == "next_response":
        return _waits(ticket)[-1]
    if kind == "first_response":
        answers = [f.at for f in ticket.events if isinstance(f, AgentReplied | TicketResolved | TicketClosed)]
        return ticket.created_at, min(answers, default=None)
    stop = None
    for end in range(1, ticket.version + 1):
        fold = Ticket.from_events(ticket.events[:end])
        ended = fold.status in {"resolved", "closed"}
        stop = (stop or fold.events[-1].at) if ended else None
    return ticket.created_at, stop
