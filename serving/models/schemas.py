"""Response bodies of the model routes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from serving.inference.live_models import ModelStatus, Refusal
from serving.inference.own_content import Serves, What, Why
from serving.models.beside import Beside
from serving.models.certificates import CertificateStateOut
from serving.models.evidence import DELTA
from serving.models.store import CanaryRun
from triage.model.answers_entry import Answers, AnswersPart
from triage.model.certificate import CertificateRecord
from triage.model.registry import Canary, Registry


class LiveOut(Struct, kw_only=True):
    """The live bundle."""

    version: str
    origin: str
    taxonomy: str
    encoder: str
    second_encoder: str | None  # reads questions in languages that the other does not
    heads: dict[str, list[str]]
    metrics: dict[str, Any]
    certificates: dict[str, list[dict[str, Any]]]  # what each head earned, slice by slice or label by label
    uncertified: dict[str, list[dict[str, Any]]]  # what is missing where it earned none
    answers: dict[str, Any] | None  # what was learnt of when to answer, and what is promised of it
    overrides: list[dict[str, Any]]  # gates that a person overrode when it was promoted: which, why, who and when
    data: dict[str, Any]
    cases: int
    recent_tickets: int  # closed since, of which no bundle knows yet: they vote, too
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


class ShadowOut(Struct, kw_only=True):
    """The bundle that tags silently beside the current one."""

    version: str
    loaded: bool
    refused: RefusedOut | None


class CanaryOut(Struct, kw_only=True):
    """The bundle that serves a share of the tickets, and what persons corrected of it and of the current one."""

    version: str
    share: float
    began_at: datetime | None  # null until a process has noted it
    loaded: bool
    refused: RefusedOut | None
    tagged: int
    corrected: int
    current_tagged: int
    current_corrected: int
    evidence: float  # that its tags are corrected more often than the margin allows
    reverts_at: float  # with so much evidence it goes back


class RevertedOut(Struct, kw_only=True):
    """The canary that went back by itself last, and why."""

    version: str
    current: str
    share: float
    began_at: datetime
    reverted_at: datetime
    reason: str
    explanation: str


class ModelsOut(Struct, kw_only=True):
    """What serves and why, the live bundle, a refused one, and the registry."""

    serves: ServesOut
    current: LiveOut | None  # what answers, whatever the pointer names; null without a bundle
    refused: RefusedOut | None
    missing: str | None
    shadow: ShadowOut | None
    canary: CanaryOut | None
    reverted: RevertedOut | None
    certificates: list[CertificateStateOut]  # of the live bundle: whether each holds, and what the watch has seen
    registry: RegistryOut


def models_out(
    status: ModelStatus, registry: Registry, serves: Serves, beside: Beside, certificates: list[CertificateStateOut]
) -> ModelsOut:
    """Return the status as it is shown."""
    return ModelsOut(
        serves=ServesOut(what=serves.what, why=serves.why, explanation=serves.explanation),
        current=_live_out(status, certificates),
        certificates=certificates,
        refused=_refused_out(status.refused),
        missing=status.missing,
        shadow=_shadow_out(registry.shadow_id(), beside),
        canary=_canary_out(registry.canary(), beside),
        reverted=reverted_out(beside.reverted),
        registry=RegistryOut(
            current=registry.current_id(), previous=registry.previous_id(), versions=registry.versions()
        ),
    )


def _shadow_out(version: str | None, beside: Beside) -> ShadowOut | None:
    if version is None:
        return None
    refused = beside.status.refused.get("shadow")
    return ShadowOut(version=version, loaded=beside.status.shadow is not None, refused=_refused_out(refused))


def _canary_out(canary: Canary | None, beside: Beside) -> CanaryOut | None:
    if canary is None:
        return None
    counts = beside.counts
    return CanaryOut(
        version=canary.version,
        share=canary.share,
        began_at=beside.run.began_at if beside.run else None,
        loaded=beside.status.canary is not None,
        refused=_refused_out(beside.status.refused.get("canary")),
        tagged=counts.canary if counts else 0,
        corrected=counts.canary_corrected if counts else 0,
        current_tagged=counts.current if counts else 0,
        current_corrected=counts.current_corrected if counts else 0,
        evidence=round(counts.evidence, 3) if counts else 0.0,
        reverts_at=1 / DELTA,
    )


def reverted_out(run: CanaryRun | None) -> RevertedOut | None:
    """Return a run that went back as it is shown."""
    if run is None or run.reverted_at is None:
        return None
    return RevertedOut(
        version=run.version,
        current=run.current,
        share=run.share,
        began_at=run.began_at,
        reverted_at=run.reverted_at,
        reason=run.reason or "",
        explanation=run.explanation or "",
    )


def _refused_out(refused: Refusal | None) -> RefusedOut | None:
    return RefusedOut(version=refused.id, reason=refused.reason, at=refused.at) if refused else None


def _live_out(status: ModelStatus, states: Sequence[CertificateStateOut]) -> LiveOut | None:
    if (live := status.live) is None or live.bundle is None:
        return None
    manifest = live.bundle.manifest
    return LiveOut(
        version=live.version,
        origin=live.origin,
        taxonomy=live.bundle.taxonomy_version,
        encoder=manifest.encoder.name,
        second_encoder=manifest.second_encoder.name if manifest.second_encoder else None,
        heads={name: list(head.classes_) for name, head in live.bundle.heads.items()},
        metrics={name: to_builtins(entry.metrics) for name, entry in manifest.heads.items()},
        certificates={
            **{name: _with_states(entry.earned, states) for name, entry in manifest.heads.items()},
            **{name: _with_states(entry.earned, states) for name, entry in manifest.multi.items()},
        },
        uncertified={name: to_builtins(list(entry.uncertified)) for name, entry in manifest.heads.items()},
        answers=_answers(live.bundle.answers),
        overrides=to_builtins(list(manifest.overrides)),
        data=to_builtins(manifest.data),
        cases=len(live.cases),
        recent_tickets=live.cases.n_recent,
        loaded_at=live.loaded_at,
    )


def _with_states(earned: Sequence[CertificateRecord], states: Sequence[CertificateStateOut]) -> list[dict[str, Any]]:
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
        "languages": [_of_language(each) for each in learnt.languages],
        "measured": to_builtins(learnt.measured),
    }


def _of_language(part: AnswersPart) -> dict[str, Any]:
    """Return the thresholds of one language, and what is promised of them; a ladder is for audits."""
    return {name: value for name, value in to_builtins(part).items() if name != "ladder"}
