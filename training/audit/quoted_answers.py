"""The audit of answers: people read held-out questions with what was quoted, and say whether it answers them.

It is the audit of one head more, named "answers": its label of every question is that the quote answers it. Strata are
whether the ticket's link says so too. Questions that were asked without their articles are among them, as in the test
by links; what they were answered with may be right all the same, and a person says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from training.answers.answerability import CLARIFY_SHARE
from training.audit.answers import Verdict
from training.audit.certifying import Said, rewritten, shown
from training.audit.desk import DeskAudit
from training.audit.population import Population
from training.audit.screens import Sitting
from training.bundles.held_out import HeldOut
from training.errors import NothingToAudit
from triage.model.certificate import AnswersCertificate
from triage.model.head_entry import Ladder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from training.answers.quoted_answers import QuotedAnswer
    from training.audit.certifying import Found
    from training.audit.desk import HeadQuestion
    from training.audit.keyboard import Keys
    from triage.model.answers_entry import Answers
    from triage.model.bundle import Bundle
    from triage.model.manifest import Manifest
    from triage.tickets.tombstones import Erased

FILE = "quoted.jsonl"
"""The log of these answers, beside that of labels."""
HEAD = "answers"
ANSWERS, HELPS, NO = OPTIONS = ("answers it", "helps", "no")
_KEYS = "1 answers it · 2 helps, but does not answer it · 3 no · c cannot tell · s skip · u undo · q stop"


def population(answers: Answers | None, rows: Sequence[QuotedAnswer], erased: Erased) -> Population:
    """Return the questions that people are asked about. Raises `NothingToAudit`."""
    found = answers.ladder if answers else None
    if found is None or not rows:
        raise NothingToAudit(
            "this bundle keeps too few answers; fit with --articles, on tickets that name what solved them"
        )
    ladder = Ladder(slice={}, alpha=found.alpha, delta=found.delta, thresholds=found.thresholds, window=found.window)
    left = [row for row in rows if not erased.has(row.id, row.question) and row.probability >= ladder.thresholds[-1]]
    return Population(HEAD, ladder, {row.id: _asked(row) for row in left}, found.tickets)


class AnswersAudit(DeskAudit):
    """The audit of answers; every question has the same three options, in the same order."""

    def _options(self, row: HeldOut, head: str, repeat: bool) -> tuple[str, ...]:  # noqa: ARG002, FBT001
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


def reissued(bundle: Bundle, found: Found, at: datetime, days: int, out: Path) -> Manifest:
    """Write a bundle that answers under the certificate that the audit earns.

    Parameters
    ----------
    bundle
        As `firstline-train fit` wrote it.
    found
        The threshold that is certified.
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
    said = f"answers: given from probability {found.threshold:.3f} on"
    return rewritten(bundle, after, at, out, Said(said))


def certified(manifest: Manifest, found: Found, at: datetime, days: int) -> Manifest:
    """Put the certificate of the answers into a manifest; answers are given from its threshold on."""
    answers = manifest.answers or None
    if answers is None or answers.ladder is None:
        return manifest
    ladder = answers.ladder
    record = AnswersCertificate(
        **shown(ladder, ladder.tickets, found),
        slice={},
        of="answers",
        encoder=manifest.encoder.fingerprint,
        model=answers.digest,
        unanswered=ladder.unanswered,
        articles=ladder.articles,
    )
    made = structs.replace(
        answers,
        certificate=record.dated(at, days),
        uncertified=None,
        answer_at=found.threshold,
        clarify_at=min(answers.clarify_at or 1.0, found.threshold * CLARIFY_SHARE),
    )
    return structs.replace(manifest, answers=made)


def _asked(row: QuotedAnswer) -> HeldOut:
    said = {HEAD: ANSWERS if row.linked else NO}
    return HeldOut(row.id, row.shown, said, {HEAD: ANSWERS}, {HEAD: row.probability})
