"""`/settings/policies`: service levels, routing, calendars and labels in force, and a deadline tried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response
from litestar.di import NamedDependency

from serving.console.controller import ConsoleController, reads
from serving.console.page import Page
from serving.policy.policies import Policies
from triage.errors import FirstlineError
from triage.sla import deadlines as sla
from triage.sla.business_hours import Calendar
from triage.sla.opening_hours import WEEKDAYS, Day
from triage.sla.policy import Policy
from triage.sla.policy_terms import KINDS
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.attributes import Attributes

NONE = "none"  # as a policy file writes it


@dataclass(frozen=True, slots=True)
class Tried:
    """A deadline that was tried out, or what was wrong with the question."""

    explained: list[dict[str, Any]]
    problem: str | None = None


class PolicyPages(ConsoleController):
    """The policies that are in force; they are files, so nothing is changed here."""

    path = "/settings/policies"

    @reads(sync_to_thread=True)
    def policies(
        self, page: NamedDependency[Page], policies: NamedDependency[Policies], request: Request[Any, Any, Any]
    ) -> Response[str]:
        """Show the tables and, where the form was filled in, what a deadline would be."""
        asked = dict(request.query_params)
        edition = policies.sla.in_force(page.at)
        return page.show(
            "settings/policies.html",
            sla=edition,
            editions=_editions(policies.sla),
            promises={plan: _promises(edition, plan) for plan in edition.plans},
            targets={priority: _targets(edition, priority) for priority in PRIORITIES},
            rules=[_rule(rule.when.values, rule.route) for rule in policies.routing.rules],
            teams=policies.routing.teams,
            calendars=[_hours(each, page.at) for each in edition.calendars.values()],
            heads=policies.taxonomy.heads,
            remarks=edition.remarks(page.at),
            priorities=PRIORITIES,
            asked={name: asked.get(name, "") for name in ("created_at", "plan", "priority")},
            tried=_tried(policies.sla, asked) if asked.get("created_at") else None,
        )


def _tried(policy: Policy, asked: Mapping[str, str]) -> Tried:
    try:
        written = datetime.fromisoformat(asked["created_at"])
    except ValueError:
        return Tried([], "Write the instant like 2026-03-02T09:30; without a zone it is UTC.")
    created_at = written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
    attributes = Attributes(plan=asked.get("plan") or None, priority=asked.get("priority") or None)
    try:
        return Tried(sla.deadlines(policy, attributes, created_at=created_at).explain(created_at))
    except FirstlineError as refused:
        return Tried([], str(refused))


def _editions(policy: Policy) -> list[Policy]:
    found = [policy]
    while found[-1].earlier is not None:
        found.append(found[-1].earlier)
    return found


def _promises(policy: Policy, plan: str) -> dict[str, str]:
    """Return what a plan's contract promises, and its first response to an emergency."""
    at_once = _cells(policy, "contract", plan, PRIORITIES[0])
    return _cells(policy, "contract", plan) | {"critical": at_once["first_response"]}


def _targets(policy: Policy, priority: str) -> dict[str, str]:
    """Return the targets of a priority on a plan that has any."""
    found = [_cells(policy, "target", plan, priority) for plan in policy.plans]
    return next((cells for cells in found if set(cells.values()) != {NONE}), found[0])


def _cells(policy: Policy, source: str, plan: str, priority: str | None = None) -> dict[str, str]:
    promised = policy.promised(Attributes(plan=plan, priority=priority))
    return dict.fromkeys(KINDS, NONE) | {each.kind: each.text for each in promised if each.source == source}


def _rule(when: Mapping[str, frozenset[str]], route: object) -> dict[str, object]:
    conditions = [f"{name.replace('_', ' ')} is {' or '.join(sorted(values))}" for name, values in when.items()]
    return {"when": " and ".join(conditions) or "every other ticket", "route": route}


def _hours(calendar: Calendar, at: datetime) -> dict[str, object]:
    today = at.astimezone(ZoneInfo(calendar.zone)).date()
    coming = sorted((day, name) for day, name in calendar.holidays.items() if day >= today)
    return {
        "calendar": calendar,
        "days": [(name.capitalize(), _shifts(day)) for name, day in zip(WEEKDAYS, calendar.week, strict=True)],
        "holidays": coming[:5],
    }


def _shifts(day: Day) -> str:
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in day) or "closed"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
