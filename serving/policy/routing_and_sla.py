"""A ticket's team and deadlines, for /v1/tags and tickets alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from serving.policy.policies import Policies
from triage.sla import deadlines as sla
from triage.tickets.attributes import Attributes


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


@dataclass(frozen=True, slots=True)
class Placement:
    """Team and tier with the reason, and the deadlines."""

    team: str
    tier: str
    reason: str
    sla: Sla


def place(policies: Policies, attributes: Attributes, *, created_at: datetime) -> Placement:
    """Return where the ticket goes and by when.

    Raises `UnknownPlan` or `UnknownPriority`: the policy does not know the name.
    """
    clocks = sla.deadlines(policies.sla, attributes, created_at=created_at)
    route = policies.routing.route(attributes)
    return Placement(route.team, route.tier, route.reason, sla_of(clocks))


def sla_of(clocks: sla.Deadlines) -> Sla:
    """Return the deadlines in the form that every answer has."""
    return msgspec.convert(clocks.to_record(), Sla)


def next_human_at(policies: Policies, attributes: Attributes, at: datetime) -> datetime | None:
    """Return the next instant at which somebody of the team that gets such a ticket is there.

    Raises `UnknownPlan`: the policy does not know the name.
    """
    calendar = policies.routing.calendar(policies.routing.route(attributes).team)
    return sla.next_human_at(policies.sla, attributes, at, calendar=calendar)
