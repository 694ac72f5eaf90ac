"""The model that serves now, and how it is swapped without disturbing a request."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from prometheus_client import Counter, Gauge

from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from serving.clock import Clock
from serving.inference.errors import EncoderMissing, ModelNotReady
from serving.inference.loaded_model import DEFAULTS, LoadedModel, Origin, defaults, load, shared
from serving.inference.own_content import DeskContent
from serving.inference.recent.recent_tickets import RecentTickets
from serving.inference.second_encoder import SecondEncoder
from serving.peers.refusals import Refusals
from serving.telemetry import Telemetry
from triage.errors import FirstlineError
from triage.model.bundle_files import MANIFEST
from triage.model.registry import Registry
from triage.signing.signatures import SIGNATURE

NOTHING_TO_LOAD = (
    "No model bundle: run `make setup` for the sample models, or `make train` and `make promote` for your own."
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused bundle, and why."""

    id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What serves, and what is wrong."""

    live: LoadedModel | None = None
    refused: Refusal | None = None
    missing: str | None = None


SAMPLE = "sample"  # what the sample bundle is called before its id is known


class LiveModels:
    """Loads the current bundle beside the running one and swaps it in by one assignment.

    Parameters
    ----------
    registry
        Where bundles and the pointer to the current one lie, and whose signatures they need.
    sample
        Folder of the sample bundle, served when the registry has no current one.
    clock
        Tells when a bundle was loaded or refused.
    telemetry
        Where swaps and refusals are counted and logged.
    content
        What the desk has of its own: the sample serves only while that is nothing. None: only a bundle counts.
    encoder_folders
        Folders of the encoder that serves a desk without a bundle; the first that exists.
    """

    def __init__(
        self,
        registry: Registry,
        sample: Path,
        clock: Clock,
        telemetry: Telemetry,
        content: DeskContent | None = None,
        encoder_folders: Sequence[Path] = (),
    ) -> None:
        self._registry = registry
        self._content = content
        self._encoder_folders = (*encoder_folders, sample / "encoder")
        self._sample = sample
        self._clock = clock
        self._telemetry = telemetry
        self._second = SecondEncoder()
        self._loading = threading.Lock()
        self._status = ModelStatus()
        self._tried: tuple[object, ...] | None = None
        self._forgotten: frozenset[str] = frozenset()
        self._recent: Callable[[LoadedModel], RecentTickets] | None = None
        self._told: list[Callable[[], None]] = []
        self._shared = Refusals(None)
        self._swaps = Counter("firstline_model_swaps", "Bundles put in place", registry=telemetry.registry)
        self._refusals = Counter("firstline_model_refusals", "Bundles refused", registry=telemetry.registry)
        self._live = Gauge(
            "firstline_model_live", "1 for the bundle that serves", ["version", "origin"], registry=telemetry.registry
        )

    @property
    def status(self) -> ModelStatus:
        """What serves and what was refused last; one immutable value."""
        status = self._status
        if status.live is None or status.live.origin != "sample" or self._shows_sample():
            return status
        # The watch loads what serves from now on; until then nothing of the sample is shown.
        return replace(status, live=defaults(status.live.encoder, at=status.live.loaded_at))

    @property
    def loaded(self) -> LoadedModel | None:
        """What serves as of the last look at the desk, for code that runs inside a write and may not look itself."""
        live = self._status.live
        if live is None or live.origin != "sample" or self._content is None or self._content.showed_sample:
            return live
        return None

    def take(self) -> LoadedModel:
        """Return the model that serves; keep it for the whole request.

        Raises `ModelNotReady` while none is loaded; the message says what to do.
        """
        status = self.status
        if status.live is None:
            raise ModelNotReady(self._why_not(status))
        return status.live

    def tell(self, whom: Callable[[], None]) -> None:
        """Call this after each swap, in the thread that made it; it must be quick."""
        self._told.append(whom)

    def read_again_by(self, second: Callable[[], Path | None]) -> None:
        """Let a desk without a bundle read questions by a second encoder, too; None: there is none."""
        self._second = SecondEncoder(second)

    def heed(self, refusals: Refusals) -> None:
        """Refuse what another worker refuses, even while it serves here, and let the others know of refusals."""
        self._shared = refusals

    def forget(self, ids: Collection[str]) -> None:
        """Neither show nor follow these closed tickets, whichever bundle carries them."""
        with self._loading:
            self._forgotten |= frozenset(ids)
            if self._status.live is not None:
                self._status = replace(self._status, live=self._status.live.without(self._forgotten))

    def remember(self, recent: Callable[[LoadedModel], RecentTickets]) -> None:
        """Let tickets that were closed since a bundle was made count beside those that it carries, from now on."""
        with self._loading:
            self._recent = recent
            if self._status.live is not None:
                self._status = replace(self._status, live=self._with_recent(self._status.live))

    def _with_recent(self, model: LoadedModel) -> LoadedModel:
        if self._recent is None:
            return model
        return model.with_recent(self._recent(model).without(self._forgotten))

    def missing(self) -> str | None:
        """Say why nothing can be tagged; None while a model serves."""
        return self._why_not(self._status) if self._status.live is None else None

    def refused(self) -> str | None:
        """Say which bundle or second encoder was refused and why; None while all that was chosen serves."""
        status = self._status
        if status.refused is None:
            return self._second.fault if status.live and status.live.origin == "defaults" else None
        kept = f". Bundle {status.live.version} keeps serving." if status.live else ""
        return f"{status.refused.reason}{kept}"

    @staticmethod
    def _why_not(status: ModelStatus) -> str:
        if status.refused is not None:
            return status.refused.reason
        return status.missing or "The model is being loaded."

    def watch(self, at: datetime) -> None:  # noqa: ARG002 (every watch gets the instant)
        """Look whether the pointer moved, and load what it names now; a bundle refused once is not tried again."""
        if self._pointer() != self._tried:
            self.reload()

    def reload(self) -> ModelStatus:
        """Load what the pointer names now, in the caller's thread, and say how it went."""
        with self._loading:
            self._tried = self._pointer()
            choices = self._choices()
            if not choices:
                self._status = replace(self._status, missing=NOTHING_TO_LOAD)
                return self._status
            refused: Refusal | None = None
            for version, origin in choices:
                outcome = self._try(version, origin)
                if outcome is None:
                    break
                refused = refused or outcome
                if self._keeps_running(outcome):
                    break
            self._status = replace(self._status, refused=refused)
            if self._content is not None:
                live = self._status.live
                self._content.note_refused(refused=refused is not None and (not live or live.origin == "defaults"))
            return self._status

    def _shows_sample(self) -> bool:
        return self._content is None or self._content.shows_sample()

    def _keeps_running(self, refused: Refusal) -> bool:
        """Whether what serves may go on when a bundle was refused: the sample may not, on a real desk.

        Nor may that bundle itself, which another worker has refused.
        """
        live = self._status.live
        if live is None or live.version == refused.id:
            return False
        return live.origin != "sample" or self._shows_sample()

    def _pointer(self) -> tuple[object, ...]:
        current = self._registry.current_id()
        sample = self._sample / MANIFEST
        # Without a current bundle the sample may appear later (`make setup` beside a running service).
        return (
            current,
            self._shows_sample(),
            None if current or not sample.is_file() else str(sample.stat().st_mtime_ns),
            _signed_at(self._registry.folder / current if current else self._sample),
            self._refused_by_others(current) if current else self._second.written_at(),
        )

    def _refused_by_others(self, version: str) -> str | None:
        return self._shared.why(version, _signed_at(self._registry.folder / version))

    def _choices(self) -> list[tuple[str, Origin]]:
        """List what may serve, best first: the others stand in only while nothing serves yet."""
        current, previous = self._registry.current_id(), self._registry.previous_id()
        if current is None and self._shows_sample():
            return [(SAMPLE, "sample")] if (self._sample / MANIFEST).is_file() else []
        choices: list[tuple[str, Origin]] = [(current, "current")] if current else []
        if current and previous and previous != current:
            choices.append((previous, "previous"))
        if self._content is not None and any(folder.is_dir() for folder in self._encoder_folders):
            choices.append((DEFAULTS, "defaults"))
        return choices

    def _try(self, version: str, origin: Origin) -> Refusal | None:
        running, at, is_shared = self._status.live, self._clock.now(), origin in {"current", "previous"}
        if is_shared and (why := self._refused_by_others(version)) is not None:
            self._telemetry.event("model.refused", version=version, reason=why)
            return Refusal(version, why, at)
        if running is not None and running.version == version and not (origin == "defaults" and self._second.fault):
            self._put(replace(running, origin=origin))
            return None
        try:
            if origin == "defaults":
                loaded = defaults(self._encoder(), at=at, second=self._second.read(self._read_from))
                if self._second.fault:
                    self._telemetry.event("model.second_encoder_not_used", reason=self._second.fault)
            else:
                folder = self._sample if origin == "sample" else self._registry.path(version)
                trusted, kept = self._registry.trusted, self._registry.prepared
                loaded = load(folder, origin=origin, at=at, running=running, trusted=trusted, prepared_in=kept)
        except Exception as error:  # noqa: BLE001 (whatever a foreign file makes a parser say, the running model stays)
            self._refusals.inc()
            reason = str(error) if isinstance(error, FirstlineError) else f"It could not be loaded: {error!r}"
            self._telemetry.event("model.refused", version=version, reason=reason)
            if is_shared:
                self._shared.note(version, _signed_at(self._registry.folder / version), reason)
            return Refusal(version, reason, at)
        self._swaps.inc()
        self._telemetry.event("model.live", version=loaded.version, origin=origin)
        self._put(loaded)
        return None

    def _encoder(self) -> Encoder:
        """Return the encoder that serves already, else the first that is there: the articles' vectors then stay."""
        if self._status.live is not None:
            return self._status.live.encoder
        for folder in self._encoder_folders:
            if folder.is_dir():
                return self._read_from(folder)
        raise EncoderMissing(self._encoder_folders)

    def _read_from(self, folder: Path) -> Encoder:
        return shared(encoders.load(folder, prepared_in=self._registry.prepared))

    def _put(self, model: LoadedModel) -> None:
        known = model.without(self._forgotten) if self._forgotten else model
        self._status = ModelStatus(live=self._with_recent(known))
        self._live.clear()
        self._live.labels(model.version, model.origin).set(1)
        for tell in self._told:
            tell()


def _signed_at(folder: Path) -> int:
    """Say when a bundle was signed: one that was refused is tried again then."""
    signature = folder / SIGNATURE
    return signature.stat().st_mtime_ns if signature.is_file() else 0
