"""Tag an export with several processes or a cluster: in order, with few batches on their way at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from retrieval.chunks.engine import Engine
from serving.backfill.errors import BackfillRefused
from serving.backfill.output import Output, Run, lines_file
from serving.backfill.reading import Row, read
from serving.backfill.tagging import Job
from serving.clock import SystemClock
from serving.inference.watching.watch import Watched, watched_of
from serving.policy import policies
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.errors import DatabaseMissing
from triage.model import bundle as bundles
from triage.model.bundle import Bundle
from triage.model.registry import Registry

#: Rows that a process tags at a time.
BATCH: Final = 64


class Backfill:
    """The use case: tag the tickets of an export into a file."""

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        """Take the bundle of a folder, or the current one.

        Raises `BackfillRefused`: there is none; `BundleRefused`: it cannot be used.
        """
        self._settings = settings
        current = Registry(settings.models_path, settings.signing_keys).current()
        if folder is None and current is None:
            told = "has no current bundle; run `make train` and `make promote`, or give --bundle"
            raise BackfillRefused(settings.models_path, told)
        self._folder = folder or current or settings.models_path
        self.bundle: Bundle = bundles.load(self._folder, settings.signing_keys)

    def run(
        self,
        export: Path,
        out: Path,
        columns: Mapping[str, str],
        engine: Engine,
        *,
        force: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Counter[str]:
        """Tag what is not tagged yet.

        Parameters
        ----------
        export
            JSON Lines or CSV.
        out
            JSON Lines, CSV or Parquet.
        columns
            Our field to the export's column, where they differ.
        engine
            Where batches are tagged.
        force
            Begin anew, whatever is there.
        progress
            Called with the number of rows in the file, first with those of an earlier run.

        Returns
        -------
        Counter
            `rows` and `problems` in all that this run wrote, and of each head how many labels are `auto` and the rest.

        Raises
        ------
        BackfillRefused
            The export or the output cannot be used.
        WorkersLost
            Processes died again and again; what was written can be continued.
        """
        heads = [*self.bundle.heads, *self.bundle.multi]
        declared = policies.load(self._settings.policies).field_names
        run = Run.of(export, self.bundle.id, columns, heads, declared)
        counts: Counter[str] = Counter()
        if any(each.exists() and each.samefile(export) for each in (out, lines_file(out))):
            raise BackfillRefused(out, "would be written over the export; choose another --out")
        rows = read(export, columns)
        begun = list(islice(rows, 1))  # an export that is refused leaves no file behind
        try:
            with Output(out, run, force=force) as output:
                progress(output.rows)
                for records in engine.map(self._job(), _batches(chain(begun, rows), output.rows)):
                    output.add(records)
                    counts += _counted(records)
                    progress(output.rows)
                output.finish()
        except OSError as problem:  # the disk is full, or there is no such folder: what is written can be continued
            raise BackfillRefused(out, f"cannot be written: {problem.strerror or problem}") from problem
        return counts

    def _job(self) -> Job:
        at = SystemClock().now()
        settings = self._settings
        folder, policies = self._folder.absolute(), settings.policies and settings.policies.absolute()
        return Job(folder, self.bundle.id, settings.signing_keys, policies, self._watched(at), at)

    def _watched(self, at: datetime) -> Mapping[str, Watched]:
        """Return what is known of the bundle's certificates."""
        try:
            with read_only(self._settings.stored_in) as connection:
                return watched_of(self.bundle, connection, at, 0.0)
        except DatabaseMissing:  # nobody has answered about any yet
            return watched_of(self.bundle, None, at, 0.0)


def _batches(rows: Iterator[Row], done: int) -> Iterator[Sequence[Row]]:
    rest = islice(rows, done, None)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _counted(records: Sequence[Mapping[str, Any]]) -> Counter[str]:
    counts = Counter(rows=len(records), problems=sum("problem" in each for each in records))
    counts.update(f"{head}: {tag['mode']}" for each in records for head, tag in each.get("tags", {}).items())
    return counts
