"""Correct tags: team and deadlines are recomputed, and the correction is kept for the next refit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from serving.errors import FieldError, InvalidRequest
from serving.inference.labels import KnownLabels
from serving.inference.tags import Tag, set_by_person, with_paths
from serving.inference.watching import answers
from serving.inference.watching.watch import CertificateWatch
from serving.policy.policies import Policies
from serving.policy.routing_and_sla import Placement, place
from serving.storage.database import Write
from serving.tagging import store
from serving.tagging.schemas import CorrectedOut
from serving.tagging.store import Correction, Tagging
from serving.tagging.tagging import attributes_of
from triage.text.shortening import shortened
from triage.tickets.fact_values import Said

Label = str | tuple[str, ...]
ACTOR = "actor"
LONGEST = 200  # characters of a correction; all labels stand in the tagging
ACTOR_LENGTH = 100  # characters of a name in a reason


@dataclass(frozen=True, slots=True)
class TagCorrecting:
    """The use case: correct tags."""

    policies: Policies
    vocabulary: KnownLabels
    watch: CertificateWatch

    def correct(
        self,
        tagging_id: str,
        given: Mapping[str, str | list[str]],
        *,
        at: datetime,
        key_id: str,
        write: Write[CorrectedOut],
    ) -> CorrectedOut:
        """Put a person's labels in place of the model's, and return the tags as they now are.

        The same label confirms: a tag that was audited then counts as right.

        Raises `NotFound` when there is no tagging with this id; `InvalidRequest` when the actor is missing, or a
        field is no head; `LabelRefused` when a label is none of its head's.
        """

        def operation(connection: sa.Connection) -> CorrectedOut:
            before = tagging = store.find(connection, tagging_id)
            actor, labels = self._read(tagging, given)
            corrections = [
                Correction(head, _stored(label) or "", _label(tagging, head), actor, key_id)
                for head, label in labels.items()
            ]
            tagging = replace(
                tagging, tags={**tagging.tags, **{head: _set_by(actor, label) for head, label in labels.items()}}
            )
            placement = self._placed(tagging)
            corrected = replace(tagging, team=placement.team, tier=placement.tier)
            store.correct(connection, corrected, corrections, at=at)
            self._hear(connection, before, labels, actor, at)
            shown = replace(corrected, tags=with_paths(corrected.tags, self.vocabulary.trees()))
            return _corrected(shown, placement)

        found = write(operation)
        self.watch.refresh()
        return found

    @staticmethod
    def _hear(connection: sa.Connection, before: Tagging, said: Mapping[str, Label], actor: str, at: datetime) -> None:
        answers.answered(connection, {"tagging_id": before.id}, dict(said), actor, at)
        for head, label in said.items():
            if (tag := before.tags.get(head)) is not None:
                answers.changed(connection, tag, label, at)

    def _placed(self, tagging: Tagging) -> Placement:
        attributes = attributes_of(tagging, tagging.channel, tagging.tags)
        return place(self.policies, attributes, created_at=tagging.filed_at)

    def _read(self, tagging: Tagging, given: Mapping[str, str | list[str]]) -> tuple[str, dict[str, Label]]:
        labels = {head: label for head, label in given.items() if head != ACTOR}
        heads = sorted({*tagging.tags, *self.vocabulary.heads()})
        said = f"There is no such field: the labels are {', '.join(heads)}."
        errors = [FieldError(head, said) for head in labels if head not in heads]
        actor = given.get(ACTOR, "")
        if not isinstance(actor, str) or not actor.strip():
            errors.append(
                FieldError(ACTOR, "Say who corrects: corrections without a person behind them are not learnt from.")
            )
        if not labels:
            errors.append(FieldError("", f"Give a label for at least one of {', '.join(sorted(tagging.tags))}."))
        if errors:
            raise InvalidRequest(errors)
        chosen = {head: tuple(each) if isinstance(each, list) else each for head, each in labels.items()}
        today = self.vocabulary.today(chosen)
        return str(actor).strip(), {head: label for head, label in today.items() if label is not None}


def _corrected(tagging: Tagging, placement: Placement) -> CorrectedOut:
    return CorrectedOut(
        id=tagging.id,
        tags=dict(tagging.tags),
        team=placement.team,
        tier=placement.tier,
        routing_reason=placement.reason,
        sla=placement.sla,
    )


def _label(tagging: Tagging, head: str) -> str | None:
    return _stored(tagging.tags[head].said) if head in tagging.tags else None


def _set_by(actor: str, said: Label) -> Tag:
    return set_by_person(said, f"Set by {shortened(actor, ACTOR_LENGTH)}.", f"agent:{actor}")


def _stored(said: Said) -> str | None:
    """Return a label as a correction keeps it; several of them are a JSON list, of as many as there is room for."""
    if not isinstance(said, tuple):
        return said
    kept = list(said)
    while len(text := json.dumps(kept, ensure_ascii=False)) > LONGEST:
        kept.pop()
    return text
