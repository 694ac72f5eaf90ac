"""What an escalation requires, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from triage.errors import EscalationRefused, PacketIncomplete
from triage.tickets.csm_alert import CsmRule

GIVEN, EXTRACTED, MISSING = "given", "extracted", "missing"  # where a field of a packet comes from
TIERS = ("T1", "T2", "T3")  # general, specialist, engineering


@dataclass(frozen=True)
class Path:
    """A plan's escalation paths, the queue, and for which priorities (None: all)."""

    queue: str
    ways: tuple[str, ...]
    priorities: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Escalation:
    """The escalation rules: what each path needs, by field and in words, and what engineering does at T3."""

    t1_troubleshoots_for: timedelta
    needs: Mapping[str, Mapping[str, str]]
    at_t3: Mapping[str, str]
    paths: Mapping[str, Path]
    csm: CsmRule = field(default_factory=CsmRule)

    def needed(self, tier: str, to: str) -> Mapping[str, str]:
        """Give the fields that must travel on a way, each in words."""
        return self.needs.get(_way(tier, to), {})

    def missing(self, tier: str, to: str, packet: Mapping[str, object]) -> tuple[str, ...]:
        """List the fields that the way from `tier` to `to` needs and the packet does not carry."""
        return tuple(name for name in self.needed(tier, to) if is_empty(packet.get(name)))

    def check(self, case: EscalationState, to: str, packet: Mapping[str, object]) -> None:
        """Refuse a way that tier, plan or priority does not have, and a packet that is not complete."""
        path = self.paths.get(case.plan) if case.plan else None
        way = _way(case.tier, to)
        if way not in self.needs:
            upwards = ", ".join(self.needs)
            raise EscalationRefused(case.tier, to, f"there is no such way; the ways are {upwards}")
        if path and way not in path.ways:
            raise EscalationRefused(case.tier, to, f"plan {case.plan} has only {', '.join(path.ways) or 'no way up'}")
        if path and path.priorities is not None and case.priority not in path.priorities:
            only = ", ".join(path.priorities) or "nothing"
            raise EscalationRefused(case.tier, to, f"plan {case.plan} has {path.queue} support; only {only} goes up")
        missing = self.missing(case.tier, to, packet)
        if missing:
            raise PacketIncomplete(case.tier, to, missing)

    def handling(self, to: str, priority: str | None) -> str | None:
        """Say what engineering does with the case: incident response or the sprint backlog; None below T3."""
        if to != TIERS[-1]:
            return None
        least_urgent = max(self.at_t3)  # what nobody has given a priority is no incident
        return self.at_t3.get(priority or least_urgent)

    def allows(self, case: EscalationState, to: str) -> bool:
        """Tell whether plan and priority have this way up at all."""
        path, way = self.paths.get(case.plan) if case.plan else None, _way(case.tier, to)
        only = path.priorities if path else None
        return way in self.needs and (path is None or way in path.ways) and (only is None or case.priority in only)

    def queue(self, plan: str | None) -> str:
        """Name the queue that a plan's cases join."""
        path = self.paths.get(plan) if plan else None
        return path.queue if path else "standard"


@dataclass(frozen=True)
class EscalationState:
    """The attributes of a ticket that its escalation depends on."""

    tier: str
    plan: str | None
    priority: str | None


def _way(tier: str, to: str) -> str:
    return f"{tier} to {to}"


def is_empty(value: object) -> bool:
    """Tell a field that says nothing; a number, 0 too, says something."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, Mapping | list | tuple) and not value)
