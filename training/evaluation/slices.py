"""Certificates per slice: a partition by language, plan and channel, each part tested separately.

Each part has a ladder of its own; all parts of all heads are tested together (`families`). With confidence 1 - delta
the risk is then at most alpha in every part at once, and so in any union of parts and overall.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from msgspec import structs

from training.evaluation import certificates, missing_labels
from training.evaluation.audit_ladder import audit_ladder
from training.evaluation.certificates import Certification, Evidence, Target
from training.evaluation.families import Sides, candidates, settle
from training.evaluation.partition import ENOUGH, partition
from triage.model.assessment import DIMENSIONS, in_words
from triage.model.certificate import HeadCertificate
from triage.model.head_entry import Ladder, SliceFigures, Uncertified

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from training.evaluation.partition import Facts, Leaf, Rows
    from training.evaluation.tree_levels import LevelProof
    from triage.model.certificate import Window
    from triage.model.head_entry import Certifiable, HeadEntry, LevelEntry
    from triage.tickets.closed_ticket import ClosedTicket

SHOWN = 30
"""Figures of fewer held-out tickets than this say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sliced:
    """A head on n tickets that it has not seen, and the language, plan and channel of each, where they are known."""

    evidence: Evidence
    facts: Sequence[Facts]

    def part(self, rows: Rows) -> Evidence:
        """Return the evidence of some of the tickets."""
        return Evidence(self.evidence.confidence[rows], self.evidence.right[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Unproven:
    """A head before the test: the calibration slice chooses its parts' ladders, the held-out slice tests them."""

    calibrate: Sliced
    held_out: Sliced
    lowest: float
    """Confidence below which nothing is applied."""


@dataclass(frozen=True, slots=True)
class Part:
    """A slice, the test of its tickets, and their share of all that were held out."""

    slice: Facts
    certification: Certification
    share: float
    ladder: tuple[float, ...] = ()
    """The thresholds that an audit would test; empty: too few held-out tickets for one."""
    audited_at: Target | None = None
    """Risk and delta of an audit: each part has an equal share."""

    def above(self, confidence: float) -> Part:
        """Apply nothing up to a confidence."""
        ladder = tuple(threshold for threshold in self.ladder if threshold > confidence)
        return replace(self, certification=self.certification.above(confidence), ladder=ladder)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a head was shown to keep: the parts, figures of each value, and what other risks would give."""

    parts: tuple[Part, ...]
    figures: tuple[SliceFigures, ...]
    certifiable: tuple[Certifiable, ...]
    levels: tuple[LevelProof, ...] = ()
    """Of a tree: what was shown of its upper levels."""

    def above(self, confidence: float) -> Proof:
        """Apply nothing up to a confidence, whatever the tests would allow."""
        return replace(self, parts=tuple(part.above(confidence) for part in self.parts))

    def without_ladders(self) -> Proof:
        """Leave nothing for an audit to test."""
        return replace(self, parts=tuple(replace(part, ladder=()) for part in self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a head's certificates are bound to: they say nothing of another head, encoder, taxonomy or weights."""

    head: str
    window: Window | None
    encoder: str
    taxonomy: str
    weights: str
    temperature: float
    cascade: str | None = None


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised of a head, slice by slice, and what is missing where nothing is."""

    certificates: tuple[HeadCertificate, ...] = ()
    uncertified: tuple[Uncertified, ...] = ()
    certifiable: tuple[Certifiable, ...] = ()
    slices: tuple[SliceFigures, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    levels: tuple[LevelEntry, ...] = ()

    def dated(self, at: datetime, days: int) -> Promises:
        """Return them with certificates that are issued at an instant, to end so many days later."""
        above = [structs.replace(each, certificate=each.certificate and each.certificate.dated(at, days))
                 for each in self.levels]  # fmt: skip
        return replace(
            self, certificates=tuple(each.dated(at, days) for each in self.certificates), levels=tuple(above)
        )


def facts_of(ticket: ClosedTicket) -> dict[str, str]:
    """Return a ticket's language, plan and channel; what its export does not say is left out."""
    found = {name: getattr(ticket, name) for name in DIMENSIONS}
    return {name: value for name, value in found.items() if value}


def prove(heads: Sequence[Unproven], target: Target) -> list[Proof]:
    """Divide each head's tickets, and test every part of every head, together.

    Parameters
    ----------
    heads
        The heads of one desk.
    target
        The risk, and the probability that any certificate of any head is wrong.

    Returns
    -------
    list of Proof
        One for each head. Its parts are disjoint; a ticket that belongs to none has no certificate.
    """
    alone = replace(target, delta=target.delta / max(1, len(heads)))
    return [
        Proof(
            parts,
            tuple(_figures(head.held_out, head.lowest)),
            tuple(certificates.certifiable(head.calibrate.evidence, head.held_out.evidence, alone.delta, head.lowest)),
        )
        for head, parts in zip(heads, tested(heads, target), strict=True)
    ]


def tested(heads: Sequence[Unproven], target: Target) -> list[tuple[Part, ...]]:
    """Return the parts of each head with their tests; for the arguments see `prove`."""
    least = certificates.needed(replace(target, delta=target.delta / max(1, len(heads))))
    divided = [(head, partition(head.calibrate.facts, head.held_out.facts, ENOUGH * least, least)) for head in heads]
    even = replace(target, delta=target.delta / max(1, sum(len(leaves) for _, leaves in divided)))
    sides = [
        Sides(head.calibrate.part(leaf.calibrate), head.held_out.part(leaf.held_out), head.lowest)
        for head, leaves in divided
        for leaf in leaves
    ]
    found = iter(zip(sides, settle(candidates(sides, target), target), strict=True))
    return [tuple(_part(head, leaf, even, *next(found)) for leaf in leaves) for head, leaves in divided]


def _part(head: Unproven, leaf: Leaf, even: Target, sides: Sides, found: Certification) -> Part:
    """Return a part with its test, and what an audit of it would test: at an equal share of delta, `even`."""
    share = len(leaf.held_out) / max(1, len(head.held_out.facts))
    steps = audit_ladder(sides.calibrate.confidence, sides.held_out.confidence, even, head.lowest)
    return Part(leaf.slice, found, share, steps, even)


def _figures(held_out: Sliced, shown_at: float) -> Iterator[SliceFigures]:
    """Yield how the head does on each language, plan and channel with enough held-out tickets to say."""
    confidence, right = held_out.evidence.confidence, held_out.evidence.right
    for dimension in DIMENSIONS:
        values = np.array([each.get(dimension) for each in held_out.facts], dtype=object)
        for value in sorted({each for each in values if each is not None}):
            own = values == value
            if own.sum() < SHOWN:
                continue
            shown = own & (confidence >= shown_at)
            yield SliceFigures(
                slice={dimension: value},
                n=int(own.sum()),
                accuracy=float(right[own].mean()),
                coverage=float(shown.sum() / own.sum()),
                selective_risk=float((~right[shown]).mean()) if shown.any() else None,
            )


def promises(proof: Proof, bound: Bound, labelled: int) -> Promises:
    """Return what the manifest says of the tests.

    Parameters
    ----------
    proof
        What came of the tests.
    bound
        What the certificates are bound to.
    labelled
        The head's labelled tickets, of which a part is taken to have its share.

    Returns
    -------
    Promises
        Each part has a certificate, or is among the uncertified.
    """
    earned, missing = [], []
    for part in proof.parts:
        found, own = part.certification, round(labelled * part.share)
        certificate = certificates.earned(found, HeadCertificate, {"slice": dict(part.slice), **asdict(bound)})
        if certificate is not None:
            earned.append(certificate)
            continue
        more = missing_labels.more_labels(found, own)
        missing.append(
            Uncertified(
                slice=dict(part.slice),
                alpha=found.target.alpha,
                delta=found.tested_at.delta,
                reason=missing_labels.shortfall(found, own) or "",
                more_labels=more.fewest if more else None,
                most_labels=more.most if more else None,
            )
        )
    ladders = tuple(_ladder(part, bound.window) for part in proof.parts if part.ladder)
    levels = tuple(each.entry(asdict(bound)) for each in proof.levels)
    return Promises(tuple(earned), tuple(missing), proof.certifiable, proof.figures, ladders, levels)


def _compared(each: HeadCertificate) -> str:
    return f"{each.k} of {each.n}" if each.asked is None else f"{each.k} of {each.asked} that a person checked"


def _ladder(part: Part, window: Window | None) -> Ladder:
    target = part.audited_at or part.certification.target
    return Ladder(slice=dict(part.slice), alpha=target.alpha, delta=target.delta, thresholds=part.ladder, window=window)


def level_told(level: LevelEntry) -> str:
    """Say how good a level of a tree above the leaves is, and whether its labels are applied where the leaf is not."""
    right = "" if level.accuracy is None else f", accuracy {level.accuracy:.1%} on {level.n:,} tickets"
    said = f"level {level.level} ({level.labels} labels{right})"
    if (each := level.certificate) is None:
        return f"{said}: not applied where the path below it is not: {level.reason}"
    return (
        f"{said}: applied from confidence {each.threshold:.3f} on where the path below it is not, {each.coverage:.1%} "
        f"of the tickets; {_compared(each)} wrong, so at most {each.alpha:.1%} with {1 - each.delta:.1%} confidence"
    )


def told(entry: HeadEntry | Promises) -> Iterator[str]:
    """Yield report lines: what a head applies automatically, what is missing, and the coverage at other risks."""
    for each in entry.certificates:
        yield (
            f"  {in_words(each.slice)}: applied from confidence {each.threshold:.3f} on, {each.coverage:.1%} "
            f"of them; {_compared(each)} wrong, so at most {each.alpha:.1%} with "
            f"{1 - each.delta:.1%} confidence ({each.id})"
        )
    for missing in entry.uncertified:
        yield f"  {in_words(missing.slice)}: nothing is applied automatically: {missing.reason}"
    if rows := entry.certifiable:
        yield (
            f"  could be applied with at most {', '.join(f'{row.alpha:.0%}' for row in rows)} wrong: "
            f"{', '.join(f'{row.coverage:.1%}' for row in rows)} of the tickets; by a threshold that knows the right "
            f"labels: {', '.join(f'{row.oracle:.1%}' for row in rows)}"
        )
    for level in entry.levels:
        yield f"  {level_told(level)}"
    if any(missing.slice == ladder.slice for missing in entry.uncertified for ladder in entry.ladders):
        yield "  what is missing, an audit may certify: a person checks labels (`firstline-train audit`)"
