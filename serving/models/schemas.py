"""Response bodies of the model routes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from serving.inference.live_models import ModelStatus
from serving.inference.own_content import Serves, What, Why
from serving.models.certificates import CertificateStateOut
from triage.model.answers_entry import Answers
from triage.model.certificate import HeadCertificate
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
    certificates: list[CertificateStateOut]  # of the live bundle: whether each holds, and what the watch has seen
    registry: RegistryOut


def models_out(
    status: ModelStatus, registry: Registry, serves: Serves, certificates: list[CertificateStateOut]
) -> ModelsOut:
    """Return the status as it is shown."""
    refused = status.refused
    return ModelsOut(
        serves=ServesOut(what=serves.what, why=serves.why, explanation=serves.explanation),
        current=_live_out(status, certificates),
        certificates=certificates,
        refused=RefusedOut(version=refused.id, reason=refused.reason, at=refused.at) if refused else None,
        missing=status.missing,
        registry=RegistryOut(
            current=registry.current_id(), previous=registry.previous_id(), versions=registry.versions()
        ),
    )


def _live_out(status: ModelStatus, states: Sequence[CertificateStateOut]) -> LiveOut | None:
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
        certificates={name: _with_states(entry.certificates, states) for name, entry in manifest.heads.items()},
        uncertified={name: to_builtins(list(entry.uncertified)) for name, entry in manifest.heads.items()},
        answers=_answers(live.bundle.answers),
        data=to_builtins(manifest.data),
        cases=len(live.cases),
        loaded_at=live.loaded_at,
    )


def _with_states(earned: Sequence[HeadCertificate], states: Sequence[CertificateStateOut]) -> list[dict[str, Any]]:
    """Return certificates as the manifest has them, with their kind, their state, and when each was issued and ends."""
    known = {each.id: each for each in states}
    return [
        {**to_builtins(each), **{name: to_builtins(getattr(known[each.id], name)) for name in _STATE}}
        for each in earned
        if each.id in known
    ]


_STATE = ("kind", "state", "issued_at", "expires_at", "ended_at", "why")


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
