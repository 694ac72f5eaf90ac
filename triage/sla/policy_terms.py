"""From the cells of a policy file to promises: an amount of time on a calendar.

The plan sets the contract, the priority the target. Amendments change single cells or calendars for tickets that meet
their conditions; if several set one cell, the first counts.
"""

from __future__ import annotations

import re
from collections.abc import ItemsView, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import product

from triage.errors import PolicyRefused
from triage.sla.business_hours import Calendar
from triage.sla.calendars import SUPPORT, calendar
from triage.sla.policy_tables import Table, only, span
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.attributes import Conditions, conditions

SOURCES = ("contract", "target")  # also the order on a tie
KINDS = ("first_response", "next_response", "resolution")
NEEDED = ("first_response", "resolution")  # what every plan and priority has to say, be it none
CRITICAL = ("P0", "critical_response", "first_response")  # the plan's first response to what is critical

_CELL = re.compile(r"(.+) (\S+)")
_WARN = ", warn "  # "4 h support, warn 30 min": so long before the deadline the cell warns
_WARN_BEFORE = {"first_response": "30 min", "next_response": "30 min", "resolution": "2 h"}
_SHARE = 4  # where no cell says otherwise, a warning comes in the last quarter of a short clock


@dataclass(frozen=True)
class Promise:
    """One cell of the tables, for a plan: an amount of time on a calendar."""

    source: str
    kind: str
    text: str
    work: timedelta
    calendar: Calendar
    best_effort: bool = False
    credit_percent: int = 0
    warn_before: timedelta = timedelta()


@dataclass(frozen=True)
class Plan:
    """The terms of a plan besides its deadlines."""

    name: str
    support: Calendar
    channels: tuple[str, ...]
    credit_percent: int
    csm: str


@dataclass(frozen=True)
class Amendment:
    """Changes for tickets that meet its conditions: other calendars, and cells by source and kind."""

    when: Conditions
    calendars: Mapping[str, str]
    cells: Mapping[tuple[str, str], str]

    @property
    def said(self) -> set[object]:
        """Everything that it changes."""
        return {*self.calendars, *self.cells}


@dataclass(frozen=True)
class Terms:
    """The tables of one policy file, read on demand; `check` reads everything."""

    table: Table

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars by name."""
        return {name: calendar(name, table) for name, table in _tables(self.table, "calendars")}

    @cached_property
    def plans(self) -> dict[str, Plan]:
        """The plans by name."""
        return {name: self._plan(name, table) for name, table in _tables(self.table, "plans")}

    @cached_property
    def amendments(self) -> tuple[Amendment, ...]:
        """The amendments in their order."""
        tables = self.table.get("amendments", [])
        if not isinstance(tables, list):
            raise PolicyRefused("amendments", "write each one as a table of its own under [[amendments]]")
        found = [self._amendment(f"amendments, number {place}", table) for place, table in enumerate(tables, 1)]
        for place, each in enumerate(found):
            for number, earlier in enumerate(found[:place], 1):
                if earlier.when.cover(each.when) and each.said <= earlier.said:
                    problem = f"number {number} says all of it before for the same cases; reorder or drop it"
                    raise PolicyRefused(f"amendments, number {place + 1}", problem)
        return tuple(found)

    def promised(self, plan: str, priority: str | None, amended: Sequence[int] = ()) -> tuple[Promise, ...]:
        """Work out one pair of plan and priority, in the order of a tie; a cell of `none` leaves nothing."""
        cells = self._cells(plan, priority)
        runs = SOURCES if self._has_target(plan, priority) else SOURCES[:1]
        calendars: dict[str, str] = {}
        for amendment in [self.amendments[each] for each in reversed(amended)]:
            calendars |= amendment.calendars
            cells |= {place: text for place, text in amendment.cells.items() if place[0] in runs}
        return tuple(
            self._promise(self.plans[plan], place, cells[place], calendars)
            for place in product(SOURCES, KINDS)
            if cells[place] != "none"
        )

    def check(self) -> None:
        """Read every cell that a case can meet, so that a mistake stops the start and no ticket."""
        for name in PRIORITIES:
            only(self._targets[name], f"targets.{name}", needed=NEEDED, also=KINDS)
        for plan, priority in product(self.plans, (None, *PRIORITIES)):
            for amended in [(), *((place,) for place in range(len(self.amendments)))]:
                self.promised(plan, priority, amended)

    def _cells(self, plan: str, priority: str | None) -> dict[tuple[str, str], str]:
        table = self.table["plans"][plan]
        contract: Table = {**table, **table.get(priority, {})}
        if priority == CRITICAL[0] and CRITICAL[1] in table:
            contract[CRITICAL[2]] = table[CRITICAL[1]]
        target = self._targets[priority] if priority and self._has_target(plan, priority) else {}
        cells = {"contract": contract, "target": target}
        return {(source, kind): cells[source].get(kind, "none") for source, kind in product(SOURCES, KINDS)}

    def _has_target(self, plan: str, priority: str | None) -> bool:
        return priority in self.table["plans"][plan].get("targets_for", PRIORITIES)

    @cached_property
    def _targets(self) -> Table:
        targets: Table = self.table["targets"]
        only(targets, "targets", needed=PRIORITIES)
        return targets

    def _plan(self, name: str, table: Table) -> Plan:
        where = f"plans.{name}"
        notes = ("channels", "credit_percent", "csm", "best_effort", "targets_for", CRITICAL[1], *PRIORITIES)
        only(table, where, needed=("support", *NEEDED), also=(*KINDS, *notes))
        for priority in set(PRIORITIES) & set(table):
            only(table[priority], f"{where}.{priority}", also=KINDS)
        if CRITICAL[1] in table and CRITICAL[2] in table.get(CRITICAL[0], {}):
            raise PolicyRefused(where, "critical_response and the first_response of P0 are the same cell; drop one")
        wrong = [each for each in table.get("best_effort", ()) if each not in KINDS]
        wrong += [each for each in table.get("targets_for", ()) if each not in PRIORITIES]
        if wrong:
            raise PolicyRefused(where, f"{wrong[0]!r} is neither a priority nor one of {', '.join(KINDS)}")
        if table["support"] not in self.calendars:
            raise PolicyRefused(where, f"support: no calendar is called {table['support']!r}")
        return Plan(
            name=name,
            support=self.calendars[table["support"]],
            channels=tuple(table.get("channels", ())),
            credit_percent=table.get("credit_percent", 0),
            csm=table.get("csm", "none"),
        )

    def _amendment(self, where: str, table: Table) -> Amendment:
        only(table, where, needed=("when",), also=("calendars", *SOURCES))
        when = _when(table["when"], where)
        unknown = when.values.get("plan", frozenset()) - set(self.plans)
        if unknown:
            raise PolicyRefused(where, f"no plan is called {min(unknown)!r}")
        calendars = table.get("calendars", {})
        only(calendars, f"{where}, calendars", also=self.calendars)
        strange = set(map(str, calendars.values())) - set(self.calendars)
        if strange:
            raise PolicyRefused(where, f"no calendar is called {min(strange)!r}")
        for source in SOURCES:
            only(table.get(source, {}), f"{where}, {source}", also=KINDS)
        cells = {(source, kind): text for source in SOURCES for kind, text in table.get(source, {}).items()}
        if not calendars and not cells:
            raise PolicyRefused(where, "it changes nothing; give it calendars, contract or target")
        return Amendment(when, calendars, cells)

    def _promise(self, plan: Plan, place: tuple[str, str], cell: object, calendars: Mapping[str, str]) -> Promise:
        source, kind = place
        where = f"plans.{plan.name}, {source} {kind}"
        text, _, warn = str(cell).partition(_WARN)
        match = _CELL.fullmatch(text)
        if match is None:
            raise PolicyRefused(where, f"{cell!r} is no cell; write 8 h business, 4 h support, 5 days business or none")
        amount, clock = match.groups()
        name = plan.support.name if clock == SUPPORT else clock
        hours = self.calendars.get(calendars.get(name, name))
        if hours is None:
            known = ", ".join((SUPPORT, *self.calendars))
            raise PolicyRefused(where, f"{text!r} names no calendar of this file; they are {known}")
        best_effort = source == "contract" and kind in self.table["plans"][plan.name].get("best_effort", ())
        credit = plan.credit_percent if source == "contract" and not best_effort else 0
        work = span(amount, where, hours.day)
        ahead = self._warned_before(kind, where) if not warn else span(warn, where, hours.day)
        if warn and ahead >= work:
            raise PolicyRefused(where, f"{cell!r} warns before it begins; warn less than {amount} ahead")
        warn_before = ahead if warn else min(ahead, work / _SHARE)
        return Promise(source, kind, text, work, hours, best_effort, credit, warn_before)

    def _warned_before(self, kind: str, where: str) -> timedelta:
        told = self.table.get("warn_before", {})
        only(told, "warn_before", also=KINDS)
        return span(told.get(kind, _WARN_BEFORE[kind]), where, timedelta(days=1))


def _when(table: object, where: str) -> Conditions:
    """Read what an amendment asks for; a tier is no matter of promises, since escalating changes none."""
    if not isinstance(table, Mapping) or not table:
        raise PolicyRefused(where, "when is missing; name at least one attribute, such as plan or region")
    if "tier" in table:
        raise PolicyRefused(where, "no amendment can ask about 'tier': deadlines stay when a ticket is escalated")
    return conditions(table, lambda problem: PolicyRefused(where, problem))


def _tables(table: Table, name: str) -> ItemsView[str, Table]:
    only(table[name], name, also=table[name])
    tables: Table = table[name]
    return tables.items()
