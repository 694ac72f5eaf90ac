"""Change which bundle serves, or runs beside it, and record who did it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from serving.changes.edit import Edit
from serving.inference.candidates import Candidates
from serving.inference.live_models import LiveModels, ModelStatus
from serving.settings import Settings
from serving.telemetry import Telemetry
from triage.instants import to_text
from triage.model.promotion import erased_content, history, verdicts
from triage.model.promotion.errors import NotPassed
from triage.model.promotion.history import Change, What
from triage.model.registry import Registry
from triage.tickets import tombstones
from triage.tickets.tombstones import Erased

#: Says why a bundle in a folder must not serve now; None: it may.
WhyNot = Callable[[Path, datetime], str | None]


def no_objection(folder: Path, at: datetime) -> str | None:  # noqa: ARG001
    """Let every bundle serve."""
    return None


@dataclass(frozen=True, slots=True)
class ModelSwitching:
    """The use cases of an admin: what `firstline models` and `firstline-train rollback` do, from within the service.

    The gates need the training libraries, so they run in `firstline-train promote`, which keeps its verdict beside the
    bundles. Here a bundle may serve only by such a verdict, given beside the bundle that is current now, and only if it
    holds nothing that was erased since, and if nothing that passes now is known to fail with it.
    """

    registry: Registry
    models: LiveModels
    candidates: Candidates
    settings: Settings
    telemetry: Telemetry
    why_not: WhyNot = no_objection

    def reload(self, edit: Edit) -> ModelStatus:
        """Load now what the pointers name."""
        status = self.models.reload()
        self.candidates.watch(edit.at)
        self._record("reloaded", None, edit)
        return status

    def roll_back(self, edit: Edit) -> str:
        """Let the previous bundle serve again, and return its id.

        Raises `NothingToRollBackTo`, `UnknownVersion`, `BundleRefused`, `HoldsErased`.
        """
        self._refuse_erased(self.registry.previous_id())
        version = self.registry.rollback()
        self._follow("rolled_back", version, edit)
        return version

    def make_current(self, version: str, edit: Edit) -> None:
        """Let a bundle serve that passed the gates; older ones that hold something erased are deleted.

        Raises `NotPassed`, `UnknownVersion`, `BundleRefused`, `HoldsErased`.
        """
        self._refuse_not_passed(version, edit.at)
        self.registry.make_current(version)
        erased_content.prune(self.registry, self._erased())
        self._follow("made_current", version, edit)

    def start_shadow(self, version: str, edit: Edit) -> None:
        """Let a bundle tag silently. Raises `UnknownVersion`, `NoCurrentModel`, `BundleRefused`, `HoldsErased`."""
        self._refuse_erased(version)
        self.registry.start_shadow(version)
        self._follow("shadow_started", version, edit)

    def stop_shadow(self, edit: Edit) -> None:
        """Let no bundle tag silently."""
        stopped = self.registry.shadow_id()
        self.registry.stop_shadow()
        self._follow("shadow_stopped", stopped, edit)

    def start_canary(self, version: str, share: float, edit: Edit) -> None:
        """Let a bundle that passed the gates serve a share of the tickets.

        Raises `CanaryShareRefused`, `NoCurrentModel`, `NotPassed`, `UnknownVersion`, `BundleRefused`, `HoldsErased`.
        """
        self._refuse_not_passed(version, edit.at)
        self.registry.start_canary(version, share)
        self._follow("canary_started", version, edit, share)

    def stop_canary(self, edit: Edit) -> None:
        """Let the current bundle serve every ticket again."""
        running = self.registry.canary()
        if self.registry.stop_canary():
            self._follow("canary_stopped", running.version if running else None, edit)

    def _refuse_not_passed(self, version: str, at: datetime) -> None:
        folder = self.registry.path(version)
        verdict = verdicts.kept(self.registry).get(version)
        if (reason := verdicts.why_not(verdict, self.registry.current_id())) is not None:
            raise NotPassed(version, reason)
        self._refuse_erased(version)
        if (reason := self.why_not(folder, at)) is not None:
            raise NotPassed(version, reason)

    def _refuse_erased(self, version: str | None) -> None:
        erased_content.refuse(self.registry, version, self._erased())

    def _erased(self) -> Erased:
        return tombstones.read(self.settings.home)

    def _follow(self, what: What, version: str | None, edit: Edit, share: float | None = None) -> None:
        """Load what the pointers name now, as the other processes do within a second, and record who moved them."""
        self.models.watch(edit.at)
        self.candidates.watch(edit.at)
        self._record(what, version, edit, share)

    def _record(self, what: What, version: str | None, edit: Edit, share: float | None = None) -> None:
        change = Change(
            at=to_text(edit.at),
            what=what,
            version=version,
            share=share,
            by=edit.by,
            key_id=edit.key_id,
            because=edit.because,
        )
        if self.registry.folder.is_dir():
            history.add(self.registry.folder, change)
        self.telemetry.event("model.changed", what=what, version=version, share=share, key_id=edit.key_id)
