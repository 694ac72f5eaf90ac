"""The audit of a whole bundle: which ticket to ask about next, for all heads at once, and where each head stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from training.audit.answers import Answers, accepts
from training.audit.certifying import answered, certified_by, head_audit, tested
from training.audit.sequential import place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from training.audit.answers import Answer
    from training.audit.certifying import Found
    from training.audit.population import Population
    from training.audit.sequential import AuditState, HeadAudit
    from training.bundles.held_out import HeldOut
    from triage.taxonomy.changes import Changes

REPEATED = 0.2
"""Share of the tickets that are shown a second time,"""
AFTER = 8
"""after so many others."""


class HeadQuestion(NamedTuple):
    """One head of a ticket: the labels in question in the order in which they are shown; who said which is hidden."""

    head: str
    options: tuple[str, ...]
    several: bool = False
    """Whether any number of them may be right: a multi head."""


class Question(NamedTuple):
    """A ticket to look at, and the heads to answer for."""

    row: HeldOut
    heads: tuple[HeadQuestion, ...]
    repeat: bool = False


class HeadStatus(NamedTuple):
    """Where the audit of one head's slice stands."""

    population: Population
    state: AuditState
    certified: Found | None
    open: bool
    """Whether more answers could certify more."""
    left: int = 0
    """Of an exhaustive audit: tickets that have no answer yet."""


class DeskAudit:
    """The audits of all heads of a bundle, which share their answers.

    Parameters
    ----------
    populations
        What is audited.
    answers
        The log so far.
    changes
        What became of labels since they were given as answers.
    """

    def __init__(self, populations: Sequence[Population], answers: Answers, changes: Changes) -> None:
        self.populations, self.changes = populations, changes
        self.reset(answers)

    def reset(self, answers: Answers) -> None:
        """Start again from a log: what was taken back is gone."""
        self.answers = answers
        self._audits = [self._audit(population, answers) for population in self.populations]

    def take(self, answer: Answer) -> None:
        """Add an answer."""
        before = self.answers
        self.answers = Answers.of(before.header, (*before.lines, answer))
        for population, audit in zip(self.populations, self._audits, strict=True):
            row = population.rows.get(answer.id)
            if row is None or self.answers.find(row.id, population.head, row.text) is not answer:
                continue
            right = accepts(answer, population.head, population.said(row), self.changes)
            audit.answer(answer.id, 0.0 if right else 1.0)

    def question(self, skipped: Collection[str] = ()) -> Question | None:
        """Return what to ask now: a ticket that most heads wait for, or one of those that are shown twice.

        `skipped` tickets are passed over, as if their labels were right; None: nothing is left but those.
        """
        wanted = [self._wanted(i, skipped) for i in range(len(self.populations))]
        ids = {ticket for ticket in wanted if ticket is not None}
        repeat = self._repeat(at_once=not ids, skipped=skipped)
        if repeat is not None:
            return repeat
        if not ids:
            return None
        seed = self.answers.header.seed
        best = max(sorted(ids, key=lambda ticket: place(seed, ticket)), key=wanted.count)
        asked = [p for p, ticket in zip(self.populations, wanted, strict=True) if ticket is not None and best in p.rows]
        return self._question(best, asked)

    def statuses(self) -> list[HeadStatus]:
        """Return where each head stands."""
        return [self._status(*each) for each in zip(self.populations, self._audits, strict=True)]

    def _status(self, population: Population, audit: HeadAudit) -> HeadStatus:
        if self.answers.header.exhaustive:
            left = len(population.rows) - len(answered(population, self.answers, self.changes))
            found = tested(population, self.answers, self.changes)
            return HeadStatus(population, audit.state(), found, left > 0, left)
        return HeadStatus(population, audit.state(), certified_by(audit), audit.next() is not None)

    def _audit(self, population: Population, answers: Answers, skipped: Collection[str] = ()) -> HeadAudit:
        audit = head_audit(population, answers.header.seed)
        known = answered(population, answers, self.changes)
        for ticket, wrong in (dict.fromkeys(set(skipped) & set(population.rows), 0.0) | known).items():
            audit.answer(ticket, wrong)
        return audit

    def _wanted(self, i: int, skipped: Collection[str]) -> str | None:
        if self.answers.header.exhaustive:
            return self._unanswered(self.populations[i], skipped)
        wanted = self._audits[i].next()
        return self._audit(self.populations[i], self.answers, skipped).next() if wanted in skipped else wanted

    def _unanswered(self, population: Population, skipped: Collection[str]) -> str | None:
        known = answered(population, self.answers, self.changes)
        left = (ticket for ticket in population.rows if ticket not in known and ticket not in skipped)
        return min(left, key=lambda ticket: place(self.answers.header.seed, ticket), default=None)

    def _repeat(self, *, at_once: bool, skipped: Collection[str]) -> Question | None:
        """Return a ticket that is to be shown again now."""
        done = self.answers.repeated() | set(skipped)
        lines = [line for line in self.answers.lines if not line.repeat]
        for line in lines if at_once else lines[: max(0, len(lines) - AFTER)]:
            if line.id in done or not self._is_repeated(line.id):
                continue
            asked = [p for p in self.populations if p.head in line.heads and line.id in p.rows]
            if asked:
                return self._question(line.id, asked, repeat=True)
        return None

    def _is_repeated(self, ticket: str) -> bool:
        drawn = place(f"{self.answers.header.seed} again", ticket)
        return int.from_bytes(drawn[:4], "big") < REPEATED * 2**32

    def _question(self, ticket: str, asked: Sequence[Population], *, repeat: bool = False) -> Question:
        row = asked[0].rows[ticket]
        heads = {p.head: p for p in asked if repeat or self.answers.find(ticket, p.head, row.text) is None}
        questions = (HeadQuestion(p.head, self._options(row, p, repeat), p.label is not None) for p in heads.values())
        return Question(row, tuple(questions), repeat)

    def _options(self, row: HeldOut, population: Population, repeat: bool) -> tuple[str, ...]:  # noqa: FBT001
        seed = f"{self.answers.header.seed} {population.head} {repeat}"
        return tuple(sorted(population.in_question(row), key=lambda label: place(seed, f"{row.id} {label}")))
