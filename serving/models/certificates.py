"""The certificates of the live bundle as `/v1/models` shows them: whether each holds, until when, and why not."""

from datetime import datetime

from msgspec import Struct

from serving.inference.live_models import ModelStatus
from serving.inference.watching.watch import CertificateWatch, State, Watched
from triage.model.certificate import CertificateKind


class WatchOut(Struct, kw_only=True):
    """What people answered about audited tags, and what follows.

    `wealth` is the evidence against the certificate: 1 at the start, and at `ends_at_wealth` it ends. `share` of the
    tags that it covers is put to a person now. `open` and `unconfirmed` tags have no answer; with fewer than 90 %
    `answered`, the certificate ends only if it is refuted even if all of those were right.
    """

    asked: int
    answers: int
    answered: float
    wrong: int
    open: int
    unconfirmed: int
    corrections: int
    wealth: float
    ends_at_wealth: float
    share: float


class CertificateStateOut(Struct, kw_only=True):
    """A certificate: by whose labels it was tested, whether it holds (`state`), until when, and why it ended."""

    id: str
    head: str
    label: str | None = None  # of a multi head: the label whose certificate it is
    slice: dict[str, str]
    alpha: float
    delta: float
    threshold: float
    kind: CertificateKind
    state: State
    issued_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    why: str | None
    watch: WatchOut


def certificates_of(status: ModelStatus, watch: CertificateWatch, at: datetime) -> list[CertificateStateOut]:
    """Return the certificates of the live bundle at an instant. Raises `StorageFault`."""
    if status.live is None or status.live.bundle is None:
        return []
    watched, counts = watch.states(status.live.bundle)
    return [_state_out(each, counts.get(each.watch.id, {}), at) for each in watched]


def _state_out(watched: Watched, counts: dict[str, int], at: datetime) -> CertificateStateOut:
    certificate, process, state = watched.certificate, watched.watch.process, watched.state(at)
    return CertificateStateOut(
        id=certificate.id,
        head=watched.head,
        label=watched.label,
        slice=dict(certificate.slice),
        alpha=certificate.alpha,
        delta=certificate.delta,
        threshold=certificate.threshold,
        kind=certificate.kind,
        state=state,
        issued_at=watched.watch.issued_at,
        expires_at=certificate.expires_at,
        ended_at=watched.watch.ended_at or (certificate.expires_at if state == "lapsed" else None),
        why=_why(watched, state),
        watch=WatchOut(
            asked=process.asked,
            answers=process.right + process.wrong,
            answered=round(process.answered, 3),
            wrong=process.wrong,
            open=counts.get("open", 0),
            unconfirmed=counts.get("unconfirmed", 0),
            corrections=sum(watched.watch.corrected),
            wealth=float(f"{process.wealth:.4g}"),
            ends_at_wealth=float(f"{1 / process.delta:.4g}"),
            share=round(watched.share, 4),
        ),
    )


def _why(watched: Watched, state: State) -> str | None:
    process, alpha = watched.watch.process, 100 * watched.certificate.alpha
    if state == "expired":
        answers = process.right + process.wrong
        return (
            f"People were asked to check {process.asked} tags. They found {process.wrong} of {answers} wrong, "
            f"more than {alpha:.3g}% can explain. Its tags are only suggested until a new bundle is certified."
        )
    if state == "lapsed":
        return "It was not renewed in time. Its tags are only suggested until a new bundle is certified."
    return None
