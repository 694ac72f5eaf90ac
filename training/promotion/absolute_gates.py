"""Gates on a bundle alone: complete, measured, serves as measured, no leaks or contradicting accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrieval.encoder.encoder import from_files
from retrieval.errors import EncoderNotUsable
from training.bundles import held_out
from training.bundles.export import PARITY
from training.bundles.reading import reader_of
from training.promotion.gates import Gate, described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.bundles.comparison import Encode
    from triage.model.bundle import Bundle
    from triage.model.head_entry import HeadEntry

CHECKED = 1_000
DEVIATIONS = 3.0
"""So many standard deviations above chance, a head has learnt something: labels that were shuffled do not get there."""
LARGEST_CHANGE = 0.02
"""Accuracy on the very tickets that measured it may be lower by this: an encoder rounds otherwise elsewhere."""


def golden(candidate: Bundle) -> Gate:
    """Run the golden texts through the encoder and the heads that the bundle carries."""
    try:
        encoder = from_files(*candidate.encoder_files())
    except EncoderNotUsable as refusal:
        return Gate("golden texts", passed=False, reason=str(refusal))
    if encoder.fingerprint != candidate.encoder_fingerprint:
        return Gate("golden texts", passed=False, reason="the encoder inside is not the one it was fitted on")
    texts = candidate.golden.texts
    states = reader_of(candidate, encoder).read(texts).states
    failures = candidate.golden.failures(candidate.heads.predict_proba(texts, states))
    reason = failures[0] if failures else f"{len(texts)} texts get the probabilities remembered"
    return Gate("golden texts", passed=not failures, reason=reason)


def measured(candidate: Bundle) -> Iterator[Gate]:
    """Ask of each head that it was measured, agrees with scikit-learn, and knows more than the most frequent label."""
    for head, entry in candidate.manifest.heads.items():
        parity = f"largest difference to scikit-learn: {entry.parity:.1e}"
        yield Gate(f"{head}: parity", passed=entry.parity <= PARITY, reason=parity)
        if described(entry):
            pasted = bool(entry.earned)
            reason = "known by its labels' descriptions alone: "
            reason += "it cannot have a certificate" if pasted else "it only suggests, so there is nothing to beat yet"
            yield Gate(f"{head}: measured", passed=not pasted, reason=reason)
        else:
            yield from _better(head, entry)


def _better(head: str, entry: HeadEntry) -> Iterator[Gate]:
    n, trivial = entry.metrics.n, entry.trivial
    accuracy, macro_f1, chance = entry.metrics.accuracy, entry.metrics.macro_f1, entry.metrics.by_chance
    if not n or accuracy is None or macro_f1 is None or chance is None:
        reason = "no held-out ticket has this label; bring more tickets"
        yield Gate(f"{head}: measured", passed=False, reason=reason)
        return
    knows = accuracy > chance + DEVIATIONS * (chance * (1 - chance) / n) ** 0.5
    said = f"right {accuracy:.3f} of the time; guesses unrelated to the tickets would be {chance:.3f}"
    yield Gate(f"{head}: better than chance", passed=knows, reason=said)
    beaten = trivial.accuracy, trivial.macro_f1
    better = beaten[0] is not None and accuracy >= beaten[0] and beaten[1] is not None and macro_f1 > beaten[1]
    reason = (
        f"accuracy {accuracy:.3f} and macro-F1 {macro_f1:.3f} on {n} tickets; "
        f"always saying {trivial.label!r} has {trivial.accuracy:.3f} and {trivial.macro_f1:.3f}"
    )
    yield Gate(f"{head}: better than trivial", passed=better, reason=reason)


def as_measured(candidate: Bundle, encode: Encode) -> Iterator[Gate]:
    """Ask the head that would serve about tickets it was measured on: it must say what it said then.

    What fails here is a label map in another order, weights of another fit, an encoder that is not the one it had.
    """
    rows = held_out.read(candidate)[-CHECKED:]
    if not rows:
        return
    texts = [row.text for row in rows]
    found = candidate.predict(texts, encode(candidate, texts))
    for head, classifier in candidate.heads.items():
        own = [i for i, row in enumerate(rows) if head in row.labels and head in row.guesses]
        if not own:
            continue
        served = [classifier.classes_[int(found[head][i].argmax())] for i in own]
        right = sum(label == rows[i].labels[head] for label, i in zip(served, own, strict=True)) / len(own)
        before = sum(rows[i].guesses[head] == rows[i].labels[head] for i in own) / len(own)
        reason = f"{right:.3f} of the {len(own)} newest held-out tickets right, {before:.3f} when it was measured"
        yield Gate(f"{head}: serves as measured", passed=right >= before - LARGEST_CHANGE, reason=reason)


def noticed(candidate: Bundle, *, accept: bool) -> Iterator[Gate]:
    """Hold a bundle back over what its refit noticed about the tickets that taught it.

    A phrase that gives the label away makes held-out figures, and certificates, worth nothing: it stands in the text of
    closed tickets and not in that of the next one. An author against the rest may be right, but a person has to say so.
    """
    care = candidate.manifest.care
    leaks = [each.sentence for each in care.leaks] if care else []
    authors = [each.sentence for each in care.authors] if care else []
    for name, found, fine in (
        ("leaks", leaks, "no phrase gives a label away"),
        ("authors", authors, "no author's tickets contradict the rest"),
    ):
        reason = "; ".join(found) or (fine if care else "nobody looked: the bundle is older than this gate")
        if found:
            reason += " (accepted)" if accept else "; give --accept-noticed if that is as it should be"
        yield Gate(name, passed=accept or not found, reason=reason)
