"""The policy file: calendars, what plans promise, what priorities ask for, how cases travel upwards.

Everything in it is checked when it is read, and every pair of plan and priority is worked out then: whoever asks for a
deadline later looks its promises up.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import ItemsView, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from importlib import resources
from itertools import product
from pathlib import Path

from triage.business_hours import Calendar
from triage.errors import CalendarRefused, PolicyRefused, UnknownPlan
from triage.escalation import Escalation
from triage.opening_hours import read_day, read_week
from triage.policy_tables import Table, escalation_from, only, span
from triage.taxonomy import PRIORITIES, known_priority

SOURCES = ("contract", "target")  # also the order on a tie
KINDS = ("first_response", "resolution")
SUPPORT = "support"  # in a cell: the plan's own support hours

_CELL = re.compile(r"(.+) (\S+)")


@dataclass(frozen=True)
class Promise:
    """One cell of the tables, for a plan: this much work on that calendar."""

    source: str
    kind: str
    text: str
    work: timedelta
    calendar: Calendar
    best_effort: bool = False


@dataclass(frozen=True)
class Plan:
    """What a plan says beside its deadlines."""

    name: str
    support: Calendar
    channels: tuple[str, ...]
    credit_percent: int
    csm: str


@dataclass(frozen=True)
class Policy:
    """A policy that has been checked; `promises` holds those of each pair of plan and priority."""

    version: str
    review_by: date | None
    plan_when_unknown: str
    calendars: Mapping[str, Calendar]
    plans: Mapping[str, Plan]
    promises: Mapping[tuple[str, str | None], tuple[Promise, ...]]
    escalation: Escalation

    def plan(self, name: str | None) -> Plan:
        """Give a plan, or refuse one that the policy does not know; no name means `plan_when_unknown`."""
        known = self.plans.get(self.plan_when_unknown if name is None else name)
        if known is None:
            raise UnknownPlan(name, self.plans)
        return known

    def support(self, plan: str | None) -> Calendar:
        """Give a plan's support hours."""
        return self.plan(plan).support

    def promised(self, plan: str | None, priority: str | None) -> tuple[Promise, ...]:
        """Give the promises for a case, contract before target, first response before resolution."""
        return self.promises[self.plan(plan).name, None if priority is None else known_priority(priority)]


def read(path: Path) -> Policy:
    """Read a policy file."""
    return parse(path.read_text(encoding="utf-8"))


def default() -> Policy:
    """Read the policy that comes with Firstline."""
    return parse(resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Policy:
    """Read a policy from TOML.

    Parameters
    ----------
    text
        The whole file; `triage/policies/default.toml` explains its tables.

    Returns
    -------
    The policy, checked.

    Raises
    ------
    PolicyRefused
        With the table and what to change, when anything in it cannot be used.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused("policy", f"it is no TOML: {problem}") from None
    only(
        table,
        "policy",
        needed=("plan_when_unknown", "calendars", "plans", "targets", "escalation"),
        also=("review_by",),
    )
    return _Reading(table).policy


@dataclass(frozen=True)
class _Reading:
    table: Table

    @cached_property
    def policy(self) -> Policy:
        unknown = self.table["plan_when_unknown"]
        if unknown not in self.plans:
            raise PolicyRefused("policy", f"plan_when_unknown: no plan is called {unknown!r}")
        cells = product(self.plans.values(), (None, *PRIORITIES))
        return Policy(
            version=hashlib.sha256(json.dumps(self.table, sort_keys=True, default=str).encode()).hexdigest()[:12],
            review_by=self.table.get("review_by"),
            plan_when_unknown=unknown,
            calendars=self.calendars,
            plans=self.plans,
            promises={(plan.name, priority): tuple(self.promised(plan, priority)) for plan, priority in cells},
            escalation=escalation_from(self.table["escalation"], self.plans),
        )

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        return {name: _calendar(name, table) for name, table in _tables(self.table, "calendars")}

    @cached_property
    def plans(self) -> dict[str, Plan]:
        return {name: self.plan(name, table) for name, table in _tables(self.table, "plans")}

    def plan(self, name: str, table: Table) -> Plan:
        where = f"plans.{name}"
        notes = ("channels", "credit_percent", "csm", "best_effort", "targets_for", *PRIORITIES)
        only(table, where, needed=("support", *KINDS), also=notes)
        for priority in set(PRIORITIES) & set(table):
            only(table[priority], f"{where}.{priority}", also=KINDS)
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

    @cached_property
    def targets(self) -> Table:
        targets: Table = self.table["targets"]
        only(targets, "targets", needed=PRIORITIES)
        for priority in PRIORITIES:
            only(targets[priority], f"targets.{priority}", needed=KINDS)
        return targets

    def promised(self, plan: Plan, priority: str | None) -> list[Promise]:
        """Work out one pair of plan and priority, in the order of a tie; a cell of `none` leaves nothing."""
        table = self.table["plans"][plan.name]
        cells = {"contract": {**table, **table.get(priority, {})}, "target": {}}
        if priority and priority in table.get("targets_for", PRIORITIES):
            cells["target"] = self.targets[priority]
        return [
            self.promise(plan, source, kind, cells[source][kind])
            for source, kind in product(SOURCES, KINDS)
            if cells[source].get(kind, "none") != "none"
        ]

    def promise(self, plan: Plan, source: str, kind: str, text: object) -> Promise:
        where = f"plans.{plan.name}, {source} {kind}"
        match = _CELL.fullmatch(str(text))
        if match is None:
            raise PolicyRefused(where, f"{text!r} is no cell; write 8 h business, 4 h support, 5 days business or none")
        amount, clock = match.groups()
        calendar = plan.support if clock == SUPPORT else self.calendars.get(clock)
        if calendar is None:
            known = ", ".join((SUPPORT, *self.calendars))
            raise PolicyRefused(where, f"{text!r} names no calendar of this file; they are {known}")
        best_effort = source == "contract" and kind in self.table["plans"][plan.name].get("best_effort", ())
        return Promise(source, kind, str(text), span(amount, where, calendar.day), calendar, best_effort)


def _tables(table: Table, name: str) -> ItemsView[str, Table]:
    only(table[name], name, also=table[name])
    tables: Table = table[name]
    return tables.items()


def _calendar(name: str, table: Table) -> Calendar:
    where = f"calendars.{name}"
    only(table, where, needed=("zone", "hours"), also=("holidays", "special_days", "longest_closure_days"))
    if name == SUPPORT:
        raise CalendarRefused(where, "the name is taken: in a cell it means the plan's own support hours")
    try:
        special = {_date(day): read_day(shifts) for day, shifts in table.get("special_days", {}).items()}
        holidays = dict.fromkeys(map(_date, table.get("holidays", ())), ())
        week = read_week(table["hours"])
        closure = timedelta(days=table.get("longest_closure_days", 14))
    except (AttributeError, TypeError, ValueError) as problem:
        raise CalendarRefused(where, str(problem)) from None
    return Calendar(name, str(table["zone"]), week, {**special, **holidays}, closure)


def _date(value: object) -> date:
    return value if type(value) is date else date.fromisoformat(str(value))
