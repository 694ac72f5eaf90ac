"""Route a ticket to team and tier, with the reason: rules in a file, the first match decides.

Choosing a person within the team is left to the helpdesk.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

from triage.errors import RoutingRefused
from triage.reading.bounded_tables import text_of, toml_tables
from triage.tickets.attributes import Attributes, Conditions, conditions
from triage.tickets.escalation import TIERS

_KEYS = {"when", "team", "tier", "because"}
_HEADER = re.compile(r"\s*\[\s*teams\s*\.\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*\]")
_COMBINATIONS = 20_000  # more combinations of one rule than this are not searched


@dataclass(frozen=True)
class Team:
    """A team; `calendar` names the policy's calendar of its hours, None: the plan's support hours."""

    line: int
    name: str
    calendar: str | None = None


@dataclass(frozen=True)
class Route:
    """Team and tier of a ticket, with the reason."""

    team: str
    tier: str
    reason: str


@dataclass(frozen=True)
class RoutingRule:
    """One rule: every condition must match the ticket."""

    line: int
    when: Conditions
    route: Route

    def asks_as_little_as(self, later: RoutingRule) -> bool:
        """Tell whether this rule asks about nothing but what a later one asks about as well."""
        return set(self.when.values) <= set(later.when.values)

    def combinations(self) -> Iterator[Attributes]:
        """List a ticket for every combination of the values that it names."""
        names = sorted(self.when.values)
        for values in product(*(sorted(self.when.values[name]) for name in names)):
            yield Attributes.having(dict(zip(names, values, strict=True)))

    def count(self) -> int:
        """Count those combinations."""
        return math.prod(len(values) for values in self.when.values.values())


@dataclass(frozen=True)
class RoutingRules:
    """Checked rules; the last one matches every ticket."""

    rules: tuple[RoutingRule, ...]
    teams: Mapping[str, Team] = field(default_factory=dict)

    def route(self, attributes: Attributes) -> Route:
        """Give the route of the first rule that fits."""
        return next(rule.route for rule in self.rules if rule.when.fit(attributes))

    def calendar(self, team: str) -> str | None:
        """Name the calendar of a team's hours; None goes by the support hours of the plan."""
        known = self.teams.get(team)
        return known.calendar if known else None

    def check(self, *, calendars: Collection[str], plans: Collection[str]) -> None:
        """Refuse what the policy of service levels does not know: a team's calendar, a plan that no ticket can have."""
        for team in self.teams.values():
            if team.calendar is not None and team.calendar not in calendars:
                known = ", ".join(calendars)
                raise RoutingRefused(team.line, f"no calendar is called {team.calendar!r}; the policy has {known}")
        for rule in self.rules:
            strange = rule.when.values.get("plan", frozenset()) - set(plans)
            if strange:
                raise RoutingRefused(
                    rule.line, f"no plan is called {min(strange)!r}; the policy has {', '.join(plans)}"
                )


def parse(text: str, heads: Sequence[str] = ()) -> RoutingRules:
    """Read rules from TOML.

    Parameters
    ----------
    text
        The whole file; `triage/policies/routing.toml` explains its tables.
    heads
        The heads that the desk declared, about which rules may ask, too.

    Returns
    -------
    The rules, checked.

    Raises
    ------
    RoutingRefused
        With the line, when a rule names what does not exist, can never fit, or when no rule takes the remaining cases.
    """
    try:
        table = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise RoutingRefused(1, f"it is no TOML: {problem}") from None
    # tomllib tells no lines, so that the headers are counted.
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip() == "[[rules]]"]
    tables = table.get("rules")
    if not isinstance(tables, list) or len(lines) != len(tables):
        raise RoutingRefused(1, "write each rule as a table of its own under [[rules]]")
    if set(table) != {"rules", "teams"}:
        raise RoutingRefused(1, "it holds teams and rules, and nothing else")
    teams = _teams(text, table["teams"])
    rules = [_rule(line, each, teams, heads) for line, each in zip(lines, tables, strict=True)]
    _check_order(rules)
    return RoutingRules(tuple(rules), teams)


def read(path: Path, heads: Sequence[str] = ()) -> RoutingRules:
    """Read a file of rules."""
    return parse(text_of(path), heads)


def default() -> RoutingRules:
    """Read the rules that come with Firstline."""
    return parse(resources.files("triage").joinpath("policies/routing.toml").read_text(encoding="utf-8"))


def _teams(text: str, table: object) -> dict[str, Team]:
    """Read `teams = ["a", "b"]`, or tables `[teams.a]` that may name a calendar."""
    if isinstance(table, list) and all(isinstance(each, str) and each for each in table):
        twice = [name for place, name in enumerate(table) if name in table[:place]]
        if twice:
            raise RoutingRefused(1, f"team {twice[0]!r} stands there twice")
        return {name: Team(1, name) for name in table}
    if not isinstance(table, dict):
        raise RoutingRefused(1, "teams are a list of names, or tables [teams.name] that may say calendar")
    headers = {next(filter(None, found.groups())): line for line, found in _headers(text)}
    teams = {}
    for name, each in table.items():
        line = headers.get(name, 1)
        calendar = each.get("calendar") if isinstance(each, dict) else each
        if not isinstance(each, dict) or set(each) - {"calendar"} or not isinstance(calendar, str | None):
            raise RoutingRefused(
                line, f"team {name!r} may say calendar, the name of one in the policy, and nothing else"
            )
        teams[name] = Team(line, name, calendar)
    return teams


def _headers(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for line, written in enumerate(text.splitlines(), 1):
        found = _HEADER.match(written)
        if found:
            yield line, found


def _rule(line: int, table: Mapping[str, Any], teams: Collection[str], heads: Sequence[str]) -> RoutingRule:
    if not _KEYS - {"when"} <= set(table) <= _KEYS:
        raise RoutingRefused(line, "a rule says team, tier and because, and when unless it is the last")
    if table["team"] not in teams:
        raise RoutingRefused(line, f"team {table['team']!r} is not among teams: {', '.join(teams)}")
    if table["tier"] not in TIERS:
        raise RoutingRefused(line, f"tier {table['tier']!r} does not exist; tiers are {', '.join(TIERS)}")
    if not isinstance(table["because"], str) or not table["because"].strip():
        raise RoutingRefused(line, "because is empty; say in words why the case goes there")
    when = conditions(table.get("when", {}), lambda problem: RoutingRefused(line, problem), heads)
    highest = max(when.values.get("tier", TIERS[:1]))
    if TIERS.index(highest) > TIERS.index(table["tier"]):
        raise RoutingRefused(line, f"it contradicts itself: a case that went up to {highest} stays there")
    return RoutingRule(line, when, Route(table["team"], table["tier"], table["because"]))


def _check_order(rules: list[RoutingRule]) -> None:
    for place, rule in enumerate(rules):
        for earlier in rules[:place]:
            if earlier.when == rule.when and earlier.route != rule.route:
                raise RoutingRefused(rule.line, f"it contradicts line {earlier.line}: the same cases, another way")
            if earlier.when.cover(rule.when):
                raise RoutingRefused(
                    rule.line,
                    f"the rule in line {earlier.line} takes every case before this one can; reorder or drop it",
                )
        _check_together(rule, rules[:place])
    if not rules or rules[-1].when.values:
        raise RoutingRefused(rules[-1].line if rules else 1, "the last rule must take every case: leave its when out")


def _check_together(rule: RoutingRule, before: list[RoutingRule]) -> None:
    """Refuse a rule that earlier ones hide together.

    A rule that asks about more than this one never takes the cases in which that is not known, so those that ask about
    as little settle the question, combination by combination.
    """
    nearer = [earlier for earlier in before if earlier.asks_as_little_as(rule)]
    if not nearer or not rule.when.values or rule.count() > _COMBINATIONS:
        return
    taken_by = [next((each for each in nearer if each.when.fit(known)), None) for known in rule.combinations()]
    if all(taken_by):
        lines = ", ".join(str(line) for line in sorted({each.line for each in taken_by if each}))
        raise RoutingRefused(rule.line, f"the rules in lines {lines} together take every case before this one can")
