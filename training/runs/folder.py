"""The folder of runs, `<home>/runs`: each in a folder of its own.

runs/<id>/run.json              what `training.runs.record` says
runs/<id>/predictions.jsonl.gz  what the heads said of held-out tickets
runs/<id>/lock                  held by the process that runs it: the system lets go of it when that ends, however
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, structs

from training.errors import RunNotFound
from training.progress import Bars
from training.runs import predictions
from training.runs.record import HeadScores, ListScores, Run
from triage.durable_files import write_file
from triage.instants import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from training.runs.predictions import Predicted
    from triage.model.manifest import Manifest
    from triage.tickets.tombstones import Erased

FOLDER, FILE, LOCK = "runs", "run.json", "lock"
LAST = "last"
_LONGEST = 2_000


@dataclass(slots=True)
class Recorder:
    """Writes a run's record while it runs."""

    folder: Path
    run: Run
    found: dict[str, Any] = field(default_factory=dict)

    def stage(self, title: str) -> None:
        """Note what is done now."""
        self._write(stage=title)

    def keep(self, manifest: Manifest, out: Path, rows: Sequence[Predicted]) -> None:
        """Keep what came out: figures, where the bundle is, and what its heads said of held-out tickets."""
        predictions.write(self.folder / predictions.FILE, rows)
        self.found = {
            "metrics": {name: _scores(manifest, name) for name in manifest.heads},
            "lists": {
                name: ListScores(**{key: getattr(entry.metrics, key) for key in ListScores.__struct_fields__})
                for name, entry in manifest.multi.items()
            },
            "artefacts": {
                "bundle": str(out.absolute()),
                "bundle_id": manifest.id,
                "report": str((out / "report.html").absolute()),
                "predictions": predictions.FILE,
            },
        }

    def end(self, at: datetime, reason: str | None = None) -> None:
        """Write how it ended: with what was kept, or failed for a reason."""
        state = "finished" if reason is None else "failed"
        self._write(state=state, ended_at=to_text(at), reason=reason and reason[:_LONGEST], **self.found)

    def _write(self, **changes: Any) -> None:  # noqa: ANN401
        self.run = structs.replace(self.run, **changes)
        write_file(self.folder / FILE, msgspec.json.format(msgspec.json.encode(self.run)) + b"\n")


class RecordedBars(Bars):
    """Progress that a run's record follows."""

    def __init__(self, bars: Bars, recorder: Recorder) -> None:
        super().__init__(quiet=bars.console.quiet)
        self._recorder = recorder

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Callable[[int, int], None]]:
        """Show a bar, and note it."""
        self._recorder.stage(title)
        with super().bar(title, total) as progress:
            yield progress


@dataclass(frozen=True, slots=True)
class Begun:
    """What goes into a run: options and settings, and hashes of what is read."""

    parameters: Mapping[str, Any]
    data: Mapping[str, str | None]


@contextmanager
def recorded(home: Path, begun: Begun, now: Callable[[], datetime]) -> Iterator[Recorder]:
    """Record what the block does as a run: finished when it ends, failed with its reason when it raises.

    Parameters
    ----------
    home
        Whose `runs` folder it goes to.
    begun
        What goes in.
    now
        Tells the time.

    Yields
    ------
    Recorder
        Takes what came out.
    """
    at = now()
    folder = _new_folder(home / FOLDER, at, msgspec.json.encode([begun.parameters, begun.data], order="sorted"))
    with (folder / LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = Run(id=folder.name, state="running", began_at=to_text(at), parameters=begun.parameters, data=begun.data)
        recorder = Recorder(folder, run)
        recorder.stage("reading")
        try:
            yield recorder
        except BaseException as problem:
            recorder.end(now(), str(problem) or type(problem).__name__)
            raise
        recorder.end(now())


def runs(home: Path) -> list[Run]:
    """Return all runs, newest first; what cannot be read is left out."""
    found = (_read(path) for path in _folders(home))
    several = [each for each in found if each is not None]  # the name of a folder has no fraction of a second
    return sorted(several, key=lambda each: (each.began_at.rstrip("Z"), each.id), reverse=True)


def find(home: Path, beginning: str) -> Run:
    """Return the run whose id begins so; `last` is the newest that finished. Raises `RunNotFound`."""
    every = runs(home)
    if beginning == LAST:
        found = [each for each in every if each.state == "finished"][:1]
    else:
        found = [each for each in every if beginning and each.id.startswith(beginning)]
    if len(found) != 1:
        raise RunNotFound(beginning, home / FOLDER, len(found))
    return found[0]


def predicted(home: Path, run: Run) -> list[Predicted]:
    """Return what a run's heads said of held-out tickets."""
    return predictions.read(home / FOLDER / run.id / predictions.FILE)


def remove(home: Path, keep: int) -> list[str]:
    """Delete all but so many of the newest runs, and return their ids; one that runs stays."""
    gone = [run.id for run in runs(home)[keep:] if run.state != "running"]
    for each in gone:
        shutil.rmtree(home / FOLDER / each)
    return gone


def forget(home: Path, erased: Erased) -> None:
    """Delete from all runs what they say of erased tickets, also from those whose record cannot be read."""
    for folder in _folders(home) if erased else ():
        predictions.forget(folder / predictions.FILE, erased)


def _folders(home: Path) -> list[Path]:
    folder = home / FOLDER
    return [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []


def _new_folder(parent: Path, at: datetime, inputs: bytes) -> Path:
    """Return a folder that is new: named for the time and what goes in."""
    parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(100):
        short = hashlib.sha256(inputs + bytes([attempt])).hexdigest()[:6]
        folder = parent / f"{at:%Y%m%dT%H%M%SZ}-{short}"
        with suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise FileExistsError(parent)


def _read(folder: Path) -> Run | None:
    with suppress(OSError, msgspec.MsgspecError):
        run = _written(folder)
        if run.state == "running" and not _is_held(folder / LOCK):
            again = _written(folder)  # it may have ended between the two looks
            return structs.replace(again, state="killed") if again.state == "running" else again
        return run
    return None


def _written(folder: Path) -> Run:
    """Read a record. Its id is its folder's name, whatever it says: a folder is deleted by its id."""
    run = msgspec.json.decode((folder / FILE).read_bytes(), type=Run)
    return structs.replace(run, id=folder.name)


def _is_held(path: Path) -> bool:
    """Say whether a process holds a lock."""
    try:
        with path.open("rb") as lock:
            return not _locks(lock)
    except OSError:
        return False


def _locks(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _scores(manifest: Manifest, head: str) -> HeadScores:
    entry = manifest.heads[head]
    metrics = entry.metrics
    return HeadScores(
        n=metrics.n,
        accuracy=metrics.accuracy,
        macro_f1=metrics.macro_f1,
        ece=metrics.ece,
        coverage=metrics.coverage,
        selective_risk=None if metrics.selective_risk is UNSET else metrics.selective_risk,
        applied=entry.applied,
    )
