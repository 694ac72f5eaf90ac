"""What the page of models shows: the bundles on disk, what each is used for, and what the gates said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from triage.errors import BundleRefused
from triage.instants import from_text
from triage.model.assessment import REST
from triage.model.bundle_files import MANIFEST, REPORT, read_manifest
from triage.model.head_entry import HeadEntry
from triage.model.manifest import Manifest
from triage.model.multi.entry import MultiEntry
from triage.model.promotion import verdicts
from triage.model.promotion.overrides import Override
from triage.model.promotion.verdicts import Verdict
from triage.model.registry import Registry
from triage.signing.signatures import SIGNATURE

SHORT = 12
_KEPT = 32  # manifests


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRow:
    """One head of a bundle, as it was measured on held-out tickets."""

    name: str
    labels: int
    n: int
    accuracy: float | None
    macro_f1: float | None
    suggested: float | None
    applied: float
    uncertified: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRow:
    """A bundle on disk; without a manifest `problem` says why it cannot be used."""

    version: str
    roles: Sequence[str]
    problem: str | None = None
    fitted_at: datetime | None = None
    tickets: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    languages: Sequence[str] = ()
    signed: str = ""
    has_report: bool = False
    heads: Sequence[HeadRow] = ()
    overrides: Sequence[Override] = ()
    verdict: Verdict | None = None
    not_now: str | None = None
    """Why it may not serve now; None: it may, or it does."""

    @property
    def short(self) -> str:
        """The beginning of its id, as commands take it."""
        return self.version[:SHORT]


def bundles(registry: Registry) -> list[BundleRow]:
    """Return the bundles on disk, newest first."""
    judged, current = verdicts.kept(registry), registry.current_id()
    roles = _roles(registry)
    found = []
    for version in registry.versions():
        verdict = judged.get(version)
        not_now = None if version == current else verdicts.why_not(verdict, current)
        found.append(row(registry, registry.folder / version, roles.get(version, ()), verdict, not_now))
    return found


def refused(registry: Registry) -> list[Verdict]:
    """Return the verdicts of bundles that the gates refused and that are therefore not in the registry."""
    known = set(registry.versions())
    return [each for each in verdicts.kept(registry).values() if not each.promoted and each.version not in known]


def row(
    registry: Registry, folder: Path, roles: Sequence[str], verdict: Verdict | None = None, not_now: str | None = None
) -> BundleRow:
    """Return what is known of one bundle."""
    try:
        manifest = _manifest(folder, (folder / MANIFEST).stat().st_mtime_ns)
    except (BundleRefused, OSError) as problem:
        return BundleRow(version=folder.name, roles=roles, problem=str(problem), not_now="it cannot be read")
    window = manifest.data.window
    return BundleRow(
        version=manifest.id,
        roles=roles,
        fitted_at=from_text(manifest.created_at, "created_at"),
        tickets=manifest.data.tickets,
        first_at=from_text(window.first, "from") if window else None,
        last_at=from_text(window.last, "to") if window else None,
        languages=_languages(manifest),
        signed=_signed(registry, folder, manifest),
        has_report=manifest.file(REPORT) is not None,
        overrides=manifest.overrides,
        heads=[
            *(_head(name, entry) for name, entry in manifest.heads.items()),
            *(_lists(name, entry) for name, entry in manifest.multi.items()),
        ],
        verdict=verdict,
        not_now=not_now,
    )


def part(of: Mapping[str, str]) -> str:
    """Say in words which tickets a certificate is about."""
    said = [f"any other {name}" if value == REST else f"{name} {value}" for name, value in of.items()]
    return ", ".join(said) or "all tickets"


def _roles(registry: Registry) -> dict[str, list[str]]:
    canary = registry.canary()
    named = {
        "current": registry.current_id(),
        "previous": registry.previous_id(),
        "shadow": registry.shadow_id(),
        "canary": canary.version if canary else None,
    }
    found: dict[str, list[str]] = {}
    for role, version in named.items():
        if version is not None:
            found.setdefault(version, []).append(role)
    return found


def _head(name: str, entry: HeadEntry) -> HeadRow:
    return HeadRow(
        name=name,
        labels=len(entry.labels),
        n=entry.metrics.n,
        accuracy=entry.metrics.accuracy,
        macro_f1=entry.metrics.macro_f1,
        suggested=entry.metrics.coverage,
        applied=entry.applied,
        uncertified=[f"{part(each.slice)}: {each.reason}" for each in entry.uncertified],
    )


def _lists(name: str, entry: MultiEntry) -> HeadRow:
    """Return the row of a head with several labels a ticket, of which accuracy says nothing."""
    alone = "any label: its labels are suggestions, the likeliest first" if not entry.earned else None
    return HeadRow(
        name=name,
        labels=len(entry.labels),
        n=entry.metrics.n,
        accuracy=None,
        macro_f1=entry.metrics.macro_f1,
        suggested=entry.metrics.coverage,
        applied=entry.metrics.applied or 0.0,
        uncertified=[alone] if alone else [],
    )


def _languages(manifest: Manifest) -> list[str]:
    """Return the languages with figures of their own: those of at least 30 held-out tickets."""
    slices = (each.slice for entry in manifest.heads.values() for each in entry.slices)
    return sorted({each["language"] for each in slices if "language" in each})


def _signed(registry: Registry, folder: Path, manifest: Manifest) -> str:
    if registry.trusted:
        return "not trusted" if registry.trusted.fault(folder, "bundle", manifest.id) else "trusted"
    return "not checked" if (folder / SIGNATURE).is_file() else "no"


@lru_cache(_KEPT)
def _manifest(folder: Path, _written_at: int) -> Manifest:
    return read_manifest(folder)
