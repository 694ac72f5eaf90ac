"""To which team and tier a case goes, and why: rules in a file, the first that fits decides."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from triage.errors import RoutingRefused
from triage.escalation import TIERS
from triage.taxonomy import PRIORITIES

_KEYS = {"when", "team", "tier", "because"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a rule may ask about; what nobody knows fits no condition."""

    category: str | None = None
    product_area: str | None = None
    language: str | None = None
    plan: str | None = None
    priority: str | None = None


@dataclass(frozen=True)
class Route:
    """Where a case goes, with the reason in words."""

    team: str
    tier: str
    reason: str


@dataclass(frozen=True)
class Rule:
    """One rule: every condition must name what the case has."""

    line: int
    when: Mapping[str, frozenset[str]]
    route: Route

    def fits(self, facts: Mapping[str, str | None]) -> bool:
        """Tell whether the case meets every condition."""
        return all(facts[name] in values for name, values in self.when.items())

    def hides(self, later: Rule) -> bool:
        """Tell whether this rule takes every case that a later one would."""
        return all(name in later.when and later.when[name] <= values for name, values in self.when.items())


@dataclass(frozen=True)
class Rules:
    """Checked rules, the last of which fits every case."""

    rules: tuple[Rule, ...]
    teams: tuple[str, ...]

    def route(self, case: Case) -> Route:
        """Give the route of the first rule that fits."""
        facts = asdict(case)
        return next(rule.route for rule in self.rules if rule.fits(facts))


def parse(text: str) -> Rules:
    """Read rules from TOML.

    Parameters
    ----------
    text
        The whole file; `triage/policies/routing.toml` explains its tables.

    Returns
    -------
    The rules, checked.

    Raises
    ------
    RoutingRefused
        With the line, when a rule names what does not exist, can never fit, or when no rule takes the remaining cases.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise RoutingRefused(1, f"it is no TOML: {problem}") from None
    # tomllib tells no lines, so that the headers are counted.
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip() == "[[rules]]"]
    tables = table.get("rules")
    teams = table.get("teams")
    if not isinstance(tables, list) or len(lines) != len(tables):
        raise RoutingRefused(1, "write each rule as a table of its own under [[rules]]")
    if not isinstance(teams, list) or set(table) != {"rules", "teams"}:
        raise RoutingRefused(1, "it holds teams, a list of names, and rules, and nothing else")
    rules = [_rule(line, each, teams) for line, each in zip(lines, tables, strict=True)]
    _check_order(rules)
    return Rules(tuple(rules), tuple(teams))


def read(path: Path) -> Rules:
    """Read a file of rules."""
    return parse(path.read_text(encoding="utf-8"))


def default() -> Rules:
    """Read the rules that come with Firstline."""
    return parse(resources.files("triage").joinpath("policies/routing.toml").read_text(encoding="utf-8"))


def _rule(line: int, table: Mapping[str, Any], teams: list[str]) -> Rule:
    if not _KEYS - {"when"} <= set(table) <= _KEYS:
        raise RoutingRefused(line, "a rule says team, tier and because, and when unless it is the last")
    if table["team"] not in teams:
        raise RoutingRefused(line, f"team {table['team']!r} is not among teams: {', '.join(teams)}")
    if table["tier"] not in TIERS:
        raise RoutingRefused(line, f"tier {table['tier']!r} does not exist; tiers are {', '.join(TIERS)}")
    if not isinstance(table["because"], str) or not table["because"].strip():
        raise RoutingRefused(line, "because is empty; say in words why the case goes there")
    when = {name: _values(line, name, values) for name, values in table.get("when", {}).items()}
    return Rule(line, when, Route(table["team"], table["tier"], table["because"]))


def _values(line: int, name: str, values: object) -> frozenset[str]:
    known = Case.__dataclass_fields__
    if name not in known:
        raise RoutingRefused(line, f"no rule can ask about {name!r}; it can about {', '.join(known)}")
    listed = [values] if isinstance(values, str) else values
    if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each for each in listed):
        raise RoutingRefused(line, f"{name} needs a name or a list of names")
    strange = set(listed) - set(PRIORITIES)
    if name == "priority" and strange:
        raise RoutingRefused(line, f"priority {min(strange)!r} does not exist; priorities are {', '.join(PRIORITIES)}")
    return frozenset(listed)


def _check_order(rules: list[Rule]) -> None:
    for place, rule in enumerate(rules):
        for earlier in rules[:place]:
            if earlier.hides(rule):
                raise RoutingRefused(
                    rule.line,
                    f"the rule in line {earlier.line} takes every case before this one can; reorder or drop it",
                )
    if not rules or rules[-1].when:
        raise RoutingRefused(rules[-1].line if rules else 1, "the last rule must take every case: leave its when out")
