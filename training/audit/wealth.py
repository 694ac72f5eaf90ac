"""How the wealth of a sequential audit went, answer by answer, and where thresholds were certified."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.audit.sequential import HeadAudit, StepState

_LARGEST = 700.0


class Point(NamedTuple):
    """The wealth after so many answers."""

    answers: int
    wealth: float


class Certified(NamedTuple):
    """A threshold that was certified after so many answers."""

    answers: int
    step: StepState


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one audit."""

    lines: tuple[tuple[Point, ...], ...]
    """For each threshold that was under test after some answer: its wealth while it was."""
    certified: tuple[Certified, ...]
    """From strict to lax."""
    last: StepState | None
    """The threshold that is not certified yet; None: all are."""
    over: bool
    """Whether no further answer could certify more."""


def course(audit: HeadAudit, wrong: Mapping[str, float]) -> Course:
    """Ask as the audit asks, and follow the wealth.

    Parameters
    ----------
    audit
        Without an answer so far.
    wrong
        By ticket id the answers: 0.0 right, 1.0 wrong.

    Returns
    -------
    Course
        As far as the audit asks for tickets that have an answer.
    """
    lines: dict[int, list[Point]] = {}
    found: list[Certified] = []
    answers = 0
    while (ticket := audit.next()) is not None and ticket in wrong:
        before = len(found)
        audit.answer(ticket, wrong[ticket])
        answers += 1
        steps = audit.tested()
        found += [Certified(answers, step.state()) for step in steps[before:] if step.certified]
        for number in sorted({min(before, len(steps) - 1), len(steps) - 1}):
            if path := steps[number].path:
                lines.setdefault(number, []).append(Point(answers, exp(min(path[-1], _LARGEST))))
    left = next((step for step in audit.state().steps if not step.certified), None)
    return Course(tuple(tuple(line) for line in lines.values()), tuple(found), left, over=ticket is None)
