"""From the answers of an audit to certificates, and to a bundle of the same weights that has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from markupsafe import Markup
from msgspec import structs

from training.audit import report_chapter
from training.audit.answers import accepts
from training.audit.population import populations
from training.audit.report_chapter import AuditedHead
from training.audit.sequential import HeadAudit
from training.audit.wealth import course
from training.bundles import folder as bundle_folder
from training.bundles import held_out
from training.evaluation.certificates import Target, tail
from triage.instants import to_text
from triage.model.assessment import in_words
from triage.model.certificate import HeadCertificate, LabelCertificate
from triage.tickets.tombstones import Erased

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from training.audit.answers import Answers
    from training.audit.population import Population
    from training.bundles.held_out import HeldOut
    from triage.model.answers_entry import AnswersLadder
    from triage.model.bundle import Bundle
    from triage.model.head_entry import HeadEntry, Ladder, LevelEntry
    from triage.model.manifest import Manifest
    from triage.taxonomy.changes import Changes

REPORT = "report.html"
_BEFORE = "Certified by an audit after this report: "
_EARLIER = re.compile(rf'<section id="audit">.*?</section>\n?|<p><strong>{_BEFORE}(?!answers).*?</p>\n?', re.DOTALL)
"""What an earlier audit of labels put into the report."""


@dataclass(frozen=True, slots=True)
class Found:
    """A threshold that an audit certifies: `k` of the `asked` tickets are wrong, and `n` reach it."""

    threshold: float
    n: int
    asked: int
    k: int


class Said(NamedTuple):
    """What a report says of an audit: a note under its title, and a chapter."""

    note: str
    chapter: Markup = Markup()


@dataclass(frozen=True, slots=True)
class Audit:
    """The answers from which certificates are issued, when, and for how long."""

    answers: Answers
    at: datetime
    days: int
    erased: Erased

    def certified(self, manifest: Manifest, weights: Mapping[str, str], rows: Sequence[HeldOut]) -> Manifest:
        """Give the heads the certificates that the answers earn.

        Parameters
        ----------
        manifest
            Its heads' ladders say what is tested.
        weights
            By head the sha256 of its weights.
        rows
            The held-out tickets.

        Returns
        -------
        Manifest
            A certificate by closed labels stays unless the audit certifies more of the tickets: each family of
            certificates holds with confidence 1 - delta by itself, and is about labels of its own.
        """
        answers = self.answers.without(self.erased)
        changes = manifest.label_history().changes
        entries = dict(manifest.heads)
        multi = dict(manifest.multi)
        for each in populations(manifest.heads, rows, self.erased, manifest.multi):
            found = tested(each, answers, changes)
            if found is None:
                continue
            if each.label is None:
                made = _certificate(each, found, manifest, weights[each.head]).dated(self.at, self.days)
                entries[each.head] = _with(entries[each.head], made)
            else:
                own = _label_certificate(each, found, manifest, weights[each.head]).dated(self.at, self.days)
                multi[each.head] = multi[each.head].certified(own)
        return structs.replace(manifest, heads=entries, multi=multi)

    def chapter(self, manifest: Manifest, rows: Sequence[HeldOut]) -> Markup:
        """Return the report's chapter: how the wealth of each head and slice went."""
        answers, changes = self.answers.without(self.erased), manifest.label_history().changes
        found = populations(manifest.heads, rows, self.erased, manifest.multi)
        return report_chapter.chapter([audited(each, answers, changes) for each in found])


def tested(population: Population, answers: Answers, changes: Changes) -> Found | None:
    """Return the laxest threshold that the answers certify; None where there is none.

    An exhaustive audit is tested as closed labels are, by the exact binomial tail: its header said so before the first
    answer. Any other is tested sequentially, so that one may look and stop at any time.
    """
    wrong = answered(population, answers, changes)
    if answers.header.exhaustive:
        return _exact(population, wrong)
    audit = head_audit(population, answers.header.seed)
    for ticket, value in wrong.items():
        audit.answer(ticket, value)
    return certified_by(audit)


def certified_by(audit: HeadAudit) -> Found | None:
    """Return what a sequential test certifies so far."""
    step = audit.state().certified
    return Found(step.threshold, step.n, step.asked, step.wrong) if step else None


def head_audit(population: Population, seed: str) -> HeadAudit:
    """Return the sequential test of a population."""
    ladder = population.ladder
    return HeadAudit(population.audited, ladder.thresholds, Target(ladder.alpha, ladder.delta), seed)


def answered(population: Population, answers: Answers, changes: Changes) -> dict[str, float]:
    """Return 1.0 for each answered ticket whose label is not accepted, and 0.0 for the others."""
    head, found = population.head, {}
    for ticket, row in population.rows.items():
        answer = answers.find(ticket, head, row.text)
        if answer is not None:
            found[ticket] = 0.0 if accepts(answer, head, population.said(row), changes) else 1.0
    return found


def audited(population: Population, answers: Answers, changes: Changes) -> AuditedHead:
    """Return what the report shows of a population's audit."""
    ladder = population.ladder
    followed = None
    if not answers.header.exhaustive:
        followed = course(head_audit(population, answers.header.seed), answered(population, answers, changes))
    return AuditedHead(
        head=population.name,
        slice=ladder.slice,
        alpha=ladder.alpha,
        delta=ladder.delta,
        tickets=population.tickets,
        course=followed,
    )


def reissued(bundle: Bundle, audit: Audit, out: Path) -> Manifest:
    """Write a bundle of the same weights with the certificates that the answers earn.

    Parameters
    ----------
    bundle
        As `firstline-train fit` wrote it.
    audit
        The answers.
    out
        Folder of the new bundle.

    Returns
    -------
    Manifest
        As sealed.
    """
    before = bundle.manifest
    paths = {head: each.file for head, each in before.heads.items()}
    paths |= {head: each.file for head, each in before.multi.items()}
    weights = {head: file.sha256 for head, path in paths.items() if (file := before.file(path))}
    rows = held_out.read(bundle)
    after = audit.certified(before, weights, rows)
    return rewritten(bundle, after, audit.at, out, Said(_said(after), audit.chapter(after, rows)))


def rewritten(bundle: Bundle, after: Manifest, at: datetime, out: Path, said: Said) -> Manifest:
    """Write a bundle of the same files under another manifest; the report says what is certified since."""
    sealed = structs.replace(after.unsealed(), created_at=to_text(at), parent=bundle.id, comparison=None)
    written = {REPORT: _report(bundle, said)}
    contents = [(file.path, written.get(file.path) or bundle.read(file.path)) for file in bundle.manifest.files]
    return bundle_folder.write(contents, sealed, out)


def _exact(population: Population, wrong: Mapping[str, float]) -> Found | None:
    """Test from strict to lax by the exact tail, as far as every ticket has an answer."""
    found, target = None, population.ladder
    for threshold in target.thresholds:
        ids = [ticket for ticket, row in population.rows.items() if population.confidence(row) >= threshold]
        if any(ticket not in wrong for ticket in ids):
            break
        n, k = len(ids), int(sum(wrong[ticket] for ticket in ids))
        if tail(np.array(k), np.array(n), target.alpha) > target.delta:
            break
        found = Found(threshold, n, n, k)
    return found


def shown(ladder: Ladder | AnswersLadder, tickets: int, found: Found) -> dict[str, Any]:
    """Return what every certificate by an audit says of its test, whatever it is of."""
    return {
        "id": "",
        "kind": "audit",
        "alpha": ladder.alpha,
        "delta": ladder.delta,
        "threshold": found.threshold,
        "n": found.n,
        "k": found.k,
        "asked": found.asked,
        "tickets": tickets,
        "coverage": found.n / max(1, tickets),
        "start": ladder.thresholds[0],
        "window": ladder.window,
    }


def _certificate(population: Population, found: Found, manifest: Manifest, weights: str) -> HeadCertificate:
    head, first = population.head, manifest.first_stage
    return HeadCertificate(
        **shown(population.ladder, population.tickets, found),
        slice=dict(population.ladder.slice),
        head=head,
        encoder=manifest.encoder.fingerprint,
        taxonomy=manifest.taxonomy.version,
        weights=weights,
        temperature=manifest.heads[head].temperature,
        cascade=first.digest if first else None,
    )


def _label_certificate(population: Population, found: Found, manifest: Manifest, weights: str) -> LabelCertificate:
    return LabelCertificate(
        **shown(population.ladder, population.tickets, found),
        slice={},
        head=population.head,
        label=population.label or "",
        encoder=manifest.encoder.fingerprint,
        taxonomy=manifest.taxonomy.version,
        weights=weights,
    )


def _with(entry: HeadEntry, made: HeadCertificate) -> HeadEntry:
    """Put a certificate into a head's entry, unless one by closed labels covers as much."""
    same = [each for each in entry.certificates if each.slice == made.slice]
    if any(each.kind == "closed_labels" and each.coverage >= made.coverage for each in same):
        return entry
    others = tuple(each for each in entry.certificates if each.slice != made.slice)
    missing = tuple(each for each in entry.uncertified if each.slice != made.slice)
    return structs.replace(entry, certificates=(*others, made), uncertified=missing, levels=_levels(entry, made))


def _levels(entry: HeadEntry, made: HeadCertificate) -> tuple[LevelEntry, ...]:
    """Keep what is certified above the leaves of a tree where the new certificate takes none of its tickets."""
    return tuple(
        each
        if each.certificate is None or (each.below[0] is not None and made.threshold >= each.below[0])
        else structs.replace(each, certificate=None, reason="an audit certified the leaves on the same tickets")
        for each in entry.levels
    )


def _said(after: Manifest) -> str:
    parts = [
        (f"{head}, {in_words(each.slice)}", each) for head, entry in after.heads.items() for each in entry.certificates
    ]
    labels = [(f"{head}: {each.label}", each) for head, entry in after.multi.items() for each in entry.earned]
    return "; ".join(
        f"{name}: applied from confidence {each.threshold:.3f} on, {each.coverage:.1%} of them"
        for name, each in (*parts, *labels)
        if each.kind == "audit"
    )


def _report(bundle: Bundle, said: Said) -> bytes:
    """Put what is certified under the title and the chapter before the last, in place of those of an earlier audit."""
    note = Markup("<p><strong>{}{}.</strong></p>").format(_BEFORE, said.note or "nothing")
    report = bundle.read(REPORT).decode()
    if said.chapter:
        report = _EARLIER.sub("", report)
        before, last, rest = report.rpartition('<h2 id="data">')
        report = f"{before}{said.chapter}{last}{rest}" if last else report + said.chapter
    title, end, rest = report.partition("</h1>")
    return (f"{title}{end}\n{note}{rest}" if end else f"{report}{note}").encode()
