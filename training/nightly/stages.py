"""The stages of a nightly refit: the command of each, what it depends on, and what it leaves."""

from __future__ import annotations

import gzip
import hashlib
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from training.runs.inputs import content
from triage.errors import BundleRefused
from triage.model.bundle_files import SealedFolder
from triage.model.promotion import verdicts
from triage.model.registry import Registry
from triage.tickets import tombstones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SERVING: Final = (sys.executable, "-m", "serving.cli")
TRAINING: Final = (sys.executable, "-m", "training.cli")
TICKETS: Final = "closed_tickets.jsonl.gz"
#: As `training.data_quality.doctor` and `training.audit.answers` name them, which take seconds to load.
_FOUND: Final = ("doctor.json", "label_next.jsonl")
_ANSWERS: Final = "audits/answers.jsonl"
_GOLDEN: Final = ("evals/questions.toml", "index/questions.toml")
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to refit: the home, where the bundle goes, and what else the stages are given."""

    home: Path
    out: Path
    articles: Path | None = None
    config: Path | None = None
    overlay: Path | None = None
    encoder: Path | None = None
    shadow: bool = False
    serving: tuple[str, ...] = SERVING
    """The command `firstline`,"""
    training: tuple[str, ...] = TRAINING
    """and `firstline-train`: processes of their own, so that one stage's memory is free when the next begins."""

    @property
    def tickets(self) -> Path:
        """Where the snapshot is."""
        return self.home / TICKETS

    @property
    def registry(self) -> Registry:
        """The bundles of the home."""
        return Registry(self.home / "models")

    def options(self, *names: str) -> list[str]:
        """Return the options that were given, of some."""
        given = ((name, getattr(self, name)) for name in names)
        return [word for name, path in given if path is not None for word in (f"--{name}", str(path))]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: it need not run again while what it depends on and what it left are the same."""

    name: str
    command: Sequence[str]
    depends_on: Callable[[], Mapping[str, str | None]]
    leaves: Callable[[], Mapping[str, str] | None]
    """What identifies its results; None: they are not there, or not whole."""
    needless: Callable[[], str | None] = lambda: None
    """Why there is nothing to do; None: there is."""


def stages(wanted: Wanted, round_id: str) -> list[Stage]:
    """Return the stages in order; every round takes a snapshot of its own."""
    found = [_snapshot(wanted, round_id), _doctor(wanted), _fit(wanted), _gates(wanted)]
    return [*found, _shadow(wanted)] if wanted.shadow else found


def _snapshot(wanted: Wanted, round_id: str) -> Stage:
    command = [*wanted.serving, "snapshot", "--out", str(wanted.tickets), "--home", str(wanted.home)]
    return Stage("snapshot", command, lambda: {"round": round_id}, lambda: _files(wanted.tickets))


def _doctor(wanted: Wanted) -> Stage:
    out = wanted.home / "care"
    command = [*wanted.training, "doctor", "--tickets", str(wanted.tickets), "--out", str(out)]
    command += [*wanted.options("overlay", "encoder"), "--home", str(wanted.home)]
    return Stage(
        "doctor",
        command,
        lambda: _common(wanted) | {"overlay": _digest(wanted.overlay)},
        lambda: _files(*(out / name for name in _FOUND)),
    )


def _fit(wanted: Wanted) -> Stage:
    command = [*wanted.training, "fit", "--tickets", str(wanted.tickets), "--out", str(wanted.out)]
    command += [*wanted.options("articles", "config", "overlay", "encoder"), "--home", str(wanted.home)]

    def depends_on() -> Mapping[str, str | None]:
        return _common(wanted) | {
            "out": str(wanted.out.absolute()),
            "articles": _digest(wanted.articles),
            "config": _digest(wanted.config),
            "overlay": _digest(wanted.overlay),
            "audit": _digest(wanted.home / _ANSWERS),
            "second_encoder": _digest(wanted.home / "multilingual" / "int8"),
            "current": wanted.registry.current_id(),
        }

    return Stage("fit", command, depends_on, lambda: _bundle(wanted.out))


def _gates(wanted: Wanted) -> Stage:
    command = [*wanted.training, "promote", "--gates-only", "--bundle", str(wanted.out)]
    command += [*wanted.options("articles"), "--home", str(wanted.home)]

    def depends_on() -> Mapping[str, str | None]:
        golden = {name: _digest(wanted.home / name) for name in _GOLDEN}
        articles = {"articles": _digest(wanted.articles), "index": _digest(wanted.home / "index")}
        return _common(wanted) | golden | articles | _candidate(wanted)

    def leaves() -> Mapping[str, str] | None:
        version_id, registry = _id(wanted.out), wanted.registry
        verdict = verdicts.kept(registry).get(version_id or "")
        if version_id not in registry.versions() or verdict is None or not verdict.promoted:
            return None
        return {"bundle": verdict.version, "beside": verdict.beside or ""}

    return Stage("gates", command, depends_on, leaves)


def _shadow(wanted: Wanted) -> Stage:
    registry = wanted.registry
    command = [*wanted.serving, "models", "shadow", str(wanted.out), "--home", str(wanted.home)]

    def leaves() -> Mapping[str, str] | None:
        shadow = registry.shadow_id()
        return {"shadow": shadow} if shadow and shadow == _id(wanted.out) else None

    def needless() -> str | None:
        current = registry.current_id()
        if current is None:
            return "no bundle is current, so there is nothing to compare a shadow with"
        return "this bundle is current" if current == _id(wanted.out) else None

    return Stage("shadow", command, lambda: _candidate(wanted), leaves, needless)


def _common(wanted: Wanted) -> dict[str, str | None]:
    """Return what doctor, fit and gates all depend on."""
    return {
        "firstline": version("firstline"),
        "tickets": _unpacked(wanted.tickets),
        "encoder": _digest(wanted.encoder or wanted.home / "encoder" / "int8"),
        "erased": _digest(wanted.home / tombstones.FILE),
    }


def _candidate(wanted: Wanted) -> dict[str, str | None]:
    return {"bundle": _id(wanted.out), "current": wanted.registry.current_id()}


def _digest(path: Path | None) -> str | None:
    return content(path) if path is not None and path.exists() else None


def _unpacked(path: Path) -> str | None:
    """Return the sha256 of a snapshot's lines: its gzip header holds a time."""
    if not path.is_file():
        return None
    found = hashlib.sha256()
    with gzip.open(path) as file:
        while piece := file.read(_CHUNK):
            found.update(piece)
    return found.hexdigest()


def _files(*paths: Path) -> Mapping[str, str] | None:
    return {path.name: content(path) for path in paths} if all(path.is_file() for path in paths) else None


def _bundle(folder: Path) -> Mapping[str, str] | None:
    found = _id(folder)
    return None if found is None else {"bundle": found}


def _id(folder: Path) -> str | None:
    """Return the id of a bundle that is whole."""
    try:
        return SealedFolder.open(folder).id
    except BundleRefused:
        return None
