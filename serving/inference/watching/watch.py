"""The watch over the live bundle's certificates: decides of each label that they cover whether it is applied.

Requests read one cached state; it is read again every second, because other processes write to it, too.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import prometheus_client as prometheus
import sqlalchemy as sa

from serving.clock import Clock
from serving.inference.watching import store
from serving.inference.watching.store import Watch
from serving.jobs import event_types, outbox
from serving.jobs.outbox import NewEvent
from serving.storage.database import Database
from serving.storage.errors import StorageFault
from serving.telemetry import Telemetry
from triage.model.assessment import Assessment
from triage.model.bundle import Bundle
from triage.model.certificate import Audit, Certificate
from triage.model.multi.decision import as_shown, suggested
from triage.model.watching import audited_tags
from triage.model.watching.e_process import ENOUGH
from triage.model.watching.shares import probability
from triage.reason_codes import ReasonCode

State = Literal["valid", "expired", "lapsed"]
_CHANCE = random.SystemRandom()
_MANY = 30  # checks, from which on it is said that too few are answered


@dataclass(frozen=True, slots=True)
class Watched:
    """A certificate of the live bundle, and what is known of it."""

    head: str
    certificate: Certificate
    watch: Watch
    share: float
    """Of the labels that it covers, the share that is put to a person now."""
    label: str | None = None
    """Of a multi head: the label whose certificate it is."""

    @property
    def name(self) -> str:
        """The head, and of a multi head the label."""
        return self.head if self.label is None else f"{self.head}: {self.label}"

    def state(self, at: datetime) -> State:
        """Tell whether it holds at an instant; one that answers refuted stays `expired`."""
        if self.watch.ended_at is not None:
            return "expired"
        end = self.certificate.expires_at
        return "lapsed" if end is not None and at >= end else "valid"


@dataclass(frozen=True, slots=True)
class _View:
    bundle: Bundle | None
    watched: Mapping[str, Watched]


class CertificateWatch:
    """Watches the certificates of whichever bundle serves.

    Parameters
    ----------
    database
        Where the watches are kept, shared by all processes.
    clock
        Tells whether a certificate is too old.
    telemetry
        Where the states are shown as metrics.
    live
        Returns the bundle that serves.
    base
        Share of the labels to put to a person while nothing speaks for more; 0: none.
    draw
        Gives a number from 0 to 1, by chance, for each ticket.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        telemetry: Telemetry,
        live: Callable[[], Bundle | None],
        base: float,
        draw: Callable[[], float] = _CHANCE.random,
    ) -> None:
        self._database, self._clock, self._live = database, clock, live
        self._base, self._draw, self._telemetry = base, draw, telemetry
        self._logged: dict[str, State] = {}
        self._view = _View(None, {})
        self._applied: Counter[str] = Counter()
        self._counting = threading.Lock()
        names, registry = ["head", "certificate"], telemetry.registry
        self._valid = prometheus.Gauge(
            "firstline_certificate_valid", "1 while labels are applied under a certificate", names, registry=registry
        )
        self._wealth = prometheus.Gauge(
            "firstline_certificate_wealth",
            "Evidence that it no longer holds; ends at 1 / delta",
            names,
            registry=registry,
        )
        self._share = prometheus.Gauge(
            "firstline_certificate_audited_share", "Share of its tags that people check", names, registry=registry
        )

    def apply(self, bundle: Bundle | None, assessed: Sequence[MutableMapping[str, Assessment]]) -> None:
        """Put some of the labels that would be applied to a person, and apply none under a certificate that ended."""
        if bundle is None or not any(each.mode == "auto" for tags in assessed for each in tags.values()):
            return
        watched, at = self._watched(bundle), self._clock.now()
        for tags in assessed:
            draw = self._draw()  # one for all labels of a ticket: a person who looks at it checks them together
            for head, each in tags.items():
                if each.mode == "auto" and each.certificate is not None:
                    known = watched.get(each.certificate)
                    tags[head] = audited_tags.unknown(each) if known is None else self._decided(each, known, draw, at)
                elif each.labels:
                    tags[head] = self._decided_list(each, watched, draw, at)

    def _decided(self, assessment: Assessment, known: Watched, draw: float, at: datetime) -> Assessment:
        if known.state(at) != "valid":
            return not_applied(assessment, known, at)
        audit = self._drawn(known, assessment.confidence, draw)
        return assessment if audit is None else audited_tags.audited(assessment, audit)

    def _decided_list(
        self, assessment: Assessment, watched: Mapping[str, Watched], draw: float, at: datetime
    ) -> Assessment:
        kept, shown = list_not_applied(assessment, watched, at), []
        for each in kept.labels or ():
            known = watched.get(each.certificate or "") if each.mode == "auto" else None
            audit = None if known is None else self._drawn(known, each.probability, draw)
            shown.append(each if audit is None else replace(each, mode="suggest", audit=audit))
        return as_shown(kept, shown, kept.reason_code)

    def _drawn(self, known: Watched, confidence: float, draw: float) -> Audit | None:
        """Return the audit of a label that is put to a person; None for one that is applied, and counted."""
        certificate = known.certificate
        chance = probability(known.share, confidence, certificate.threshold)
        if draw < chance:
            return Audit(certificate, chance, known.share / chance)
        with self._counting:
            self._applied[certificate.id] += 1
        return None

    def states(self, bundle: Bundle) -> tuple[list[Watched], dict[str, dict[str, int]]]:
        """Return a bundle's certificates as they stand in the database now, and by watch how often which answer came.

        Raises `StorageFault`.
        """
        watched = list(self._read(bundle).watched.values())
        ids = [each.watch.id for each in watched]
        return watched, self._database.read(lambda connection: store.counts(connection, ids)) if ids else {}

    def refresh(self) -> None:
        """Read the states again, now; while the database is away the last ones stay."""
        bundle = self._live()
        if bundle is None:
            return
        try:
            self._view = self._read(bundle)
        except StorageFault:
            return
        self._show(self._view)

    def look(self, at: datetime) -> None:
        """Read the states again, and say of each certificate that became too old that it did, once."""
        self.refresh()
        for name, each in self._view.watched.items():
            state = each.state(at)
            if self._logged.get(name, "valid") != state:
                self._logged[name] = state
                self._telemetry.event("certificate.ended", certificate=name, head=each.head, state=state)
            if state == "lapsed" and each.watch.lapsed_at is None:
                self._database.write(lambda connection, each=each: _lapse(connection, each, at))  # type: ignore[misc]

    def note(self) -> str | None:
        """Say which certificates ended, and of which too few checks are answered to notice much; None: all is well."""
        at = self._clock.now()
        said = [_noted(each, each.state(at)) for each in self._view.watched.values()]
        return " ".join(each for each in said if each) or None

    def flush(self, at: datetime | None = None) -> None:
        """Store how many labels were applied since the last time; they are what corrections are compared with."""
        with self._counting:
            applied, self._applied = self._applied, Counter()
        watched = self._view.watched
        if applied:
            now = at or self._clock.now()
            self._database.write(lambda connection: _count(connection, applied, watched, now))

    def _watched(self, bundle: Bundle) -> Mapping[str, Watched]:
        view = self._view
        if view.bundle is not bundle:
            try:
                self._view = view = self._read(bundle)
            except StorageFault:
                return {}
        return view.watched

    def _read(self, bundle: Bundle) -> _View:
        at = self._clock.now()
        return _View(bundle, self._database.read(lambda connection: watched_of(bundle, connection, at, self._base)))

    def _show(self, view: _View) -> None:
        at = self._clock.now()
        for gauge in (self._valid, self._wealth, self._share):
            gauge.clear()
        for name, each in view.watched.items():
            self._valid.labels(each.head, name).set(each.state(at) == "valid")
            self._wealth.labels(each.head, name).set(each.watch.process.wealth)
            self._share.labels(each.head, name).set(each.share)


def watched_of(bundle: Bundle, connection: sa.Connection | None, at: datetime, base: float) -> dict[str, Watched]:
    """Return a bundle's certificates by id, with what is known of each; without a database nothing is."""
    earned: list[tuple[Watch, Certificate, str | None]] = [
        (Watch.begin(head, certificate, at), certificate, None)
        for head, rule in bundle.rules.items()
        for certificate in rule.certificates
    ]
    for head, entry in bundle.manifest.multi.items():
        for record in entry.earned:
            certificate = Certificate.of_head(record, bundle.manifest.created_at)
            earned.append((Watch.begin(head, certificate, at), certificate, record.label))
    begun = {} if connection is None else store.watches(connection, [fresh.id for fresh, _, _ in earned])
    found = {}
    for fresh, certificate, label in earned:
        watch = begun.get(fresh.id, fresh)
        found[certificate.id] = Watched(fresh.head, certificate, watch, watch.share(base), label)
    return found


def list_not_applied(assessment: Assessment, watched: Mapping[str, Watched], at: datetime) -> Assessment:
    """Return a list in which no label is applied whose certificate ended, or of which nobody can tell."""
    ended, shown = ReasonCode.CERTIFICATE_LAPSED, []
    for each in assessment.labels or ():
        known = watched.get(each.certificate or "")
        if each.mode != "auto" or (known is not None and known.state(at) == "valid"):
            shown.append(each)
            continue
        shown.append(suggested(each))
        if known is not None and known.state(at) == "expired":
            ended = ReasonCode.CERTIFICATE_EXPIRED
    return as_shown(assessment, shown, ended)


def not_applied(assessment: Assessment, known: Watched, at: datetime) -> Assessment:
    """Return a label that is only suggested, because its certificate holds no more."""
    if known.state(at) == "expired":
        return audited_tags.expired(assessment, known.certificate, known.watch.ended_at or at)
    return audited_tags.lapsed(assessment, known.certificate.expires_at or at)


def _noted(watched: Watched, state: State) -> str:
    if state != "valid":
        return f"The certificate of {watched.name} {state}: its tags are only suggested."
    process = watched.watch.process
    if process.asked < _MANY or process.answered >= ENOUGH:
        return ""
    return f"Of {process.asked} checks of {watched.name} {process.answered:.0%} are answered: {ENOUGH:.0%} are needed."


def _lapse(connection: sa.Connection, lapsed: Watched, at: datetime) -> None:
    watch = store.began(connection, lapsed.head, lapsed.certificate, at)
    if watch.lapsed_at is not None or watch.ended_at is not None:
        return
    store.save(connection, replace(watch, lapsed_at=at))
    facts = {
        "id": lapsed.certificate.id,
        "head": lapsed.head,
        "why": "age",
        "issued_at": watch.issued_at,
        "expires_at": lapsed.certificate.expires_at,
    }
    outbox.emit(connection, watch.id, [NewEvent(event_types.CERTIFICATE_EXPIRED, facts, at)])


def _count(connection: sa.Connection, applied: Mapping[str, int], watched: Mapping[str, Watched], at: datetime) -> None:
    for name, n in applied.items():
        if (each := watched.get(name)) is not None:
            watch = store.began(connection, each.head, each.certificate, at)
            counts = list(watch.applied)
            counts[watch.week(at)] += n
            store.save(connection, replace(watch, applied=counts))
