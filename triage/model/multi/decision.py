"""Decide for each label of a multi head: applied by itself, suggested, or not shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from triage.model.assessment import ALTERNATIVES, Assessment, Guess
from triage.model.multi.shown import ShownLabel
from triage.reason_codes import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

MOST_SHOWN = 10
"""Labels of a head that a ticket gets at most, the likeliest."""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """From which probability on a label is suggested, and from which it is applied; None: it has no certificate."""

    label: str
    suggest_at: float
    apply_at: float | None = None
    certificate: str | None = None
    expires_at: datetime | None = None


def decide(probabilities: Sequence[float], rules: Sequence[LabelRule], *, foreign: bool = False) -> Assessment:
    """Return what is said of a ticket, whose `labels` are those to show, the likeliest first.

    Parameters
    ----------
    probabilities
        One for each rule.
    rules
        The head's labels.
    foreign
        Whether the foreign-text gate calls the text foreign: then it gets no label.

    Returns
    -------
    Assessment
        `auto` where any label is applied, `suggest` where labels are only suggested, else `abstain`.
    """
    pairs = sorted(zip(probabilities, rules, strict=True), key=lambda pair: -pair[0])
    shown: list[ShownLabel] = []
    for p, rule in [] if foreign else pairs:
        if rule.apply_at is not None and p >= rule.apply_at:
            shown.append(ShownLabel(rule.label, p, "auto", rule.certificate, rule.expires_at))
        elif p >= rule.suggest_at:
            shown.append(ShownLabel(rule.label, p, "suggest"))
    shown = shown[:MOST_SHOWN]
    taken = {each.label for each in shown}
    others = tuple(Guess(rule.label, p) for p, rule in pairs if rule.label not in taken)[:ALTERNATIVES]
    said = Assessment(
        None, pairs[0][0] if pairs else 0.0, "abstain", others, "", ReasonCode.BELOW_THRESHOLD, labels=tuple(shown)
    )
    if foreign:
        why = "The text is unlike the tickets of this desk, so no label is offered."
        return replace(said, reason=why, reason_code=ReasonCode.OUT_OF_DOMAIN)
    return said_of(said)


def said_of(assessment: Assessment) -> Assessment:
    """Return a list of labels with the mode and the reason that follow from the modes of its labels."""
    shown = assessment.labels or ()
    if not shown:
        why = "No label is likely enough to be offered."
        return replace(assessment, mode="abstain", reason=why, reason_code=ReasonCode.BELOW_THRESHOLD)
    applied = sum(each.mode == "auto" for each in shown)
    if applied:
        why = f"{applied} of {len(shown)} labels are certified and applied by themselves."
        return replace(assessment, mode="auto", reason=why, reason_code=ReasonCode.CERTIFIED)
    why = "No certificate covers these labels, so a person decides."
    return replace(assessment, mode="suggest", reason=why, reason_code=ReasonCode.NO_CERTIFICATE)


def as_shown(assessment: Assessment, shown: Sequence[ShownLabel], ended: ReasonCode) -> Assessment:
    """Return a list whose labels are shown otherwise than their certificates alone would say.

    `ended` says why, where none is applied any more and none is put to a person: the certificates lapsed or expired.
    """
    if tuple(shown) == assessment.labels:
        return assessment
    left = said_of(replace(assessment, labels=tuple(shown)))
    if left.mode == "auto":
        return left
    if any(each.audit for each in shown):
        why = "Sure enough to be applied, but some labels are checked: please confirm or correct this list."
        return replace(left, reason=why, reason_code=ReasonCode.AUDITED)
    why = "The certificates of these labels hold no more, so a person decides."
    return replace(left, reason=why, reason_code=ended)


def suggested(shown: ShownLabel) -> ShownLabel:
    """Return a label that is only suggested."""
    return replace(shown, mode="suggest", certificate=None)


def without(rules: Sequence[LabelRule], withdrawn: Mapping[str, str]) -> tuple[LabelRule, ...]:
    """Return rules under which labels that were withdrawn are never shown."""
    return tuple(
        replace(rule, suggest_at=2.0, apply_at=None, certificate=None) if rule.label in withdrawn else rule
        for rule in rules
    )
