"""Where a case goes and by when: what /v1/tags and a ticket both answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from serving.policies import Policies
from triage import routing, sla


class DueBy(Struct):
    """The deadlines of one clock; null where it does not run."""

    first_response_by: datetime | None
    resolution_by: datetime | None


class SlaDeadline(Struct):
    """The earliest deadline that runs, and where it comes from."""

    at: datetime
    kind: Literal["first_response", "resolution"]
    source: Literal["contract", "target"]


class Sla(Struct):
    """Both clocks: what the plan promises and what the priority aims for."""

    sla_deadline: SlaDeadline | None
    contract: DueBy
    target: DueBy
    inherited: list[str]
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What decides where a case goes and by when."""

    category: str | None
    product_area: str | None
    priority: str | None
    plan: str | None
    language: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """Team and tier with the reason in words, and the deadlines."""

    team: str
    tier: str
    reason: str
    sla: Sla


def place(policies: Policies, case: Case) -> Placement:
    """Return where the case goes and by when.

    Raises `UnknownPlan` or `UnknownPriority`: the policy does not know the name.
    """
    clocks = sla.deadlines(policies.sla, plan=case.plan, priority=case.priority, created_at=case.created_at, pauses=[])
    route = policies.routing.route(
        routing.Case(
            category=case.category,
            product_area=case.product_area,
            language=case.language,
            plan=case.plan,
            priority=case.priority,
        )
    )
    return Placement(route.team, route.tier, route.reason, sla_of(clocks))


def sla_of(clocks: sla.Deadlines) -> Sla:
    """Return the deadlines in the form that every answer has."""
    return msgspec.convert(clocks.to_record(), Sla)
