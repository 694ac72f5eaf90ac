"""The form of a tag in responses, and in a ticket's log."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, cast

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from triage.model.assessment import Assessment, Floor, Rung
from triage.model.multi.shown import ShownLabel
from triage.reason_codes import ReasonCode, code_of
from triage.taxonomy.heads import SEPARATOR
from triage.tickets import events, fact_values
from triage.tickets.fact_values import Said

Mode = Literal["auto", "suggest", "abstain", "agent"]


class Alternative(Struct):
    """Another label that was considered."""

    label: str
    confidence: float


class ListedLabel(Struct):
    """One of several labels of a head; its `mode` is `auto`, `suggest` or `agent`."""

    label: str
    confidence: float
    mode: Mode
    certificate: str | None = None


class Tag(Struct):
    """A label for one head; of a multi head `labels` are all of them, the likeliest first, and `label` is null.

    `auto` is certified: apply it; `suggest`: show it to an agent; `abstain`: none is offered; `agent`: a person set it,
    and there is no confidence to tell, as there is none without a model.
    """

    label: str | None
    confidence: float | None
    mode: Mode
    alternatives: list[Alternative]
    certificate: str | None
    reason: str
    by: str
    rung: Rung | None = None  # what the head has learnt from; None where a person set the label
    raised_by: Floor | None = None  # which never-miss floor made the priority more urgent than the model did
    reason_code: ReasonCode | None = None  # `reason` for programs; None only of tags stored by earlier versions
    path: list[str] | UnsetType = UNSET  # the parts of a tree's label, from parent to child; left out of others
    labels: list[ListedLabel] | UnsetType = UNSET  # of a multi head; left out of others

    def __post_init__(self) -> None:
        if self.reason_code is None:
            self.reason_code = code_of(self.mode, self.raised_by)

    @property
    def said(self) -> Said:
        """What it says: a label, or the labels of a multi head; None where it says nothing."""
        return self.label if self.labels is UNSET else tuple(each.label for each in self.labels)


def with_paths(tags: Mapping[str, Tag], trees: Collection[str]) -> dict[str, Tag]:
    """Return tags that say the parts of each label that is a path."""
    return {
        head: replace(tag, path=tag.label.split(SEPARATOR)) if head in trees and tag.label else tag
        for head, tag in tags.items()
    }


def from_assessment(assessment: Assessment, *, by: str) -> Tag:
    """Return what a model's assessment looks like; two decimals are all that a client may build on."""
    return Tag(
        label=assessment.label,
        confidence=round(assessment.confidence, 2),
        mode=assessment.mode,
        alternatives=[Alternative(guess.label, round(guess.probability, 2)) for guess in assessment.alternatives],
        certificate=assessment.certificate,
        reason=assessment.reason,
        reason_code=assessment.reason_code,
        by=by,
        rung=assessment.rung,
        raised_by=assessment.raised_by,
        labels=UNSET if assessment.labels is None else [_listed(each) for each in assessment.labels],
    )


def _listed(shown: ShownLabel) -> ListedLabel:
    return ListedLabel(shown.label, round(shown.probability, 2), shown.mode, shown.certificate)


def without_model() -> Tag:
    """Return the tag of a field on a desk that has no model yet."""
    return Tag(
        label=None,
        confidence=None,
        mode="abstain",
        alternatives=[],
        certificate=None,
        reason="No model yet, so no label is offered: run `make train` and `make promote`.",
        reason_code=ReasonCode.NO_MODEL,
        by="firstline",
    )


def to_fact(assessment: Assessment, *, by: str, at: datetime) -> events.Tag:
    """Return the assessment as a ticket's log keeps it."""
    return events.Tag(
        label=assessment.label,
        mode=assessment.mode,
        confidence=round(assessment.confidence, 4),
        alternatives=tuple((guess.label, round(guess.probability, 4)) for guess in assessment.alternatives),
        certificate=assessment.certificate,
        rung=assessment.rung,
        raised_by=assessment.raised_by,
        reason=assessment.reason,
        reason_code=assessment.reason_code,
        by=by,
        at=at,
        labels=None
        if assessment.labels is None
        else tuple(
            fact_values.ListedLabel(
                label=each.label,
                mode=each.mode,
                confidence=round(each.probability, 4),
                certificate=each.certificate,
            )
            for each in assessment.labels
        ),
    )


def from_fact(tag: events.Tag) -> Tag:
    """Return what a tag in a ticket's log looks like."""
    return Tag(
        label=tag.label,
        confidence=None if tag.confidence is None else round(tag.confidence, 2),
        mode=cast("Mode", tag.mode),
        alternatives=[Alternative(label, round(probability, 2)) for label, probability in tag.alternatives],
        certificate=tag.certificate,
        reason=tag.reason,
        reason_code=tag.reason_code,
        by=tag.by,
        rung=cast("Rung | None", tag.rung),
        raised_by=cast("Floor | None", tag.raised_by),
        labels=UNSET if tag.labels is None else [_from_fact(each) for each in tag.labels],
    )


def _from_fact(listed: fact_values.ListedLabel) -> ListedLabel:
    return ListedLabel(listed.label, round(listed.confidence, 2), cast("Mode", listed.mode), listed.certificate)


def set_by_person(said: str | tuple[str, ...], reason: str, by: str) -> Tag:
    """Return a tag that a person set."""
    several = isinstance(said, tuple)
    return Tag(
        label=None if isinstance(said, tuple) else said,
        confidence=1.0,
        mode="agent",
        alternatives=[],
        certificate=None,
        reason=reason,
        reason_code=ReasonCode.SET_BY_PERSON,
        by=by,
        labels=[ListedLabel(each, 1.0, "agent") for each in said] if several else UNSET,
    )
