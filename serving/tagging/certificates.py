"""The certificates that a `/v1/tags` response names: what was tested, on how many tickets, of which bundle."""

from msgspec import Struct

from serving.inference.tagger import Tagged
from triage.model.certificate import Certificate, CertificateKind


class CertificateOut(Struct, kw_only=True):
    """At or above `threshold`, at most alpha of the head's tags are wrong, with confidence 1 - delta.

    Tested on n held-out tickets of its slice (empty: all tickets) and window, k of them wrong: by the labels of closed
    tickets, or by those of a person who was asked (an audit).
    """

    kind: CertificateKind
    alpha: float
    delta: float
    n: int
    k: int
    threshold: float
    coverage: float
    window: dict[str, str] | None
    slice: dict[str, str]
    bundle: str
    taxonomy: str


def named_by(tagged: Tagged) -> dict[str, CertificateOut]:
    """Return the certificates that a ticket's tags name, by id."""
    said, bundle = tagged.assessments.values(), tagged.by.bundle
    named = {each.certificate for each in said} | {label.certificate for each in said for label in each.labels or ()}
    earned = [each for rule in (bundle.rules if bundle else {}).values() for each in rule.certificates]
    if bundle is not None and bundle.multi:
        earned += [Certificate.of(record) for entry in bundle.manifest.multi.values() for record in entry.earned]
    return {
        each.id: CertificateOut(
            kind=each.kind,
            alpha=each.alpha,
            delta=each.delta,
            n=each.n,
            k=each.k,
            threshold=each.threshold,
            coverage=each.coverage,
            window=None if each.window is None else dict(each.window),
            slice=dict(each.slice),
            bundle=tagged.model,
            taxonomy=tagged.taxonomy,
        )
        for each in earned
        if each.id in named
    }
