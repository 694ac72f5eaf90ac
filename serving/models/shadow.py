"""Let the shadow tag what the current model has tagged: after the response, in a thread of its own."""

import json
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from prometheus_client import Counter

from serving import ticket_desk
from serving.context import Context
from serving.inference.candidates import Candidates, drawn
from serving.inference.loaded_model import LoadedModel
from serving.inference.tagger import Tagged, Tagger
from serving.models import store
from triage.model.assessment import Assessment

MOST: Final = 256  # tickets that may wait
KEPT: Final = timedelta(days=90)
_TOGETHER: Final = 32  # tickets in one write
_LOOK: Final = 0.5  # seconds
_ABSENT: Final = "none"  # the mode of a head that the model does not have


@dataclass(frozen=True, slots=True)
class _Waiting:
    subject: str
    tagged: Tagged


@dataclass(slots=True)
class ShadowTagging:
    """Tags silently and keeps what the shadow said.

    A response neither waits for it nor fails by it: what does not fit into the queue is dropped and counted. After each
    ticket the thread rests for as long as the ticket took, so that it has at most half a processor. (A lower priority
    would be worse: a thread that holds the interpreter's lock and does not run delays the requests.)
    """

    context: Context
    candidates: Candidates
    tagger: Tagger
    _queue: "queue.Queue[_Waiting]" = field(default_factory=lambda: queue.Queue(MOST))
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _counted: Counter = field(init=False)
    _faulty: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._counted = Counter(
            "firstline_shadow_tickets",
            "Tickets for a shadow: tagged, dropped or failed",
            ["outcome"],
            registry=self.context.telemetry.registry,
        )

    def offer(self, subject: str, tagged: ticket_desk.Tagged) -> None:
        """Hand over what was tagged and stored; returns at once and never raises."""
        shadow = self.candidates.shadow
        if shadow is None or not isinstance(tagged, Tagged) or tagged.by.bundle is None:
            return
        if tagged.model == shadow.version:  # the canary's share, where both are one bundle
            return
        if drawn(f"shadow {shadow.version}", tagged.ticket.identity) >= self.context.settings.shadow_share:
            return
        try:
            self._queue.put_nowait(_Waiting(subject, tagged))
        except queue.Full:
            self._counted.labels("dropped").inc()

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what waits is not tagged."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def forget(self, at: datetime) -> None:
        """Delete what is older than `KEPT`."""
        self.context.database.write(lambda connection: store.forget_tags(connection, at - KEPT))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                first = self._queue.get(timeout=_LOOK)
            except queue.Empty:
                continue
            rows = [row for each in self._with_following(first) for row in self._rows(each)]
            if rows:
                self._keep(rows)

    def _keep(self, rows: Sequence[Mapping[str, Any]]) -> None:
        try:
            self.context.database.write(lambda connection: store.add_tags(connection, rows))
        except Exception as error:  # noqa: BLE001 (while nothing can be kept, tickets go on without it)
            self.context.telemetry.fault("model.shadow_not_kept", error)

    def _with_following(self, first: _Waiting) -> Iterator[_Waiting]:
        yield first
        for _ in range(_TOGETHER - 1):
            try:
                yield self._queue.get_nowait()
            except queue.Empty:
                return

    def _rows(self, waiting: _Waiting) -> list[dict[str, Any]]:
        shadow = self.candidates.shadow
        if shadow is None or self._stopping.is_set():
            return []
        begun = self.context.clock.monotonic()
        try:
            tagged = self._tagged(shadow, waiting.tagged)
        except Exception as error:  # noqa: BLE001 (a shadow disturbs nobody)
            self._counted.labels("failed").inc()
            if shadow.version not in self._faulty:
                self._faulty.add(shadow.version)
                self.context.telemetry.fault("model.shadow_failed", error, version=shadow.version)
            return []
        self._counted.labels("tagged").inc()
        self._stopping.wait(self.context.clock.monotonic() - begun)
        return _compared(waiting, tagged, self.context.clock.now())

    def _tagged(self, shadow: LoadedModel, by_current: Tagged) -> Tagged:
        shares = shadow.reader.fingerprint == by_current.by.reader.fingerprint
        read = by_current.encoded if shares else None
        critical = shadow.bundle.critical if shadow.bundle else None
        return self.tagger.tagged_by(shadow, [by_current.ticket], critical=critical, read=read)[0]


def _compared(waiting: _Waiting, by_shadow: Tagged, at: datetime) -> list[dict[str, Any]]:
    current, shadow = waiting.tagged.assessments, by_shadow.assessments
    return [
        {
            "subject": waiting.subject,
            "shadow": by_shadow.model,
            "head": head,
            "at": at,
            "model": waiting.tagged.model,
            **_said("", current.get(head)),
            **_said("shadow_", shadow.get(head)),
        }
        for head in sorted({*current, *shadow})
    ]


def _said(prefix: str, assessment: Assessment | None) -> dict[str, Any]:
    lists: dict[str, str | None] = {f"{prefix}labels": None, f"{prefix}applied": None}
    if assessment is None:
        return {f"{prefix}label": None, f"{prefix}confidence": None, f"{prefix}mode": _ABSENT, **lists}
    if assessment.labels is not None:
        shown = sorted(each.label for each in assessment.labels)
        applied = sorted(each.label for each in assessment.labels if each.mode == "auto" or each.audit)
        lists = {f"{prefix}labels": _dumped(shown), f"{prefix}applied": _dumped(applied)}
    said = (assessment.label, round(assessment.confidence, 4), assessment.mode)
    names = (f"{prefix}label", f"{prefix}confidence", f"{prefix}mode")
    return {**dict(zip(names, said, strict=True)), **lists}


def _dumped(labels: Sequence[str]) -> str:
    """Write a list of labels as it is kept and compared."""
    return json.dumps(labels, ensure_ascii=False)
