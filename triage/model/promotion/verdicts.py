"""What the gates said of a bundle: kept beside the bundles, so that whoever decides later reads the same reasons.

`firstline-train promote` writes `<home>/models/verdicts/<id>.json`, also for a bundle that it refuses.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from triage.durable_files import reword_file, write_file
from triage.model.promotion.overrides import Override

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from triage.model.registry import Registry

_FOLDER = "verdicts"


class GateVerdict(Struct, frozen=True, kw_only=True):
    """One gate: whether the bundle passes it, and why."""

    name: str
    passed: bool
    reason: str
    override: Override | None = None
    """Who lets the bundle serve all the same; None: nobody does, or need."""


class Verdict(Struct, frozen=True, kw_only=True):
    """Every gate's result for a bundle beside the one that was current then."""

    version: str
    beside: str | None
    """The current bundle; None: there was none."""
    at: str
    promoted: bool
    gates: tuple[GateVerdict, ...]

    @property
    def refusals(self) -> tuple[GateVerdict, ...]:
        """The gates that it did not pass and that nobody overrode."""
        return tuple(gate for gate in self.gates if not gate.passed and gate.override is None)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """What a person overrode."""
        return tuple(gate.override for gate in self.gates if gate.override is not None)


def keep(registry: Registry, verdict: Verdict) -> None:
    """Keep a verdict; those of bundles that are not in the registry go, but for this one."""
    folder = registry.folder / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / f"{verdict.version}.json", msgspec.json.format(msgspec.json.encode(verdict)))
    known = {*registry.versions(), verdict.version}
    for path in folder.glob("*.json"):
        if path.stem not in known:
            path.unlink(missing_ok=True)


def kept(registry: Registry) -> dict[str, Verdict]:
    """Return the last verdict of each bundle by its id; a file that cannot be read is left out."""
    found = (_read(path) for path in sorted((registry.folder / _FOLDER).glob("*.json")))
    return {each.version: each for each in found if each is not None}


def forget(registry: Registry, version: str) -> None:
    """Delete what is kept of a bundle."""
    (registry.folder / _FOLDER / f"{version}.json").unlink(missing_ok=True)


def reword(folder: Path, words: Callable[[str], str]) -> int:
    """Put the reasons of overrides, and all else that verdicts say, in other words; return how many changed.

    `folder` is that of the bundles.
    """
    return sum(reword_file(path, words) for path in sorted((folder / _FOLDER).glob("*.json")))


def why_not(verdict: Verdict | None, current: str | None) -> str | None:
    """Say why a verdict does not let a bundle serve beside or in place of the current one; None: it does."""
    if verdict is None:
        return "the gates have not judged it"
    if not verdict.promoted:
        return f"it did not pass {', '.join(gate.name for gate in verdict.refusals)}"
    if verdict.beside != current:
        return "the gates judged it beside another bundle than the current one"
    return None


def _read(path: Path) -> Verdict | None:
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes(), type=Verdict)
    return None
