"""The audit of answers: people read held-out questions with what was quoted, and say whether it answers them.

It is the audit of one head more, named "answers": its label of every question is that the quote answers it. Strata are
whether the ticket's link says so too. Questions that were asked without their articles are among them, as in the test
by links; what they were answered with may be right all the same, and a person says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from training.answers.by_language import CLARIFY_SHARE
from training.audit.answers import Verdict
from training.audit.certifying import Said, rewritten, shown
from training.audit.desk import DeskAudit
from training.audit.population import Population
from training.audit.screens import Sitting
from training.bundles.held_out import HeldOut
from training.errors import NothingToAudit
from triage.model.assessment import in_words
from triage.model.certificate import AnswersCertificate
from triage.model.head_entry import Ladder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from training.answers.quoted_answers import QuotedAnswer
    from training.audit.certifying import Found
    from training.audit.desk import HeadQuestion
    from training.audit.keyboard import Keys
    from triage.model.answers_entry import Answers, AnswersLadder
    from triage.model.bundle import Bundle
    from triage.model.manifest import Manifest
    from triage.tickets.tombstones import Erased

    Earned = tuple[Mapping[str, str], Found]

FILE = "quoted.jsonl"
"""The log of these answers, beside that of labels."""
HEAD = "answers"
ANSWERS, HELPS, NO = OPTIONS = ("answers it", "helps", "no")
_KEYS = "1 answers it · 2 helps, but does not answer it · 3 no · c cannot tell · s skip · u undo · q stop"


def populations(answers: Answers | None, rows: Sequence[QuotedAnswer], erased: Erased) -> list[Population]:
    """Return the questions that people are asked about, for each slice of languages. Raises `NothingToAudit`."""
    found = [(part, part.ladder) for part in answers.parts if part.ladder] if answers else []
    if answers is None or not found or not rows:
        raise NothingToAudit(
            "this bundle keeps too few answers; fit with --articles, on tickets that name what solved them"
        )
    left = [row for row in rows if not erased.has(row.id, row.question)]
    return [
        _population(part.slice, ladder, [row for row in left if answers.slice_of(row.language) == part.slice])
        for part, ladder in found
    ]


def _population(slice_: Mapping[str, str], found: AnswersLadder, rows: Sequence[QuotedAnswer]) -> Population:
    steps = found.thresholds
    ladder = Ladder(slice=slice_, alpha=found.alpha, delta=found.delta, thresholds=steps, window=found.window)
    return Population(
        HEAD, ladder, {row.id: _asked(row) for row in rows if row.probability >= steps[-1]}, found.tickets
    )


class AnswersAudit(DeskAudit):
    """The audit of answers; every question has the same three options, in the same order."""

    def _options(self, row: HeldOut, population: Population, repeat: bool) -> tuple[str, ...]:  # noqa: ARG002, FBT001
        return OPTIONS


class AnswersSitting(Sitting):
    """One person at the screen with questions and quotes; what only helps counts as wrong."""

    def keys_said(self, asked: HeadQuestion) -> str:  # noqa: ARG002
        """Return the keys: the same for every question."""
        return _KEYS

    def _verdict(self, asked: HeadQuestion, key: str, keys: Keys) -> tuple[Verdict | None, str]:
        if key in {"b", "n", "t"}:
            return None, f"{key!r} is none of the keys here."
        return super()._verdict(asked, key, keys)


def reissued(bundle: Bundle, found: Sequence[Earned], at: datetime, days: int, out: Path) -> Manifest:
    """Write a bundle that answers under the certificates that the audit earns.

    Parameters
    ----------
    bundle
        As `firstline-train fit` wrote it.
    found
        The thresholds that are certified, each for a slice.
    at
        When.
    days
        For so many days.
    out
        Folder of the new bundle.

    Returns
    -------
    Manifest
        As sealed.
    """
    after = certified(bundle.manifest, found, at, days)
    given = (f"{in_words(slice_)} from probability {each.threshold:.3f} on" for slice_, each in found)
    return rewritten(bundle, after, at, out, Said(f"answers: given to {'; '.join(given)}"))


def certified(manifest: Manifest, found: Sequence[Earned], at: datetime, days: int) -> Manifest:
    """Put certificates of the answers into a manifest; answers are given from their thresholds on."""
    answers = manifest.answers or None
    if answers is None:
        return manifest
    parts = {tuple(part.slice.items()): part for part in answers.parts}
    for slice_, earned in found:
        before = parts[tuple(slice_.items())]
        if before.ladder is None:
            continue
        record = AnswersCertificate(
            **shown(before.ladder, before.ladder.tickets, earned),
            slice=before.slice,
            of="answers",
            encoder=manifest.encoder.fingerprint,
            model=answers.digest,
            unanswered=before.ladder.unanswered,
            articles=before.ladder.articles,
        )
        parts[tuple(slice_.items())] = structs.replace(
            before,
            certificate=record.dated(at, days),
            uncertified=None,
            answer_at=earned.threshold,
            clarify_at=min(before.clarify_at, earned.threshold * CLARIFY_SHARE),
        )
    return structs.replace(manifest, answers=answers.with_parts(*parts.values()))


def _asked(row: QuotedAnswer) -> HeldOut:
    said = {HEAD: ANSWERS if row.linked else NO}
    return HeldOut(row.id, row.shown, said, {HEAD: ANSWERS}, {HEAD: row.probability})
