"""Certificates as the manifest keeps them: what was tested, on which tickets, and what they are bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct, field

from triage.instants import from_text, to_text

CertificateKind = Literal["closed_labels", "audit"]
"""By whose labels the risk was tested: those of the closed tickets, or those of a person who was asked (an audit)."""


_NOTHING: Mapping[str, Any] = MappingProxyType({})
LASTS = timedelta(days=90)
"""How long a certificate holds that names no end of its own: tickets change, and what was tested grows old."""


class Window(Struct, frozen=True, kw_only=True):
    """When the first and the last of some tickets were filed."""

    first: str = field(name="from")
    last: str = field(name="to")

    @classmethod
    def of(cls, times: Sequence[datetime]) -> Self | None:
        """Return the window of tickets filed at these times; None where no time is known."""
        return cls(first=to_text(min(times)), last=to_text(max(times))) if times else None


class CertificateRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At or above `threshold` at most `alpha` of what is said is wrong, with confidence 1 - `delta`."""

    id: str
    alpha: float
    delta: float
    threshold: float
    n: int
    """Held-out tickets that reach the threshold, out of `tickets`; `k` of the n are wrong."""
    k: int
    tickets: int
    coverage: float
    start: float
    """The strictest threshold that was tested."""
    slice: Mapping[str, str]
    """Language, plan and channel of the tickets; empty: all tickets."""
    window: Window | None
    kind: CertificateKind = "closed_labels"
    issued_at: str | None = None
    """None: when the bundle was made."""
    expires_at: str | None = None
    """After that instant nothing is applied under it without a renewal; None: `LASTS` after the issue."""
    asked: int | None = None
    """Of an audit: how many of the n tickets a person was asked about; `k` of those are wrong."""

    def dated(self, at: datetime, days: int) -> Self:
        """Return it as issued at an instant, to end so many days later."""
        end = at + timedelta(days=days)
        return msgspec.structs.replace(self, issued_at=to_text(at), expires_at=to_text(end)).sealed()

    def issue(self, made_at: str) -> datetime:
        """Return when it was issued, as one of a bundle that was made at an instant."""
        return from_text(self.issued_at or made_at, "issued_at")

    def end(self, made_at: str) -> datetime:
        """Return when it lapses, as one of a bundle that was made at an instant."""
        return from_text(self.expires_at, "expires_at") if self.expires_at else self.issue(made_at) + LASTS

    def sealed(self) -> Self:
        """Return it under the id that its content gives it."""
        record = msgspec.to_builtins(self)
        del record["id"]
        digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
        return msgspec.structs.replace(self, id=f"crt_{digest[:16]}")


class MigratedFrom(Struct, frozen=True, kw_only=True):
    """The certificate that one was before changes of the taxonomy which left the head's decisions as they were."""

    certificate: str
    taxonomy: str
    changes: tuple[str, ...]


class HeadCertificate(CertificateRecord, frozen=True, kw_only=True, omit_defaults=True):
    """The certificate of one head for one slice of the tickets."""

    head: str
    encoder: str
    taxonomy: str
    weights: str
    temperature: float
    cascade: str | None = None
    """Of a joint decision: the digest of the first stage (`triage.model.cascade.entry`)."""
    migrated: MigratedFrom | None = None
    level: int | None = None
    """Of a tree: at most so many parts of the path are certified; None: the whole path."""

    @property
    def watched_as(self) -> str:
        """The id under which it is watched: of what is promised of which weights.

        A certificate that is issued again for the same weights, or under new names of labels, keeps what people have
        answered, so that a refuted promise does not come back. A refit has other weights.
        """
        promised = {
            "alpha": self.alpha,
            "head": self.head,
            "slice": dict(self.slice),
            "temperature": self.temperature,
            "weights": self.weights,
        }
        promised |= {"cascade": self.cascade} if self.cascade else {}
        promised |= {"level": self.level} if self.level else {}
        return _watch_id(promised)


class LabelCertificate(CertificateRecord, frozen=True, kw_only=True, omit_defaults=True):
    """The certificate of one label: of the tickets that get it by itself, at most `alpha` should not have it.

    `delta` is what was promised of all labels of the head together. Each was tested at an equal share of it, a union
    bound (Bonferroni 1936).
    """

    head: str
    label: str
    encoder: str
    taxonomy: str
    weights: str
    first_label: str | None = None
    """The name that the label had when the weights were learnt; None: it has it still."""

    @property
    def watched_as(self) -> str:
        """The id under which it is watched: what is promised, of which label of which weights (`HeadCertificate`)."""
        promised = {
            "alpha": self.alpha,
            "head": self.head,
            "label": self.first_label or self.label,
            "weights": self.weights,
        }
        return _watch_id(promised)


class AnswersCertificate(CertificateRecord, frozen=True, kw_only=True, omit_defaults=True):
    """The certificate of the decision to answer with an article."""

    of: str
    encoder: str
    model: str
    unanswered: float
    """Share of the questions that were asked without their articles."""
    articles: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """At or above `threshold` at most `alpha` of the labels are wrong, with confidence 1 - `delta`."""

    id: str
    threshold: float
    alpha: float
    delta: float
    n: int
    """Tickets whose labels were compared."""
    k: int
    coverage: float = 0.0
    window: Mapping[str, str] | None = None
    slice: Mapping[str, str] = attribute(default_factory=lambda: _NOTHING)
    kind: CertificateKind = "closed_labels"
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    watched_as: str = ""

    @classmethod
    def of(cls, record: CertificateRecord) -> Certificate:
        """Return what serving needs of a certificate in the manifest."""
        return cls(
            id=record.id,
            threshold=record.threshold,
            alpha=record.alpha,
            delta=record.delta,
            n=record.n if record.asked is None else record.asked,
            k=record.k,
            coverage=record.coverage,
            window=None if record.window is None else {"from": record.window.first, "to": record.window.last},
            slice=record.slice,
            kind=record.kind,
        )

    @classmethod
    def of_head(cls, record: HeadCertificate | LabelCertificate, made_at: str) -> Certificate:
        """Return what serving needs of a head's or a label's certificate, in a bundle that was made at an instant."""
        return replace(
            cls.of(record),
            issued_at=record.issue(made_at),
            expires_at=record.end(made_at),
            watched_as=record.watched_as,
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """How a label that would be applied came to be put to a person."""

    certificate: Certificate
    probability: float
    weight: float
    """The lowest probability that a tag under this certificate had then, divided by this one."""


def _watch_id(promised: Mapping[str, object]) -> str:
    return f"cwt_{hashlib.sha256(json.dumps(promised, sort_keys=True).encode()).hexdigest()[:16]}"
