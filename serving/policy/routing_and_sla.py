"""A ticket's team and deadlines, for /v1/tags and tickets alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from serving.policy.policies import Policies
from triage import routing
from triage.sla import deadlines as sla
from triage.sla.conditions import Standing


class DueBy(Struct):
    """Contract or target deadlines; null if there is none, `next_response_by` only if the policy has one."""

    first_response_by: datetime | None
    resolution_by: datetime | None
    next_response_by: datetime | UnsetType | None = UNSET


class SlaDeadline(Struct):
    """The earliest running deadline, and its source."""

    at: datetime
    kind: Literal["first_response", "next_response", "resolution"]
    source: Literal["contract", "target"]


class Sla(Struct):
    """Contract deadlines (by plan) and target deadlines (by priority)."""

    sla_deadline: SlaDeadline | None
    contract: DueBy
    target: DueBy
    inherited: list[str]
    policy: str
    incident: str | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The attributes that decide team and deadlines."""

    category: str | None
    product_area: str | None
    priority: str | None
    plan: str | None
    language: str | None
    created_at: datetime
    brand: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Team and tier with the reason, and the deadlines."""

    team: str
    tier: str
    reason: str
    sla: Sla


def place(policies: Policies, case: Case) -> Placement:
    """Return where the case goes and by when.

    Raises `UnknownPlan` or `UnknownPriority`: the policy does not know the name.
    """
    also = Standing(brand=case.brand, region=case.region, language=case.language)
    clocks = sla.deadlines(
        policies.sla, plan=case.plan, priority=case.priority, created_at=case.created_at, pauses=[], also=also
    )
    route = policies.routing.route(
        routing.Case(
            category=case.category,
            product_area=case.product_area,
            language=case.language,
            plan=case.plan,
            priority=case.priority,
            region=case.region,
            brand=case.brand,
        )
    )
    return Placement(route.team, route.tier, route.reason, sla_of(clocks))


def sla_of(clocks: sla.Deadlines) -> Sla:
    """Return the deadlines in the form that every answer has."""
    return msgspec.convert(clocks.to_record(), Sla)


def next_human_at(policies: Policies, case: routing.Case, at: datetime) -> datetime | None:
    """Return the next instant at which somebody of the team that gets such a case is there.

    Raises `UnknownPlan`: the policy does not know the name.
    """
    calendar = policies.routing.calendar(policies.routing.route(case).team)
    also = Standing(brand=case.brand, region=case.region, language=case.language)
    return sla.next_human_at(policies.sla, case.plan, at, also=also, calendar=calendar)
