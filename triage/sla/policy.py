"""The SLA policy: calendars, promises by plan, targets by priority, escalation, and editions.

A file is checked completely when it is read. Several files are editions of one policy. A ticket uses the edition that
was in force when it was created, so it keeps what it was promised.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import pairwise
from pathlib import Path

from triage.errors import PolicyRefused, UnknownPlan
from triage.reading.bounded_tables import text_of, toml_tables
from triage.sla.business_hours import Calendar
from triage.sla.policy_tables import Table, escalation_from, only
from triage.sla.policy_terms import Plan, Promise, Terms
from triage.taxonomy.labels import known_priority
from triage.tickets.attributes import Attributes
from triage.tickets.escalation import Escalation

_KEYS = ("plan_when_unknown", "calendars", "plans", "targets", "escalation")
_AHEAD = timedelta(days=90)  # so far ahead a deadline may well lie
_Work = dict[tuple[str, str | None, tuple[int, ...]], tuple[Promise, ...]]


@dataclass(frozen=True)
class Policy:
    """One checked edition of the policy, and the previous one."""

    version: str
    review_by: date | None
    effective_from: datetime | None
    plan_when_unknown: str
    terms: Terms = field(repr=False)
    escalation: Escalation
    earlier: Policy | None = None
    _work: _Work = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars by name."""
        return self.terms.calendars

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The plans by name."""
        return self.terms.plans

    def in_force(self, at: datetime, plan: str | None = None) -> Policy:
        """Give the edition of an instant; the oldest reaches back without end.

        A plan that came in later is judged by the first edition that knows it.
        """
        edition, later = self, []
        while edition.effective_from is not None and at < edition.effective_from and edition.earlier is not None:
            later.append(edition)
            edition = edition.earlier
        if plan is None or plan in edition.plans:
            return edition
        return next((each for each in reversed(later) if plan in each.plans), edition)

    def plan(self, name: str | None) -> Plan:
        """Give a plan, or refuse one that the policy does not know; no name means `plan_when_unknown`."""
        known = self.plans.get(self.plan_when_unknown if name is None else name)
        if known is None:
            raise UnknownPlan(name, self.plans)
        return known

    def support(self, attributes: Attributes) -> Calendar:
        """Give the hours in which people answer a case."""
        return self.hours(self.plan(attributes.plan).support.name, attributes)

    def hours(self, calendar: str, attributes: Attributes) -> Calendar:
        """Give a calendar by name, or the one that stands in for it where an amendment says so."""
        amended = (self.terms.amendments[place].calendars.get(calendar) for place in self._amended(attributes))
        return self.calendars[next(filter(None, amended), calendar)]

    def promised(self, attributes: Attributes) -> tuple[Promise, ...]:
        """Give the promises for a case, contract before target, in the order of kinds."""
        plan = self.plan(attributes.plan).name
        key = plan, known_priority(attributes.priority) if attributes.priority else None, self._amended(attributes)
        found = self._work.get(key)
        if found is None:
            found = self._work[key] = self.terms.promised(*key)
        return found

    def remarks(self, at: datetime) -> list[str]:
        """Say what a person should look at: a review that is due, holidays that end soon."""
        said = []
        if self.review_by is not None and self.review_by < at.date():
            said.append(f"review_by {self.review_by} is past: read the policy again and set the next date")
        for calendar in self.calendars.values():
            last = max(calendar.holidays, default=None)
            if last is not None and last.year < (at + _AHEAD).year:
                said.append(f"calendar {calendar.name} has no holiday after {last.year}: add those of {last.year + 1}")
        return said

    def _amended(self, attributes: Attributes) -> tuple[int, ...]:
        if not self.terms.amendments:
            return ()
        known = replace(attributes, plan=self.plan(attributes.plan).name)
        return tuple(place for place, each in enumerate(self.terms.amendments) if each.when.fit(known))


def read(path: Path) -> Policy:
    """Read a policy file, or a folder of them: its editions."""
    if not path.is_dir():
        return parse(text_of(path))
    files = sorted(path.glob("*.toml"))
    if not files:
        raise PolicyRefused(str(path), "the folder holds no edition; put at least one .toml file there")
    return editions(parse(text_of(each)) for each in files)


def default() -> Policy:
    """Read the policy that comes with Firstline."""
    return parse(resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8"))


def editions(policies: Iterable[Policy]) -> Policy:
    """Chain editions by the instant from which each counts, and give the last one."""
    begins = datetime.min.replace(tzinfo=UTC)
    chain = sorted(policies, key=lambda each: each.effective_from or begins)
    for first, then in pairwise(chain):
        if first.effective_from == then.effective_from:
            since = first.effective_from or "ever: effective_from is missing"
            raise PolicyRefused("policy", f"two editions count since {since}; give each a date of its own")
    last = chain[0]
    for each in chain[1:]:
        last = replace(each, earlier=last)
    return last


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
        table = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused("policy", f"it is no TOML: {problem}") from None
    return from_table(table)


def from_table(table: Table) -> Policy:
    """Check the tables of a policy file, from TOML or from anything that gives the same tables."""
    only(table, "policy", needed=_KEYS, also=("review_by", "effective_from", "amendments", "warn_before"))
    terms = Terms(table)
    unknown = table["plan_when_unknown"]
    if unknown not in terms.plans:
        raise PolicyRefused("policy", f"plan_when_unknown: no plan is called {unknown!r}")
    terms.check()
    return Policy(
        version=_digest(table),
        review_by=table.get("review_by"),
        effective_from=_begin(table.get("effective_from")),
        plan_when_unknown=unknown,
        terms=terms,
        escalation=escalation_from(table["escalation"], terms.plans),
    )


def _begin(value: object) -> datetime | None:
    """Read since when an edition counts; a date means its beginning in UTC."""
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise PolicyRefused("policy", f"effective_from: {value} is neither a date nor an instant like 2026-07-01T00:00:00Z")


def _digest(table: Table) -> str:
    return hashlib.sha256(json.dumps(_named(table), sort_keys=True, default=str).encode()).hexdigest()[:12]


def _named(value: object) -> object:
    """Name every key in text: a date as a key reads alike in every format."""
    if isinstance(value, Mapping):
        return {str(name): _named(each) for name, each in value.items()}
    return value
