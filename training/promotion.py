"""May a bundle serve? Every gate answers in words; the verdict is a value, not an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.encoder import from_files
from retrieval.errors import EncoderNotUsable
from training import comparison, held_out
from training.export import PARITY
from triage import bundle as bundles
from triage.errors import BundleRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.comparison import Encode, Paired
    from triage.bundle import Bundle

SIGNIFICANT = 0.05
"""A loss less likely than this by chance is a loss."""
LARGEST_DROP = 0.02
"""Nor may accuracy drop by more than this, however few the tickets are."""
LARGEST_RECALL_DROP = 0.2
CHECKED = 1_000
DEVIATIONS = 3.0
"""So many standard deviations above chance, a head has learnt something: labels that were shuffled do not get there."""
FEWEST = 20
"""Fewer tickets than this cannot show a drop of a label's recall, or of a head's accuracy."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: its name, whether it holds, and why, in words."""

    name: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gates say of a bundle."""

    version: str | None
    gates: tuple[Gate, ...]

    @property
    def promoted(self) -> bool:
        """Whether every gate holds."""
        return all(gate.passed for gate in self.gates)


def judge(folder: Path, current: Bundle | None, encode: Encode, *, accept_dropped_labels: bool = False) -> Verdict:
    """Put a bundle through the gates.

    Parameters
    ----------
    folder
        The candidate, as `firstline-train fit` wrote it.
    current
        What serves now.
    encode
        encode(bundle, texts): vectors by that bundle's own encoder.
    accept_dropped_labels
        Let labels and heads disappear that the current bundle has.

    Returns
    -------
    Verdict
        With all gates up to the first that makes the next ones meaningless.
    """
    try:
        candidate = bundles.load(folder)
    except BundleRefused as refusal:
        return Verdict(None, (Gate("checksums", passed=False, reason=str(refusal)),))
    gates = [Gate("checksums", passed=True, reason=f"all {len(candidate.manifest['files'])} files are as sealed")]
    gates.append(_golden(candidate))
    try:
        gates += [*_measured(candidate), *_as_measured(candidate, encode)]
    except (BundleRefused, KeyError, TypeError) as problem:
        reason = f"it does not say how it was measured ({problem}); only what `firstline-train fit` wrote is promoted"
        return Verdict(candidate.id, (*gates, Gate("measured", passed=False, reason=reason)))
    if current is not None and current.id != candidate.id:
        gates += _labels(candidate, current, accept=accept_dropped_labels)
        gates += _compared(candidate, current, encode)
    return Verdict(candidate.id, tuple(gates))


def _golden(candidate: Bundle) -> Gate:
    """Run the golden texts through the encoder and the heads that the bundle carries."""
    try:
        encoder = from_files(*candidate.encoder_files())
    except EncoderNotUsable as refusal:
        return Gate("golden texts", passed=False, reason=str(refusal))
    if encoder.fingerprint != candidate.encoder_fingerprint:
        return Gate("golden texts", passed=False, reason="the encoder inside is not the one it was fitted on")
    texts = candidate.golden.texts
    failures = candidate.golden.failures(candidate.predict(texts, encoder.encode(texts)))
    reason = failures[0] if failures else f"{len(texts)} texts get the probabilities remembered"
    return Gate("golden texts", passed=not failures, reason=reason)


def _measured(candidate: Bundle) -> Iterator[Gate]:
    """Ask of each head that it was measured, agrees with scikit-learn, and knows more than the most frequent label."""
    for head, entry in candidate.manifest["heads"].items():
        metrics, trivial = entry["metrics"], entry["trivial"]
        parity = entry.get("parity")
        agrees = parity is not None and parity <= PARITY
        yield Gate(f"{head}: parity", passed=agrees, reason=f"largest difference to scikit-learn: {parity}")
        if not metrics["n"]:
            yield Gate(
                f"{head}: measured", passed=False, reason="no held-out ticket has this label; bring more tickets"
            )
            continue
        better = metrics["accuracy"] >= trivial["accuracy"] and metrics["macro_f1"] > trivial["macro_f1"]
        chance, n = metrics["by_chance"], metrics["n"]
        knows = metrics["accuracy"] > chance + DEVIATIONS * (chance * (1 - chance) / n) ** 0.5
        said = f"right {metrics['accuracy']:.3f} of the time; guesses unrelated to the tickets would be {chance:.3f}"
        yield Gate(f"{head}: better than chance", passed=knows, reason=said)
        reason = (
            f"accuracy {metrics['accuracy']:.3f} and macro-F1 {metrics['macro_f1']:.3f} on {metrics['n']} tickets; "
            f"always saying {trivial['label']!r} has {trivial['accuracy']:.3f} and {trivial['macro_f1']:.3f}"
        )
        yield Gate(f"{head}: better than trivial", passed=better, reason=reason)


def _as_measured(candidate: Bundle, encode: Encode) -> Iterator[Gate]:
    """Ask the head that would serve about tickets it was measured on: it must say what it said then.

    What fails here is a label map in another order, weights of another fit, an encoder that is not the one it had.
    """
    rows = held_out.read(candidate)[-CHECKED:]
    if not rows:
        return
    texts = [row.text for row in rows]
    found = candidate.predict(texts, encode(candidate, texts))
    for head, classifier in candidate.heads.items():
        own = [i for i, row in enumerate(rows) if head in row.labels]
        if not own:
            continue
        served = [classifier.classes_[int(found[head][i].argmax())] for i in own]
        right = sum(label == rows[i].labels[head] for label, i in zip(served, own, strict=True)) / len(own)
        before = sum(rows[i].guesses[head] == rows[i].labels[head] for i in own) / len(own)
        reason = f"{right:.3f} of the {len(own)} newest held-out tickets right, {before:.3f} when it was measured"
        yield Gate(f"{head}: serves as measured", passed=right >= before - LARGEST_DROP, reason=reason)


def _labels(candidate: Bundle, current: Bundle, *, accept: bool) -> Iterator[Gate]:
    """Labels that clients know must not vanish without a word."""
    for head, before in current.heads.items():
        after = candidate.heads[head].classes_ if head in candidate.heads else ()
        lost = [label for label in before.classes_ if label not in after]
        reason = "no label is lost"
        if lost:
            named = ", ".join(lost[:5]) + (", …" if len(lost) > 5 else "")
            accepted = "accepted" if accept else "give --accept-dropped-labels if that is meant"
            reason = f"{len(lost)} of {len(before.classes_)} labels are lost: {named} ({accepted})"
        yield Gate(f"{head}: labels", passed=accept or not lost, reason=reason)


def _compared(candidate: Bundle, current: Bundle, encode: Encode) -> Iterator[Gate]:
    try:
        found = comparison.compare(held_out.read(candidate), current, encode)
    except BundleRefused as problem:
        yield Gate("not worse", passed=True, reason=f"the current model remembers no held-out tickets ({problem})")
        return
    for head in candidate.heads:
        if head not in current.heads:
            yield Gate(f"{head}: not worse", passed=True, reason="the current model has no such head")
        elif head not in found or found[head].n < FEWEST:
            n = found[head].n if head in found else 0
            reason = f"only {n} held-out tickets are new to both models, too few to show a loss"
            yield Gate(f"{head}: not worse", passed=True, reason=reason)
        else:
            yield _not_worse(head, found[head])


def _not_worse(head: str, paired: Paired) -> Gate:
    drop = paired.current_accuracy - paired.accuracy
    losses = [
        f"{label} was found in {theirs:.0%} of its {n} tickets, now in {ours:.0%}"
        for label, (n, ours, theirs) in paired.recall.items()
        if n >= FEWEST and theirs - ours > LARGEST_RECALL_DROP
    ]
    numbers = (
        f"{paired.accuracy:.3f} against {paired.current_accuracy:.3f} on the same {paired.n} tickets "
        f"({paired.only_new_right} won, {paired.only_current_right} lost)"
    )
    if drop > LARGEST_DROP or (drop > 0 and paired.chance < SIGNIFICANT):
        reason = f"worse: {numbers}; by chance alone with probability {paired.chance:.2g}"
        return Gate(f"{head}: not worse", passed=False, reason=reason)
    if losses:
        return Gate(f"{head}: not worse", passed=False, reason=f"{numbers}, but {'; '.join(losses)}")
    return Gate(f"{head}: not worse", passed=True, reason=numbers)
