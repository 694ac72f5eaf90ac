"""Promote a bundle despite a gate: by the gate's name and a reason, both of which go into the bundle."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from markupsafe import escape
from msgspec import structs

from training.bundles import folder as bundle_folder
from training.errors import OverrideRefused
from training.promotion import promotion
from triage.instants import to_text
from triage.model.bundle_files import REPORT, SealedFolder
from triage.model.promotion.overrides import Override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from training.promotion.gates import Gate
    from training.promotion.promotion import Verdict
    from triage.model.manifest import Manifest

OVERRIDABLE: Final = (
    "certificate", "not worse", "better than chance", "better than trivial", "urgent", "evals", "latency", "leaks",
    "authors",
)  # fmt: skip
_NEVER: Final = {
    "checksums": "what is not as it was sealed or signed is not the bundle that was measured",
    "golden texts": "the encoder or the heads are not those that were fitted",
    "parity": "the heads are not those that were fitted",
    "serves as measured": "its figures are not of what would serve",
    "measured": "nothing is known of it",
    "erased tickets": "a customer had them erased",
    "labels": "clients know these labels; name what became of them (docs/taxonomy.md), or give --accept-dropped-labels",
}
_LONGEST: Final = 500
_FIRST: Final = b"<nav>"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A gate to override: its name, with or without its head, and why."""

    gate: str
    because: str

    def means(self, gate: Gate) -> bool:
        """Say whether it names a gate."""
        return self.gate in {gate.name, _kind(gate.name)}


@dataclass(frozen=True, slots=True)
class Person:
    """Who overrides, and when."""

    by: str
    at: datetime


def wanted(despite: Sequence[str], because: Sequence[str]) -> tuple[Wanted, ...]:
    """Return what is to be overridden, each gate with its reason or all with the only one. Raises `OverrideRefused`."""
    if not despite:
        return ()
    reasons = list(because) * (len(despite) if len(because) == 1 else 1)
    if len(reasons) != len(despite):
        raise OverrideRefused("give one --because for all gates, or one for each --despite")
    found = []
    for name, reason in zip(despite, reasons, strict=True):
        kind, why = _kind(name), " ".join(reason.split())
        if kind in _NEVER:
            raise OverrideRefused(f"the gate {kind!r} is never overridden: {_NEVER[kind]}")
        if kind not in OVERRIDABLE:
            raise OverrideRefused(f"there is no gate {name!r}; those that may be: {', '.join(OVERRIDABLE)}")
        if not why or len(why) > _LONGEST or not why.isprintable():
            raise OverrideRefused(f"say why in 1 to {_LONGEST} characters (--because)")
        found.append(Wanted(name, why))
    return tuple(found)


def overridden(verdict: Verdict, asked: Sequence[Wanted], who: Person, beside: str | None) -> Verdict:
    """Return a verdict in which the named gates let the bundle pass; one that holds needs nobody.

    Parameters
    ----------
    verdict
        Of all gates.
    asked
        What `wanted` returned.
    who
        Stands in the bundle.
    beside
        The id of the current bundle; None: there is none.

    Returns
    -------
    Verdict
        A promotion where no other gate refuses.
    """
    if verdict.version is None:
        return verdict
    gates = []
    for gate in verdict.gates:
        named = next((each for each in asked if each.means(gate)), None)
        if gate.passed or named is None:
            gates.append(gate)
            continue
        record = Override(
            gate=gate.name, said=gate.reason, because=named.because, by=who.by, at=to_text(who.at), beside=beside
        )
        gates.append(replace(gate, override=record))
    return promotion.decided(verdict.version, tuple(gates))


def standing(verdict: Verdict, folder: Path, beside: str | None) -> Verdict:
    """Return a verdict with the overrides that the bundle carries for a promotion beside the same current one."""
    if verdict.version is None:
        return verdict
    written = SealedFolder.open(folder).manifest.overrides
    carried = {each.gate: each for each in written if each.beside == beside and _kind(each.gate) in OVERRIDABLE}
    gates = (gate if gate.passed else replace(gate, override=carried.get(gate.name)) for gate in verdict.gates)
    return promotion.decided(verdict.version, tuple(gates))


def fresh(verdict: Verdict, folder: Path) -> tuple[Override, ...]:
    """Return the overrides that the bundle does not carry yet."""
    found = [gate.override for gate in verdict.gates if gate.override is not None]
    carried = SealedFolder.open(folder).manifest.overrides if found else ()
    return tuple(each for each in found if each not in carried)


@contextmanager
def sealed_copy(folder: Path, overrides: Sequence[Override]) -> Iterator[Path]:
    """Write a bundle with the overrides in manifest and report, for as long as the block runs."""
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as around:
        copy = Path(around) / "bundle"
        write(folder, copy, overrides)
        yield copy


def write(folder: Path, out: Path, overrides: Sequence[Override]) -> Manifest:
    """Write a bundle anew with the overrides in manifest and report: it has another id, and no signature."""
    sealed = SealedFolder.open(folder)
    manifest = sealed.manifest.unsealed()
    manifest = structs.replace(manifest, overrides=(*manifest.overrides, *overrides))
    files = ((file.path, _with_overrides(sealed, file.path, overrides)) for file in sealed.manifest.files)
    return bundle_folder.write(files, manifest, out)


def _with_overrides(sealed: SealedFolder, path: str, overrides: Sequence[Override]) -> bytes:
    data = sealed.read(path)
    if path != REPORT:
        return data
    said = "".join(f'<p class="bad"><strong>Overridden:</strong> {escape(each.sentence)}</p>\n' for each in overrides)
    return data.replace(_FIRST, said.encode() + _FIRST, 1)


def _kind(name: str) -> str:
    return name.rpartition(": ")[2].strip()
