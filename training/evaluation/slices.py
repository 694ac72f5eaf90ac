"""Certificates per slice: a partition by language, plan and channel, each part tested separately.

A dimension divides the tickets when at least two of its values have enough of them, in the calibration and in the
held-out slice; the others are joined. Counts decide that, never labels, so the parts are as good as fixed in advance.
Each part has a ladder and a test of its own at delta / (parts tested). By the union bound the risk is then at most
alpha in every part at once, and so in any union of parts and overall, with confidence 1 - delta.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import certificates
from training.evaluation.audit_ladder import audit_ladder
from training.evaluation.certificates import Certification, Evidence, Target
from triage.model.assessment import DIMENSIONS, REST, in_words
from triage.model.certificate import HeadCertificate
from triage.model.head_entry import Ladder, SliceFigures, Uncertified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.certificate import Window
    from triage.model.head_entry import Certifiable, HeadEntry
    from triage.tickets.closed_ticket import ClosedTicket

    Facts = Mapping[str, str]
    Rows = NDArray[np.int64]

ENOUGH = 4
"""A value divides when it has this many times the tickets that earn a certificate without an error."""
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


@dataclass(frozen=True, slots=True)
class Part:
    """A slice, the test of its tickets, and their share of all that were held out."""

    slice: Facts
    certification: Certification
    share: float
    ladder: tuple[float, ...] = ()
    """The thresholds that an audit would test; empty: too few held-out tickets for one."""

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

    def above(self, confidence: float) -> Proof:
        """Apply nothing up to a confidence, whatever the tests would allow."""
        return replace(self, parts=tuple(part.above(confidence) for part in self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a head's certificates are bound to: they say nothing of another head, encoder, taxonomy or weights."""

    head: str
    window: Window | None
    encoder: str
    taxonomy: str
    weights: str
    temperature: float


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised of a head, slice by slice, and what is missing where nothing is."""

    certificates: tuple[HeadCertificate, ...] = ()
    uncertified: tuple[Uncertified, ...] = ()
    certifiable: tuple[Certifiable, ...] = ()
    slices: tuple[SliceFigures, ...] = ()
    ladders: tuple[Ladder, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Leaf:
    slice: Facts
    calibrate: Rows
    held_out: Rows


def facts_of(ticket: ClosedTicket) -> dict[str, str]:
    """Return a ticket's language, plan and channel; what its export does not say is left out."""
    found = {name: getattr(ticket, name) for name in DIMENSIONS}
    return {name: value for name, value in found.items() if value}


def prove(calibrate: Sliced, held_out: Sliced, target: Target, lowest: float) -> Proof:
    """Divide the tickets, and test every part that can earn a certificate at all.

    Parameters
    ----------
    calibrate
        The calibration slice: it chooses each part's thresholds and their order.
    held_out
        The held-out slice: it tests them.
    target
        Risk and confidence of the head; the parts tested divide delta equally.
    lowest
        Confidence below which nothing is applied.

    Returns
    -------
    Proof
        The parts are disjoint; a ticket that belongs to none has no certificate.
    """
    return Proof(
        tested(calibrate, held_out, target, lowest),
        tuple(_figures(held_out, lowest)),
        tuple(certificates.certifiable(calibrate.evidence, held_out.evidence, target.delta, lowest)),
    )


def tested(calibrate: Sliced, held_out: Sliced, target: Target, lowest: float) -> tuple[Part, ...]:
    """Return the parts with their tests; for the arguments see `prove`."""
    least = certificates.needed(target) or 0
    leaves = partition(calibrate.facts, held_out.facts, ENOUGH * least)
    able = sum(len(leaf.held_out) >= least for leaf in leaves)
    share = replace(target, delta=target.delta / max(1, able))

    def part(leaf: _Leaf) -> Part:
        before, after = calibrate.part(leaf.calibrate), held_out.part(leaf.held_out)
        found = certificates.certify(certificates.ladder(before, share, lowest), after, share)
        steps = audit_ladder(before.confidence, after.confidence, share, lowest)
        return Part(leaf.slice, found, len(leaf.held_out) / max(1, len(held_out.facts)), steps)

    return tuple(part(leaf) for leaf in leaves)


def partition(calibrate: Sequence[Facts], held_out: Sequence[Facts], enough: int) -> list[_Leaf]:
    """Return the parts into which the tickets fall; one part without names where no dimension divides them.

    Parameters
    ----------
    calibrate
        Facts of each ticket of the calibration slice.
    held_out
        Facts of each ticket of the held-out slice.
    enough
        Tickets that a value needs on both sides to be a part of its own.

    Returns
    -------
    list
        Slices with the positions of their tickets; every ticket in exactly one.
    """
    whole = _Leaf({}, np.arange(len(calibrate)), np.arange(len(held_out)))
    leaves = [whole]
    for dimension in DIMENSIONS:
        values = [[each.get(dimension) for each in side] for side in (calibrate, held_out)]
        leaves = [part for leaf in leaves for part in _divided(leaf, dimension, values, enough)]
    return leaves


def _divided(leaf: _Leaf, dimension: str, values: Sequence[Sequence[str | None]], enough: int) -> Iterator[_Leaf]:
    before, after = (
        [side[row] for row in rows] for side, rows in zip(values, (leaf.calibrate, leaf.held_out), strict=True)
    )
    counts, later = Counter(before), Counter(after)
    named = sorted(value for value, n in counts.items() if value not in {None, REST} and min(n, later[value]) >= enough)
    if len(named) < 2:
        yield leaf
        return
    sides = [np.array([value if value in named else REST for value in side], dtype=object) for side in (before, after)]
    for value in (*named, REST):
        own = [rows[side == value] for rows, side in zip((leaf.calibrate, leaf.held_out), sides, strict=True)]
        if value != REST or len(own[1]):
            yield _Leaf({**leaf.slice, dimension: value}, *own)


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
        missing.append(
            Uncertified(
                slice=dict(part.slice),
                alpha=found.target.alpha,
                delta=found.target.delta,
                reason=certificates.shortfall(found, own) or "",
                more_labels=certificates.more_labels(found, own),
            )
        )
    ladders = tuple(_ladder(part, bound.window) for part in proof.parts if part.ladder)
    return Promises(tuple(earned), tuple(missing), proof.certifiable, proof.figures, ladders)


def _compared(each: HeadCertificate) -> str:
    return f"{each.k} of {each.n}" if each.asked is None else f"{each.k} of {each.asked} that a person checked"


def _ladder(part: Part, window: Window | None) -> Ladder:
    target = part.certification.target
    return Ladder(slice=dict(part.slice), alpha=target.alpha, delta=target.delta, thresholds=part.ladder, window=window)


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
    rows = [f"{row.alpha:.0%}: {row.coverage:.1%} ({row.oracle:.1%})" for row in entry.certifiable]
    if rows:
        yield f"  tickets that could be certified (an oracle's) at most wrong {', '.join(rows)}"
    if any(missing.slice == ladder.slice for missing in entry.uncertified for ladder in entry.ladders):
        yield "  what is missing, an audit may certify: a person checks labels (`firstline-train audit`)"
