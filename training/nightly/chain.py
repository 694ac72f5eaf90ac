"""Run the stages of a refit, each once: what is finished is not done again after a kill, and nothing is left half.

In `<home>/refit`:

    lock           held by the refit that runs, and by the stage that it started: the system lets go of it when both end
    round          the id of a round that has begun and not ended: the next refit goes on with it
    <stage>.json   what a finished stage depended on, and what it left
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from secrets import token_hex
from time import perf_counter
from typing import IO, TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from training.errors import RefitUnderWay, StageFailed
from training.nightly.stages import stages
from triage.durable_files import write_file
from triage.instants import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from training.nightly.stages import Stage, Wanted

FOLDER: Final = "refit"
LONGEST: Final = timedelta(hours=20)
"""An older round is not gone on with: its snapshot is yesterday's."""
_FORMAT: Final = "%Y%m%dT%H%M%S%z"


class Finished(Struct, frozen=True, kw_only=True):
    """A stage that was finished."""

    inputs: str
    """Digest of what it depended on."""
    left: dict[str, str]
    ended_at: str
    seconds: float


def run(wanted: Wanted, now: Callable[[], datetime], say: Callable[[str], object], *, fresh: bool = False) -> None:
    """Run every stage that is not finished, in order.

    Parameters
    ----------
    wanted
        What to refit.
    now
        Tells the time.
    say
        Takes a line for each stage.
    fresh
        Begin anew where an earlier refit was killed.

    Raises
    ------
    RefitUnderWay
        Another one runs in this home, or a stage that a killed one left behind.
    StageFailed
        Nothing after it was run; what serves stays as it is.
    """
    folder = wanted.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder) as lock:
        at = now()
        begun = None if fresh else _open_round(folder / "round", at)
        if begun is None:
            begun = f"{at:{_FORMAT}} {token_hex(4)}"
            write_file(folder / "round", begun.encode())
        else:
            say("An earlier refit was killed: going on where it was.")
        _sweep(wanted.out, wanted.tickets)
        try:
            for stage in stages(wanted, begun):
                _run(stage, folder / f"{stage.name}.json", lock, now, say)
        except StageFailed:
            (folder / "round").unlink()  # it has ended: the next one takes a snapshot of its own
            raise
        (folder / "round").unlink()


def _run(
    stage: Stage, record: Path, lock: IO[bytes], now: Callable[[], datetime], say: Callable[[str], object]
) -> None:
    if (why := stage.needless()) is not None:
        say(f"{stage.name}: nothing to do, {why}")
        return
    inputs = _digest(stage.depends_on())
    before = _read(record)
    if before is not None and before.inputs == inputs and before.left == stage.leaves():
        say(f"{stage.name}: finished before, on {before.ended_at}, with the same inputs")
        return
    say(f"{stage.name} …")
    began = perf_counter()
    code = subprocess.run(stage.command, pass_fds=(lock.fileno(),), check=False).returncode  # noqa: S603
    if code:
        raise StageFailed(stage.name, f"it ended with {code}")
    left = stage.leaves()
    if left is None:
        raise StageFailed(stage.name, "it left no result")
    seconds = round(perf_counter() - began, 1)
    done = Finished(inputs=inputs, left=dict(left), ended_at=to_text(now()), seconds=seconds)
    write_file(record, msgspec.json.encode(done))
    say(f"{stage.name}: finished after {seconds} s")


@contextmanager
def _locked(folder: Path) -> Iterator[IO[bytes]]:
    """Hold the lock, which stages inherit: one whose refit was killed keeps it until it ends, too."""
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefitUnderWay(folder) from None
        yield lock


def _open_round(path: Path, at: datetime) -> str | None:
    with suppress(OSError, ValueError, IndexError):
        begun = path.read_text("ascii")
        if at - datetime.strptime(begun.split()[0], _FORMAT) < LONGEST:  # noqa: DTZ007 - the format has the zone
            return begun
    return None


def _sweep(*places: Path) -> None:
    """Delete what killed stages had not finished beside its place."""
    for place in places:
        for part in place.absolute().parent.glob(f".{place.name}.*.part"):
            shutil.rmtree(part) if part.is_dir() else part.unlink()


def _read(record: Path) -> Finished | None:
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(record.read_bytes(), type=Finished)
    return None


def _digest(facts: Mapping[str, str | None]) -> str:
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()
