"""What tags in each process: a bundle and its encoder on one core, batch by batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from serving.backfill.errors import BackfillRefused
from serving.backfill.reading import Row
from serving.clock import SystemClock
from serving.inference.languages import Languages
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel, load
from serving.inference.tagger import Tagged, Tagger, TicketText
from serving.inference.tags import from_assessment
from serving.inference.watching.watch import Watched, list_not_applied, not_applied
from serving.policy import policies
from serving.policy.policies import Policies
from serving.policy.routing_and_sla import place
from serving.policy.ticket_fields import fields_out, stored_only
from serving.tagging.tagging import attributes_of
from serving.telemetry import Telemetry
from triage.errors import UnknownPlan
from triage.fields.finding import WrittenText, found
from triage.model.assessment import Assessment
from triage.signing.signatures import TrustedKeys
from triage.tickets.attributes import CustomerAttributes


@dataclass(frozen=True, slots=True)
class Job:
    """What every process tags with: a `Work` over batches of rows."""

    bundle: Path
    bundle_id: str
    """Of the bundle that the run began with: another machine may have another one under this path."""
    trusted: TrustedKeys
    policies: Path | None
    watched: Mapping[str, Watched]
    """The bundle's certificates by id, and what was known of them when the run began,"""
    begun: datetime
    """which was now."""

    @property
    def key(self) -> str:
        """The same within a run."""
        return f"tag {self.bundle_id} {self.bundle} {self.policies} {self.begun.isoformat()}"

    def prepare(self) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
        """Load the bundle, on one thread. Raises `BackfillRefused`: it is another one."""
        tagging = Tagging(self)
        if tagging.bundle_id != self.bundle_id:
            raise BackfillRefused(self.bundle, "is another bundle on the machine that was to tag with it")
        return tagging.tag


class Tagging:
    """Tags batches as `/v1/tags` does, but that no label is put to a person as an audit, and nothing is stored."""

    def __init__(self, job: Job) -> None:
        self._model = load(job.bundle, origin="current", at=SystemClock().now(), trusted=job.trusted)
        self.bundle_id = self._model.version
        for encoder in (self._model.encoder, self._model.second_encoder):
            if encoder is not None:
                encoder.on_one_thread()
        self._policies: Policies = policies.load(job.policies)
        self._job = job
        models = cast("LiveModels", _Fixed(self._model))
        self._tagger = Tagger(models, Languages(), Telemetry(), self._policies.urgency)

    def tag(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return for each row what is written of it."""
        readable = [row for row in rows if row.problem is None]
        tagged = dict(zip((row.number for row in readable), self._tagged(readable), strict=True))
        return [self._record(row, tagged.get(row.number)) for row in rows]

    def _tagged(self, rows: Sequence[Row]) -> list[Tagged]:
        texts = [TicketText(f.get("subject", ""), f.get("description", ""), f.get("language"), f.get("plan"),
                            f.get("channel"), known=(f.get("account"),), external_id=row.id)
                 for row in rows for f in (row.fields,)]  # fmt: skip
        return self._tagger.tag_all(texts) if texts else []

    def _record(self, row: Row, tagged: Tagged | None) -> dict[str, Any]:
        named = {"row": row.number, "id": row.id}
        if tagged is None or not tagged.text:
            return named | {"problem": row.problem or "has no words"}
        tags = {head: from_assessment(self._held(each), by=f"model:{tagged.model}")
                for head, each in tagged.assessments.items()}  # fmt: skip
        customer = CustomerAttributes(
            plan=row.fields.get("plan"), account=row.fields.get("account"), language=tagged.language
        )
        labelled = attributes_of(customer, row.fields.get("channel"), tags)
        try:
            placed = place(self._policies, labelled, created_at=SystemClock().now())
        except UnknownPlan:  # of an export from before today's plans: the tags are right all the same
            placed = place(self._policies, replace(labelled, plan=None), created_at=SystemClock().now())
        facts = {"language": tagged.language, "team": placed.team, "tier": placed.tier, "model": tagged.model}
        fields = self._fields(row, tagged)
        return named | {"tags": msgspec.to_builtins(tags)} | ({"fields": fields} if fields else {}) | facts

    def _fields(self, row: Row, tagged: Tagged) -> dict[str, str]:
        """Return the values of declared fields that a ticket gives, those that may be stored."""
        said = row.fields.get
        written = WrittenText(said("subject", ""), said("description", ""), (said("account"),), tagged.text)
        values = fields_out(found(self._policies.fields, written, SystemClock().now().date()))
        return {each.name: each.value for each in stored_only(self._policies.fields, values) if each.valid}

    def _held(self, assessment: Assessment) -> Assessment:
        """Apply no label under a certificate that has ended."""
        if assessment.labels is not None:
            return list_not_applied(assessment, self._job.watched, self._job.begun)
        known = self._job.watched.get(assessment.certificate or "")
        if assessment.mode != "auto" or known is None or known.state(self._job.begun) == "valid":
            return assessment
        return not_applied(assessment, known, self._job.begun)


class _Fixed:
    """The one model of a process."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model

    def take(self) -> LoadedModel:
        return self._model
