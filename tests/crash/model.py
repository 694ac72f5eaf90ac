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
#: What no change touches.
LASTING = ("id", "subject", "description", "channel", "plan", "account", "email", "created_at", "deflection_id")
#: What routing makes of a ticket; when it sends it elsewhere, that is a fact of its own, and being taken up another.
ROUTED = ("team", "tier", "handling")


@dataclass(frozen=True)
class Case:
    """A ticket: where it stands, what an agent said of it, who has it, what was written, how many facts that makes."""

    status: str = "new"
    labels: Mapping[str, str | None] = field(default_factory=dict)
    assignee: str | None = None
    said: tuple[tuple[str, str], ...] = ()
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
        facts=ticket["version"],
    )


def assert_became(before: Mapping[str, Any], expected: Case, after: Mapping[str, Any]) -> None:
    """Insist that a ticket became what was expected, by as many facts, and that nothing else of it changed."""
    shown = case_of(after)
    assert replace(shown, facts=0) == replace(expected, facts=0)
    further = shown.facts - expected.facts
    assert further in ({0} if _same(before, after, ROUTED) else {1, 2}), (before["version"], expected, shown)
    assert _same(before, after, LASTING)
    assert before["updated_at"] <= after["updated_at"]


def assert_due(ticket: Mapping[str, Any], deadlines: Mapping[str, Any]) -> None:
    """Insist on the deadlines that the service computes for such a case when nothing is stored."""
    assert {name: ticket["sla"][name] for name in ("contract", "target")} == {
        name: deadlines[name] for name in ("contract", "target")
    }


def _same(before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return all(before[name] == after[name] for name in names)
