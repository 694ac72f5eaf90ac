"""Response bodies of the model routes."""

from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from serving.inference.live_models import ModelStatus
from serving.inference.own_content import Serves, What, Why
from triage.model.answers_entry import Answers
from triage.model.registry import Registry


class LiveOut(Struct, kw_only=True):
    """The live bundle."""

    version: str
    origin: str
    taxonomy: str
    encoder: str
    heads: dict[str, list[str]]
    metrics: dict[str, Any]
    certificates: dict[str, list[dict[str, Any]]]  # what each head earned, slice by slice
    uncertified: dict[str, list[dict[str, Any]]]  # what is missing where it earned none
    answers: dict[str, Any] | None  # what was learnt of when to answer, and what is promised of it
    data: dict[str, Any]
    cases: int
    loaded_at: datetime


class RefusedOut(Struct, kw_only=True):
    """A refused bundle, and why."""

    version: str
    reason: str
    at: datetime


class RegistryOut(Struct, kw_only=True):
    """The bundles on disk: current, previous, and every version, newest first."""

    current: str | None
    previous: str | None
    versions: list[str]


class ServesOut(Struct, kw_only=True):
    """What serves: the sample, packaged defaults or the desk's bundle; and because of what the desk has of its own."""

    what: What
    why: Why
    explanation: str


class ModelsOut(Struct, kw_only=True):
    """What serves and why, the live bundle, a refused one, and the registry."""

    serves: ServesOut
    current: LiveOut | None  # what answers, whatever the pointer names; null without a bundle
    refused: RefusedOut | None
    missing: str | None
    registry: RegistryOut


def models_out(status: ModelStatus, registry: Registry, serves: Serves) -> ModelsOut:
    """Return the status as it is shown."""
    refused = status.refused
    return ModelsOut(
        serves=ServesOut(what=serves.what, why=serves.why, explanation=serves.explanation),
        current=_live_out(status),
        refused=RefusedOut(version=refused.id, reason=refused.reason, at=refused.at) if refused else None,
        missing=status.missing,
        registry=RegistryOut(
            current=registry.current_id(), previous=registry.previous_id(), versions=registry.versions()
        ),
    )


def _live_out(status: ModelStatus) -> LiveOut | None:
    if (live := status.live) is None or live.bundle is None:
        return None
    manifest = live.bundle.manifest
    return LiveOut(
        version=live.version,
        origin=live.origin,
        taxonomy=live.bundle.taxonomy_version,
        encoder=manifest.encoder.name,
        heads={name: list(head.classes_) for name, head in live.bundle.heads.items()},
        metrics={name: to_builtins(entry.metrics) for name, entry in manifest.heads.items()},
        certificates={name: to_builtins(list(entry.certificates)) for name, entry in manifest.heads.items()},
        uncertified={name: to_builtins(list(entry.uncertified)) for name, entry in manifest.heads.items()},
        answers=_answers(live.bundle.answers),
        data=to_builtins(manifest.data),
        cases=len(live.cases),
        loaded_at=live.loaded_at,
    )


def _answers(learnt: Answers | None) -> dict[str, Any] | None:
    """Leave out what only answering needs; None where nothing was learnt of when to answer."""
    if learnt is None or learnt.answer_at is None:
        return None
    return {
        "answer_at": learnt.answer_at,
        "clarify_at": learnt.clarify_at,
        "certificate": to_builtins(learnt.certificate or None),
        "uncertified": to_builtins(learnt.uncertified or None),
        "measured": to_builtins(learnt.measured),
    }
