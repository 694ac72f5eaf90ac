"""The models beside the current one: a shadow, which tags silently, and a canary, which serves a share of tickets."""

import hashlib
import statistics
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from prometheus_client import Counter, Gauge

from serving.clock import Clock
from serving.inference.live_models import LiveModels, Refusal
from serving.inference.loaded_model import LoadedModel, load
from serving.inference.recent.recent_tickets import RecentTickets
from serving.telemetry import Telemetry
from triage.errors import FirstlineError
from triage.model.registry import Canary, Registry

Role = Literal["shadow", "canary"]
Trouble = Literal["refused", "failed", "slow"]
_TIMED: Final = 50  # tickets of each model, the last ones
_TIMED_AT_LEAST: Final = 20
_SLOWER: Final = 3.0  # times the current model's median
_SLACK: Final = 0.05  # seconds a ticket, which nobody notices


@dataclass(frozen=True, slots=True)
class CandidateStatus:
    """What tags beside the current model, and what of it was refused; one immutable value."""

    shadow: LoadedModel | None = None
    canary: LoadedModel | None = None
    serving: Canary | None = None  # the run of the canary that is loaded
    refused: Mapping[Role, Refusal] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class CanaryTrouble:
    """Why a run of a canary must go back at once."""

    run: str
    reason: Trouble
    explanation: str


def drawn(salt: str, ticket: str) -> float:
    """Return a number from 0 up to 1 for a ticket: the same in every process, uniform over tickets."""
    digest = hashlib.sha256(f"{salt}\n{ticket}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:7]) / 2**56


class Candidates:
    """Loads what the registry names as shadow and canary, and says which tickets the canary gets.

    A bundle that is refused, and a canary that fails, disturb nothing: the current model serves.

    Parameters
    ----------
    registry
        Where bundles and pointers lie.
    models
        What serves; its encoder is shared when a candidate names the same one.
    clock
        Tells when a bundle was refused, and measures spans.
    telemetry
        Where refusals and failures are counted and logged.
    """

    def __init__(self, registry: Registry, models: LiveModels, clock: Clock, telemetry: Telemetry) -> None:
        self.registry = registry
        self._models, self._clock, self._telemetry = models, clock, telemetry
        self._loading = threading.Lock()
        self._status = CandidateStatus()
        self._tried: tuple[str | None, Canary | None, str | None] = (None, None, None)
        self._forgotten: frozenset[str] = frozenset()
        self._recent: Callable[[LoadedModel], RecentTickets] | None = None
        self._ended: frozenset[str] = frozenset()  # runs that serve no more, wherever the pointer stands
        self._trouble: CanaryTrouble | None = None
        self._seconds: dict[bool, deque[float]] = {each: deque(maxlen=_TIMED) for each in (True, False)}
        self._loaded = Gauge(
            "firstline_model_candidate", "1 for a shadow or canary", ["version", "role"], registry=telemetry.registry
        )
        self._failures = Counter("firstline_canary_failures", "Tickets it failed on", registry=telemetry.registry)

    @property
    def status(self) -> CandidateStatus:
        """What is loaded, and what was refused."""
        return self._status

    @property
    def shadow(self) -> LoadedModel | None:
        """The model that tags silently."""
        return self._status.shadow

    @property
    def trouble(self) -> CanaryTrouble | None:
        """Why the canary must go back, as far as this process has seen."""
        return self._trouble

    def refused(self) -> str | None:
        """Say which candidates were refused and why; None while there is none."""
        found = self._status.refused
        return " ".join(f"{role}: {each.reason}" for role, each in found.items()) or None

    def canary_for(self, ticket: str, live: LoadedModel) -> LoadedModel | None:
        """Return the canary if it serves this ticket, by a hash of what the ticket is; None: the current model does."""
        status = self._status
        if status.canary is None or status.serving is None or live.origin != "current":
            return None
        running, trouble = status.serving, self._trouble
        if running.run in self._ended or (trouble is not None and trouble.run == running.run):
            return None
        return status.canary if drawn(running.version, ticket) < running.share else None

    def now(self) -> float:
        """Return seconds for `took`."""
        return self._clock.monotonic()

    def took(self, seconds: float, *, canary: bool) -> None:
        """Note how long the canary or the current model needed for a ticket; a canary that is much slower goes back."""
        running = self._status.serving
        if running is None:
            return
        self._seconds[canary].append(seconds)
        own, others = list(self._seconds[True]), list(self._seconds[False])
        if min(len(own), len(others)) < _TIMED_AT_LEAST:
            return
        mine, current = statistics.median(own), statistics.median(others)
        if mine > _SLOWER * current + _SLACK:
            said = f"It takes {mine:.2f} s a ticket, the current model {current:.2f} s (medians of {len(own)} tickets)."
            self._trouble = CanaryTrouble(running.run, "slow", said)

    def failed(self, error: Exception) -> None:
        """Note that the canary failed on a ticket, which the current model then tagged."""
        self._failures.inc()
        self._telemetry.fault("model.canary_failed", error)
        if (running := self._status.serving) is not None:
            said = f"It failed on a ticket: {type(error).__name__}. The current model tagged it."
            self._trouble = CanaryTrouble(running.run, "failed", said)

    def end(self, run: str) -> None:
        """Let a run serve no more, also while its pointer stands."""
        self._ended |= {run}

    def forget(self, ids: Collection[str]) -> None:
        """Show these closed tickets no more."""
        with self._loading:
            self._forgotten |= frozenset(ids)
            self._status = replace(
                self._status, shadow=self._without(self._status.shadow), canary=self._without(self._status.canary)
            )

    def remember(self, recent: Callable[[LoadedModel], RecentTickets]) -> None:
        """Let tickets that were closed since a bundle was made count beside those that it carries, from now on."""
        with self._loading:
            self._recent = recent
            shadow, canary = (self._with_recent(each) for each in (self._status.shadow, self._status.canary))
            self._status = replace(self._status, shadow=shadow, canary=canary)

    def watch(self, at: datetime) -> None:  # noqa: ARG002 (every watch gets the instant)
        """Look whether a pointer moved, and load what it names now; a bundle refused once is not tried again."""
        live = self._models.loaded
        pointers = self.registry.shadow_id(), self.registry.canary(), live.version if live else None
        if pointers == self._tried or live is None:
            return
        with self._loading:
            self._tried = pointers
            shadow_id, canary, _ = pointers
            if canary != self._status.serving:
                for each in self._seconds.values():
                    each.clear()
            refused: dict[Role, Refusal] = {}
            shadow = self._load("shadow", shadow_id, live, refused)
            loaded = self._load("canary", canary.version if canary else None, live, refused)
            self._status = CandidateStatus(shadow, loaded, canary if loaded else None, MappingProxyType(refused))
            if canary is not None and (no := refused.get("canary")) is not None:
                self._trouble = CanaryTrouble(canary.run, "refused", no.reason)
            self._show()

    def _load(
        self, role: Role, version: str | None, live: LoadedModel, refused: dict[Role, Refusal]
    ) -> LoadedModel | None:
        if version is None or version == live.version:
            return None
        for known in (self._status.shadow, self._status.canary):
            if known is not None and known.version == version:
                return replace(known, origin=role)
        at = self._clock.now()
        try:
            trusted, kept = self.registry.trusted, self.registry.prepared
            folder = self.registry.path(version)
            found = load(folder, origin=role, at=at, running=live, trusted=trusted, prepared_in=kept)
            loaded = self._with_recent(self._without(found))
        except Exception as error:  # noqa: BLE001 (whatever a foreign file makes a parser say, the current model stays)
            reason = str(error) if isinstance(error, FirstlineError) else f"It could not be loaded: {error!r}"
            refused[role] = Refusal(version, reason, at)
            self._telemetry.event("model.candidate_refused", version=version, role=role, reason=reason)
            return None
        self._telemetry.event("model.candidate_loaded", version=version, role=role)
        return loaded

    def _without(self, model: LoadedModel | None) -> LoadedModel | None:
        return model.without(self._forgotten) if model is not None and self._forgotten else model

    def _with_recent(self, model: LoadedModel | None) -> LoadedModel | None:
        if model is None or self._recent is None:
            return model
        return model.with_recent(self._recent(model).without(self._forgotten))

    def _show(self) -> None:
        self._loaded.clear()
        for role, model in (("shadow", self._status.shadow), ("canary", self._status.canary)):
            if model is not None:
                self._loaded.labels(model.version, role).set(1)
