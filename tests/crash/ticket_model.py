"""The desk as a customer of its HTTP interface may expect it: a ticket small enough to be obviously right.

It says what a change makes of a ticket and which changes are refused; written from the contract, not from the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

LEGAL = {
    "new": {"open", "pending", "resolved", "closed"},
    "open": {"pending", "resolved", "closed"},
    "pending": {"open", "resolved", "closed"},
    "resolved": {"open", "closed"},
    "closed": set(),
}
#: From which tier a plan's tickets go up to which.
WAYS = {"premium": {("T1", "T2"), ("T2", "T3")}, None: {("T1", "T2"), ("T1", "T3"), ("T2", "T3")}}
#: What no change touches.
LASTING = ("id", "subject", "description", "channel", "plan", "account", "email", "created_at", "deflection_id")
#: What routing makes of a ticket; when it sends it elsewhere, that is a fact of its own, and being taken up another.
ROUTED = ("team", "handling")


@dataclass(frozen=True)
class Case:
    """A ticket: where it stands, what an agent said of it, who has it, what was written, and how many facts that is."""

    status: str = "new"
    labels: Mapping[str, str | None] = field(default_factory=dict)
    assignee: str | None = None
    said: tuple[tuple[str, str], ...] = ()
    tier: str = "T1"
    facts: int = 0

    def reply(self, by: str, text: str) -> Case | None:
        """Add what was written: an agent's begins the work, a customer's takes it up again. None: it is closed."""
        if self.status == "closed":
            return None
        case = replace(self, said=(*self.said, (by, text)), facts=self.facts + 1)
        waits = {"agent": {"new"}, "customer": {"pending", "resolved"}}[by]
        return case.move("open") if self.status in waits else case

    def move(self, to: str) -> Case | None:
        """Go to another status, if this one leads there."""
        return replace(self, status=to, facts=self.facts + 1) if to in LEGAL[self.status] else None

    def escalate(self, to: str, plan: str | None) -> Case | None:
        """Go up, if the plan has this way."""
        if self.status == "closed" or (self.tier, to) not in WAYS[plan]:
            return None
        return replace(self, tier=to, facts=self.facts + 1)

    def patch(self, labels: Mapping[str, str | None], assignee: str | None) -> Case:
        """Set labels and assignee; each of the two is one fact, if it says anything new."""
        after = {**self.labels, **labels}
        new = (after != self.labels) + (assignee != self.assignee)
        return replace(self, labels=after, assignee=assignee, facts=self.facts + new)


def case_of(ticket: Mapping[str, Any]) -> Case:
    """Read a ticket as the service shows it."""
    return Case(
        status=ticket["status"],
        labels={head: tag["label"] for head, tag in ticket["tags"].items() if tag["mode"] == "agent"},
        assignee=ticket["assignee"],
        said=tuple((turn["by"], turn["text"]) for turn in ticket["transcript"]),
        tier=ticket["tier"],
        facts=ticket["version"],
    )


def assert_became(before: Mapping[str, Any], expected: Case, after: Mapping[str, Any]) -> None:
    """Insist that a ticket became what was expected, by as many facts, and that nothing else of it changed."""
    shown = case_of(after)
    assert replace(shown, facts=0, tier="") == replace(expected, facts=0, tier="")
    further = shown.facts - expected.facts
    routed = shown.tier != expected.tier or not _same(before, after, ROUTED)
    assert further in ({1, 2} if routed else {0}), (before["version"], expected, shown)
    assert _same(before, after, LASTING)
    assert before["updated_at"] <= after["updated_at"]


def assert_due(ticket: Mapping[str, Any], deadlines: Mapping[str, Any]) -> None:
    """Insist on the deadlines that the service computes for such a case when nothing is stored."""
    assert {name: ticket["sla"][name] for name in ("contract", "target")} == {
        name: deadlines[name] for name in ("contract", "target")
    }


def _same(before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return all(before[name] == after[name] for name in names)
