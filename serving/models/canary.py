"""Watch a canary: it goes back by itself when persons correct it more often, or when it fails, is refused or slow."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from prometheus_client import Counter, Gauge
from sqlalchemy import Connection

from serving.context import Context
from serving.inference.candidates import Candidates
from serving.jobs import outbox
from serving.jobs.event_types import MODEL_CANARY_REVERTED
from serving.jobs.outbox import NewEvent
from serving.models import store
from serving.models.evidence import DELTA, MARGIN, canary_evidence
from serving.models.store import CanaryRun
from triage.model.registry import Canary, Registry

CORRECTED: Final = "corrected"
_REST: Final = 50  # times as long as counting took: it grows with the tickets of a run


@dataclass(frozen=True, slots=True)
class CanaryCounts:
    """Tickets of a run: tagged by the canary and by the current model, and those of them that a person corrected."""

    canary: int
    canary_corrected: int
    current: int
    current_corrected: int
    evidence: float


@dataclass(slots=True)
class CanaryWatch:
    """The periodic look at the canary, safe to run in several processes: one of them ends a run, once."""

    context: Context
    registry: Registry
    candidates: Candidates
    _reverted: Counter = field(init=False)
    _evidence: Gauge = field(init=False)
    _rests_until: float = 0.0  # of the clock's seconds

    def __post_init__(self) -> None:
        registry = self.context.telemetry.registry
        self._reverted = Counter("firstline_canary_reverted", "Canaries that went back", ["reason"], registry=registry)
        self._evidence = Gauge(
            "firstline_canary_evidence",
            f"Of more corrections; it ends at {1 / DELTA:.0f}",
            registry=registry,
        )

    def watch(self, at: datetime) -> None:
        """Look once: note a run that is new, and end one that must go back."""
        pointer, current = self.registry.canary(), self.registry.current_id()
        if pointer is None or current is None:
            return
        run = self._noted(pointer, current, at)
        if run.reverted_at is None:
            why = self._why(run)
            if why is None:
                return
            self._revert(run, *why, at)
        self.candidates.end(run.run)
        self.registry.stop_canary(run.run)  # also of a process that was killed after it noted the end

    def _noted(self, pointer: Canary, current: str, at: datetime) -> CanaryRun:
        noted = self.context.database.read(lambda connection: store.run_of(connection, pointer.run))
        if noted is not None:
            return noted
        run = CanaryRun(pointer.run, pointer.version, current, pointer.share, at)
        return self.context.database.write(lambda connection: store.note_run(connection, run))

    def _why(self, run: CanaryRun) -> tuple[str, str] | None:
        trouble = self.candidates.trouble
        if trouble is not None and trouble.run == run.run:
            return trouble.reason, trouble.explanation
        begun = self.context.clock.monotonic()
        if begun < self._rests_until:
            return None
        counts = self.context.database.read(lambda connection: counts_of(connection, run))
        ended = self.context.clock.monotonic()
        self._rests_until = ended + _REST * (ended - begun)
        self._evidence.set(counts.evidence)
        return (CORRECTED, explained(run, counts)) if counts.evidence >= 1 / DELTA else None

    def _revert(self, run: CanaryRun, reason: str, explanation: str, at: datetime) -> None:
        facts = {"version": run.version, "current": run.current, "share": run.share, "reason": reason}

        def operation(connection: Connection) -> bool:
            first = store.revert(connection, run.run, reason, explanation, at)
            if first:
                data = {**facts, "run": run.run, "explanation": explanation, "began_at": run.began_at}
                outbox.emit(connection, f"canary_{run.run}", [NewEvent(MODEL_CANARY_REVERTED, data, at)])
            return first

        if self.context.database.write(operation):
            self._reverted.labels(reason).inc()
            self.context.telemetry.event("model.canary_reverted", **facts)


def counts_of(connection: Connection, run: CanaryRun) -> CanaryCounts:
    """Count a run's tickets, a repeat of one once."""
    corrected: dict[str, set[str]] = {run.version: set(), run.current: set()}
    for each in store.judged(connection, run.began_at):
        if each.model in corrected and each.label != each.person:
            corrected[each.model].add(each.ticket)
    canary, current = len(corrected[run.version]), len(corrected[run.current])
    return CanaryCounts(
        canary=store.tagged_since(connection, run.version, run.began_at),
        canary_corrected=canary,
        current=store.tagged_since(connection, run.current, run.began_at),
        current_corrected=current,
        evidence=canary_evidence(canary, current, run.share),
    )


def explained(run: CanaryRun, counts: CanaryCounts) -> str:
    """Say why persons' corrections end a canary."""
    all_, share = counts.canary_corrected + counts.current_corrected, f"{100 * run.share:g} %"
    return (
        f"It serves {share} of the tickets and has {counts.canary_corrected} of the {all_} corrected ones "
        f"({counts.canary} tagged by it, {counts.current} by the current model): its tags are corrected more than "
        f"{MARGIN} times as often (evidence {counts.evidence:.0f}, {1 / DELTA:.0f} are enough)."
    )
