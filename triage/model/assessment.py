"""Decide for one label of a ticket: applied automatically, suggested to an agent, or withheld; and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from triage.reason_codes import LONGEST_REASON, ReasonCode
from triage.taxonomy.heads import SEPARATOR
from triage.taxonomy.tree import Limits, applied_above

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage.model.certificate import Audit, Certificate
    from triage.model.multi.shown import ShownLabel

Mode = Literal["auto", "suggest", "abstain"]
Rung = Literal["described", "few_shot", "fitted"]
"""What a head has learnt from: the labels' descriptions alone, a few tickets of each label, or enough of them."""
Floor = Literal["lexicon", "emergency", "cut"]
DIMENSIONS = ("language", "plan", "channel")
"""By what tickets are divided into slices, in this order."""
REST = "*"
"""In a slice: any value that its siblings do not name, or none at all."""
ALTERNATIVES = 3
"""Most other labels that are shown beside the best."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_LEARNT_FROM: Mapping[Rung, str] = {
    "described": " The labels are known by their descriptions alone.",
    "few_shot": " This field learnt from few tickets of each label.",
    "fitted": "",
}
Why = tuple[str, ReasonCode]


@dataclass(frozen=True, slots=True)
class Guess:
    """A label and the calibrated probability that it is right."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Leaf:
    """The tickets of one slice, and their certificate or the reason why there is none."""

    slice: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    certificate: Certificate | None = None
    uncertified: str | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """An upper level of a tree: when its labels are applied, and the certificate of that."""

    limits: Limits
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class HeadThresholds:
    """A head's thresholds: to show a label, and for each slice to apply it automatically."""

    suggest_at: float
    leaves: tuple[Leaf, ...] = ()
    rung: Rung = "fitted"
    withdrawn: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Labels that were split or retired since the head was fitted, and why: they are offered no more."""
    levels: tuple[Level, ...] = ()
    """Of a tree: what is certified of its upper levels, the nearest to the leaves first."""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """All certificates of the head."""
        earned = (*(leaf.certificate for leaf in self.leaves), *(level.certificate for level in self.levels))
        return tuple(each for each in earned if each is not None)

    def leaf(self, facts: Mapping[str, str | None]) -> Leaf | None:
        """Return the leaf of a ticket by its language, plan and channel; None where no such tickets were measured."""
        # The slices are the leaves of a tree: where one names a dimension, all that share the path to it do.
        left = self.leaves
        for dimension in DIMENSIONS:
            named = {leaf.slice[dimension] for leaf in left if dimension in leaf.slice}
            if named:
                value = facts.get(dimension)
                chosen = value if value in named else REST
                left = tuple(leaf for leaf in left if leaf.slice.get(dimension) == chosen)
        return left[0] if left else None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One label of a ticket as `/v1/tags` returns it; `label` is None exactly if `mode` is abstain."""

    label: str | None
    confidence: float
    mode: Mode
    alternatives: tuple[Guess, ...]
    reason: str
    """One sentence for people, of at most `LONGEST_REASON` characters."""
    reason_code: ReasonCode
    certificate: str | None = None
    rung: Rung = "fitted"
    raised_by: Floor | None = None
    """Which never-miss floor made a priority more urgent than its head did (`triage.model.urgency`)."""
    audit: Audit | None = None
    """Only of a label that would be applied and is put to a person (`triage.model.watching`)."""
    labels: tuple[ShownLabel, ...] | None = None
    """Of a multi head: its labels for the ticket, the likeliest first; `label` is then None."""

    @property
    def said(self) -> str | tuple[str, ...] | None:
        """The label, or the labels of a multi head."""
        return self.label if self.labels is None else tuple(each.label for each in self.labels)


def ranked(classes: Sequence[str], probabilities: Sequence[float]) -> list[Guess]:
    """Pair labels with their probabilities, best first; ties keep the order of the classes."""
    guesses = (Guess(label, float(p)) for label, p in zip(classes, probabilities, strict=True))
    return sorted(guesses, key=lambda guess: -guess.probability)


def in_words(slice_: Mapping[str, str]) -> str:
    """Name a slice: "language en, plan premium"; REST is "another plan"; the slice of all is "all tickets"."""
    words = [f"another {name}" if value == REST else f"{name} {value}" for name, value in slice_.items()]
    return ", ".join(words) or "all tickets"


def assess(
    guesses: Sequence[Guess],
    rule: HeadThresholds,
    *,
    facts: Mapping[str, str | None] = _NOTHING,
    foreign: bool = False,
) -> Assessment:
    """Choose the mode for the best of `guesses` (best first) under the head's rule.

    Parameters
    ----------
    guesses
        Labels with their calibrated probabilities.
    rule
        The head's thresholds and certificates.
    facts
        Language, plan and channel of the ticket; they choose the certificate.
    foreign
        Whether the foreign-text gate (`triage.model.foreign_text`) calls the text foreign.

    Returns
    -------
    Assessment
        A foreign text gets no label, however sure the head is: of such texts nothing was measured.
    """
    if not guesses:
        unknown = "No label is known for this field."
        return Assessment(None, 0.0, "abstain", (), unknown, ReasonCode.OUT_OF_DOMAIN, rung=rule.rung)
    if rule.withdrawn:
        left = [guess for guess in guesses if guess.label not in rule.withdrawn]
        if guesses[0].label in rule.withdrawn:
            return _withdrawn(guesses[0], left[:ALTERNATIVES], rule)
        guesses = left
    best, others = guesses[0], tuple(guesses[1 : 1 + ALTERNATIVES])
    p, leaf = best.probability, rule.leaf(facts)
    certificate = leaf.certificate if leaf and rule.rung != "described" else None
    applied = certificate is not None and p >= max(certificate.threshold, rule.suggest_at) and not foreign
    if rule.levels and not foreign and not applied and (parent := _parent(guesses, rule)):
        return parent
    if foreign or p < rule.suggest_at:
        why = _why_foreign() if foreign else _why_no_label(p, rule)
        return Assessment(None, p, "abstain", (best, *others)[:ALTERNATIVES], *why, rung=rule.rung)
    if certificate is not None and applied:
        return Assessment(best.label, p, "auto", others, *_why_auto(p, certificate), certificate.id, rule.rung)
    return Assessment(best.label, p, "suggest", others, *_why_not_auto(p, rule, leaf), rung=rule.rung)


def _parent(guesses: Sequence[Guess], rule: HeadThresholds) -> Assessment | None:
    """Return the parent that is certified where the leaf is not; None where none is."""
    pairs = [(each.label, each.probability) for each in guesses]
    if (found := applied_above(pairs, [level.limits for level in rule.levels])) is None:
        return None
    certificate, p = rule.levels[found.place].certificate, found.probability
    said, code = _why_auto(p, certificate)
    reason = _short(f"Sure of {found.label} only, not of what is below it. {said}", said)
    below = tuple(each for each in guesses if each.label.startswith(f"{found.label}{SEPARATOR}"))[:ALTERNATIVES]
    return Assessment(found.label, p, "auto", below, reason, code, certificate.id, rule.rung)


def _withdrawn(best: Guess, others: Sequence[Guess], rule: HeadThresholds) -> Assessment:
    """Abstain where the model's best label is no more: its tickets belong to labels that it has not learnt yet."""
    said = _short(
        f"The best label was retired: {rule.withdrawn[best.label]}.",
        "The best label was retired after the model had learnt it. Refit to learn what replaces it.",
    )
    return Assessment(None, best.probability, "abstain", tuple(others), said, ReasonCode.OUT_OF_DOMAIN, rung=rule.rung)


def _why_foreign() -> Why:
    return (
        "The text is unlike the tickets of this desk, so no label is offered.",
        ReasonCode.OUT_OF_DOMAIN,
    )


def _why_no_label(p: float, rule: HeadThresholds) -> Why:
    said = f"Confidence {p:.2f} is below {rule.suggest_at:.2f}, so no label is offered."
    return said + _LEARNT_FROM[rule.rung], ReasonCode.BELOW_THRESHOLD


def _why_auto(p: float, certificate: Certificate) -> Why:
    wrong, sure = f"{100 * certificate.alpha:.3g}%", f"{100 * (1 - certificate.delta):.3g}%"
    before, after = f"Confidence {p:.2f} reaches {certificate.threshold:.2f}: at most {wrong} of", "are wrong"
    shown = f"({sure} certain, {certificate.n} tickets)."
    of = f"the tags of {in_words(certificate.slice)}" if certificate.slice else "the tags"
    return _short(f"{before} {of} {after} {shown}", f"{before} such tags {after} {shown}"), ReasonCode.CERTIFIED


def _why_not_auto(p: float, rule: HeadThresholds, leaf: Leaf | None) -> Why:
    if rule.rung == "described":
        said = "The labels are known by their descriptions alone, so a person decides."
        return said, ReasonCode.NO_CERTIFICATE
    if leaf is not None and leaf.certificate is not None:
        at = f"{leaf.certificate.threshold:.2f}"
        said = f"Confidence {p:.2f} is below {at}, the certified threshold, so a person decides."
        return said + _LEARNT_FROM[rule.rung], ReasonCode.BELOW_THRESHOLD
    learnt_from = _LEARNT_FROM[rule.rung]
    if leaf is None and rule.leaves:
        said = "No ticket of this language, plan and channel was measured, so a person decides."
        return said + learnt_from, ReasonCode.NO_CERTIFICATE
    of = in_words(leaf.slice) if leaf is not None and leaf.slice else "this field"
    said = _short(
        f"No certificate covers {of} yet, so a person decides.{learnt_from}",
        f"No certificate covers tickets like this one yet, so a person decides.{learnt_from}",
    )
    return said, ReasonCode.NO_CERTIFICATE


def _short(said: str, otherwise: str) -> str:
    """Return the sentence with names in it, or the one without where names make it too long."""
    return said if len(said) <= LONGEST_REASON else otherwise
