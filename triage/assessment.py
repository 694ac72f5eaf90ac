"""What is offered for one label of a ticket: applied by itself, suggested to an agent, or nothing; and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Mode = Literal["auto", "suggest", "abstain"]


@dataclass(frozen=True, slots=True)
class Guess:
    """A label and the calibrated probability that it is right."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Certificate:
    """At or above `threshold` at most `alpha` of the labels are wrong, with confidence 1 - `delta`."""

    id: str
    threshold: float
    alpha: float
    delta: float
    n: int
    k: int

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Certificate:
        """Read the certificate of a head's entry in the manifest."""
        return cls(
            id=str(record["id"]),
            threshold=float(record["threshold"]),
            alpha=float(record["alpha"]),
            delta=float(record["delta"]),
            n=int(record["n"]),
            k=int(record["k"]),
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """From when on a head's best guess is shown, and the certificate (if it earned one) from when on it is applied."""

    suggest_at: float
    certificate: Certificate | None = None
    uncertified: str | None = None
    """What is missing for a certificate, in words."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One label of a ticket as `/v1/tags` answers it; `label` is None exactly when `mode` is abstain."""

    label: str | None
    confidence: float
    mode: Mode
    alternatives: tuple[Guess, ...]
    reason: str
    certificate: str | None = None


def ranked(classes: Sequence[str], probabilities: Sequence[float]) -> list[Guess]:
    """Pair labels with their probabilities, best first; ties keep the order of the classes."""
    pairs = zip(classes, probabilities, strict=True)
    return sorted((Guess(label, float(p)) for label, p in pairs), key=lambda guess: -guess.probability)


def assess(guesses: Sequence[Guess], rule: Rule, *, alternatives: int = 3) -> Assessment:
    """Choose the mode for the best of `guesses` (best first) under the head's rule."""
    if not guesses:
        return Assessment(None, 0.0, "abstain", (), "No label is known for this field.")
    best, others = guesses[0], tuple(guesses[1 : 1 + alternatives])
    p = best.probability
    certificate = rule.certificate
    if certificate is not None and p >= certificate.threshold:
        reason = (
            f"Confidence {p:.2f} reaches {certificate.threshold:.2f}, above which at most {certificate.alpha:.0%} "
            f"of the tags are wrong ({1 - certificate.delta:.0%} certain, {certificate.n} tickets)."
        )
        return Assessment(best.label, p, "auto", others, reason, certificate.id)
    if p >= rule.suggest_at:
        return Assessment(best.label, p, "suggest", others, _why_not_auto(p, rule))
    reason = f"Confidence {p:.2f} is below {rule.suggest_at:.2f}, from where on a label is worth showing."
    return Assessment(None, p, "abstain", (best, *others)[:alternatives], reason)


def _why_not_auto(p: float, rule: Rule) -> str:
    if rule.certificate is None:
        missing = f" ({rule.uncertified})" if rule.uncertified else ""
        return f"Confidence {p:.2f}; no certificate has been earned for this field yet{missing}, so a person decides."
    return (
        f"Confidence {p:.2f} is below {rule.certificate.threshold:.2f}, from where on tags are certified to be applied."
    )
