"""Decide whether a bundle may serve: every gate gives a reason; the result is a promotion or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from retrieval.answering.learnt.bundled import ranker_of, second_ranker_of
from training.promotion import absolute_gates as own_gates
from training.promotion import erasure_gate, multi_gates
from training.promotion import relative_gates as comparing_gates
from training.promotion.gates import Gate
from training.promotion.latency_gate import latency
from triage.errors import BundleRefused
from triage.instants import to_text
from triage.model import bundle as bundles
from triage.model.promotion import verdicts
from triage.signing.signatures import NO_KEYS

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from training.bundles.comparison import Encode
    from triage.model.bundle import Bundle
    from triage.signing.signatures import TrustedKeys
    from triage.tickets.tombstones import Erased


@dataclass(frozen=True, slots=True)
class Promotion:
    """Every gate passed: the bundle may serve."""

    promoted: ClassVar[bool] = True
    version: str
    gates: tuple[Gate, ...]

    def record(self, current: str | None, at: datetime) -> verdicts.Verdict:
        """Return it as it is kept."""
        return _record(self.version, current, at, self.gates)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A gate failed; `version` is None if the folder is not a bundle."""

    promoted: ClassVar[bool] = False
    version: str | None
    gates: tuple[Gate, ...]

    def record(self, current: str | None, at: datetime) -> verdicts.Verdict | None:
        """Return it as it is kept; None: there is no bundle to keep it of."""
        return None if self.version is None else _record(self.version, current, at, self.gates)


Verdict = Promotion | Refusal


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a person has checked and accepts."""

    dropped_labels: bool = False
    """Labels and heads disappear that the current bundle has."""
    noticed: bool = False
    """A phrase gives labels away, or an author's tickets contradict the rest."""


def judge(
    folder: Path,
    current: Bundle | None,
    encode: Encode,
    accepted: Accepted | None = None,
    erased: Erased | None = None,
    trusted: TrustedKeys = NO_KEYS,
) -> Verdict:
    """Put a bundle through the gates.

    Parameters
    ----------
    folder
        The candidate, as `firstline-train fit` wrote it.
    current
        What serves now.
    encode
        encode(bundle, texts): states (n_texts, n_pools, dim) by that bundle's own encoder.
    accepted
        What may pass though a gate would refuse it; by default nothing.
    erased
        What customers had erased: none of it may be in the bundle.
    trusted
        The keys one of which must have signed it; by default it need not be signed.

    Returns
    -------
    Promotion or Refusal
        With all gates up to the first that makes the next ones meaningless.
    """
    try:
        candidate = bundles.load(folder, trusted)
        for ranker in (ranker_of, second_ranker_of):  # which otherwise only the service reads
            ranker(candidate)
    except BundleRefused as refusal:
        return Refusal(None, (Gate("checksums", passed=False, reason=str(refusal)),))
    accepted = accepted or Accepted()
    whole = f"all {len(candidate.manifest.files)} files are as sealed"
    gates = [Gate("checksums", passed=True, reason=whole), own_gates.golden(candidate)]
    gates += [erasure_gate.gate(candidate.files, erased)] if erased else []
    try:
        gates += [*own_gates.measured(candidate), *own_gates.as_measured(candidate, encode)]
        gates += multi_gates.measured(candidate, encode)
        gates += own_gates.noticed(candidate, accept=accepted.noticed)
    except (BundleRefused, KeyError, TypeError) as problem:
        reason = f"it does not say how it was measured ({problem}); only what `firstline-train fit` wrote is promoted"
        return Refusal(candidate.id, (*gates, Gate("measured", passed=False, reason=reason)))
    other = current if current is not None and current.id != candidate.id else None
    gates += comparing_gates.certificates(candidate, other)
    if other is not None:
        gates += comparing_gates.labels(candidate, other, accept=accepted.dropped_labels)
        gates += comparing_gates.not_worse(candidate, other, encode)
        gates += multi_gates.beside(candidate, other, encode, accept=accepted.dropped_labels)
    if gates[1].passed:
        gates.append(latency(candidate, other))
    return decided(candidate.id, tuple(gates))


def decided(version: str, gates: tuple[Gate, ...]) -> Verdict:
    """Return what gates make of a bundle."""
    return (Promotion if all(gate.lets_pass for gate in gates) else Refusal)(version, gates)


def joined(verdict: Verdict, gate: Gate) -> Verdict:
    """Return a verdict with one gate more."""
    if verdict.version is None:
        return verdict
    return decided(verdict.version, (*verdict.gates, gate))


def _record(version: str, current: str | None, at: datetime, gates: tuple[Gate, ...]) -> verdicts.Verdict:
    said = tuple(
        verdicts.GateVerdict(name=each.name, passed=each.passed, reason=each.reason, override=each.override)
        for each in gates
    )
    promoted = all(each.lets_pass for each in gates)
    return verdicts.Verdict(version=version, beside=current, at=to_text(at), promoted=promoted, gates=said)
