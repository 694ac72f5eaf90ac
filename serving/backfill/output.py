"""The file of tags: appended batch by batch, and continued where a run that was killed stopped.

Batches are on disk before the progress file says so, once a second: a hundred processes would wait for a disk that
confirms each batch. What lies behind that is cut off by the next run and tagged again: so no row is missing and none is
there twice.
"""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from serving.backfill.errors import BackfillRefused
from serving.clock import Clock, SystemClock
from triage.durable_files import write_file

ENDINGS: Final = (".jsonl", ".csv", ".parquet")
#: Seconds of tagging that a kill may cost.
BETWEEN: Final = 1.0
SEPARATOR: Final = "; "  # between the labels of a list in one cell
_MODES: Final = ("label", "mode", "confidence", "certificate")


@dataclass(frozen=True, slots=True)
class Run:
    """What makes two runs the same: one continues the other."""

    export: str
    size: int
    changed_ns: int
    bundle: str
    columns: Mapping[str, str]
    heads: Sequence[str]
    fields: Sequence[str] = field(default_factory=list)
    """Declared fields, each a column of its own."""

    @classmethod
    def of(
        cls,
        export: Path,
        bundle: str,
        columns: Mapping[str, str],
        heads: Sequence[str],
        fields: Sequence[str] = (),
    ) -> "Run":
        """Describe a run over an export."""
        stat = export.stat()
        return cls(export.name, stat.st_size, stat.st_mtime_ns, bundle, dict(columns), list(heads), list(fields))


class Output:
    """Where the tags go; a context manager."""

    def __init__(self, path: Path, run: Run, *, force: bool = False, clock: Clock | None = None) -> None:
        """Continue an earlier run of the same, or begin.

        Raises `BackfillRefused`: the file is there and belongs to something else.
        """
        if path.suffix.lower() not in ENDINGS:
            raise BackfillRefused(path, f"its name ends in none of {', '.join(ENDINGS)}")
        self.path = path
        self._heads, self._fields = run.heads, run.fields
        self._progress = path.with_name(f"{path.name}.progress")
        #: Parquet is written at the end, out of the lines that came until then.
        self._lines = lines_file(path)
        self._run = asdict(run)
        self._clock, self._kept_at = clock or SystemClock(), -BETWEEN
        self.rows, size = (0, 0) if force else self._known()
        self._note(size)  # whoever is killed in the first batch may begin again
        self._file = self._lines.open("r+b" if size else "wb")
        self._file.truncate(size)
        self._file.seek(size)
        if not size and self._lines.suffix == ".csv":
            self._file.write(_csv_line(self._names()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._file.closed:
            self._keep()
            self._file.close()

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write a batch, and from time to time that it is written."""
        is_csv = self._lines.suffix == ".csv"
        self._file.write(b"".join(_csv_line(self._flat(each).values()) if is_csv else _line(each) for each in records))
        self.rows += len(records)
        if self._clock.monotonic() - self._kept_at >= BETWEEN:
            self._keep()

    def finish(self) -> None:
        """Say that every row is there. Raises `BackfillRefused`: Parquet was asked for, and pyarrow is missing."""
        self._keep()
        self._file.close()
        if self._lines != self.path:
            self._to_parquet()
        self._progress.unlink(missing_ok=True)
        if self._lines != self.path:
            self._lines.unlink()

    def _keep(self) -> None:
        """Put what was written on disk, and then say so."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._note(self._file.tell())
        self._kept_at = self._clock.monotonic()

    def _note(self, size: int) -> None:
        """Write how far the file is."""
        write_file(self._progress, json.dumps({"run": self._run, "rows": self.rows, "bytes": size}).encode())

    def _known(self) -> tuple[int, int]:
        """Return rows and bytes of the run that this one continues."""
        if not self._progress.is_file():
            if self.path.exists():
                raise BackfillRefused(self.path, "is there already; --force writes it anew")
            return 0, 0
        try:
            told = json.loads(self._progress.read_bytes())
            run, rows, size = told["run"], int(told["rows"]), int(told["bytes"])
        except (ValueError, KeyError, TypeError):
            raise BackfillRefused(self._progress, "is damaged; --force begins anew") from None
        if not rows:
            return 0, 0
        if run != self._run:
            raise BackfillRefused(self.path, "was begun with another export, bundle or columns; --force begins anew")
        if not 0 < size <= (self._lines.stat().st_size if self._lines.is_file() else 0):
            raise BackfillRefused(self._lines, "holds less than was written; --force begins anew")
        return rows, size

    def _names(self) -> list[str]:
        tags = [f"{head}_{name}".removesuffix("_label") for head in self._heads for name in _MODES]
        fields = [f"field_{name}" for name in self._fields]
        return ["row", "id", *tags, *fields, "language", "team", "tier", "model", "problem"]

    def _flat(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record in columns."""
        tags = record.get("tags", {})
        cells = [_cell(tags.get(head, {}), name) for head in self._heads for name in _MODES]
        cells += [record.get("fields", {}).get(name) for name in self._fields]
        rest = [record.get(name) for name in ("language", "team", "tier", "model", "problem")]
        return dict(zip(self._names(), [record["row"], record["id"], *cells, *rest], strict=True))

    def _to_parquet(self) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            told = (
                "Parquet needs pyarrow (pip install 'firstline[train]'); everything is tagged, install it and run again"
            )
            raise BackfillRefused(self.path, told) from None
        types = {"row": pa.int64()} | {f"{head}_confidence": pa.float64() for head in self._heads}
        schema = pa.schema([(name, types.get(name, pa.string())) for name in self._names()])
        written = self.path.with_name(f"{self.path.name}.part")
        with self._lines.open("rb") as lines, pq.ParquetWriter(written, schema) as file:
            for batch in _batches(lines):
                file.write_table(pa.Table.from_pylist([self._flat(json.loads(line)) for line in batch], schema))
        written.replace(self.path)


def _cell(tag: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 (values of any kind)
    """Return what a column says of a tag; the labels of a list stand in one cell."""
    if name == "label" and "labels" in tag:
        return SEPARATOR.join(each["label"] for each in tag["labels"])
    return tag.get(name)


def is_whole(path: Path) -> bool:
    """Tell whether a run wrote the file to its end."""
    return path.is_file() and not path.with_name(f"{path.name}.progress").exists()


def lines_file(path: Path) -> Path:
    """Return where the lines of an output are gathered: in itself, or for Parquet in a file beside it."""
    return path.with_name(f"{path.name}.jsonl") if path.suffix.lower() == ".parquet" else path


def _batches(lines: io.BufferedReader) -> Iterator[list[bytes]]:
    while batch := lines.readlines(4_000_000):
        yield batch


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _csv_line(cells: Any) -> bytes:  # noqa: ANN401 (values of any kind)
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
