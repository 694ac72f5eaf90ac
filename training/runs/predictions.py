"""What heads said of tickets that they had not learnt from: kept with a run, and written for monitoring tools."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from training.bundles import held_out
from training.errors import PredictionsNotWritten
from triage.durable_files import write_file
from triage.errors import UnreadableRecord
from triage.instants import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from training.bundles.comparison import Encode
    from training.classifiers.fit import FittedHead
    from triage.model.bundle import Bundle
    from triage.tickets.closed_ticket import ClosedTicket
    from triage.tickets.tombstones import Erased

FILE = "predictions.jsonl.gz"
_DIGITS = 7


class Predicted(Struct, frozen=True, kw_only=True):
    """One head's answer to one ticket."""

    key: int
    """64 bits of the hash of the ticket's text (`training.bundles.held_out.key`): the same ticket in every run."""
    id: str
    at: str | None
    """When the ticket was created."""
    head: str
    target: str
    prediction: str
    probabilities: dict[str, float]


def of_heads(
    heads: Sequence[FittedHead], tickets: Sequence[ClosedTicket], texts: Sequence[str]
) -> tuple[Predicted, ...]:
    """Return what fitted heads said of the tickets that measured them."""
    found = []
    for fitted in heads:
        measured = fitted.measured
        for row, probabilities in zip(measured.rows.tolist(), measured.probabilities.tolist(), strict=True):
            by_label = dict(zip(measured.classes, probabilities, strict=True))
            found.append(_predicted(tickets[row], texts[row], fitted.labels.head, by_label))
    return tuple(found)


def of_bundle(bundle: Bundle, tickets: Sequence[ClosedTicket], encode: Encode) -> tuple[Predicted, ...]:
    """Return what a bundle says of tickets, for every label that they were closed with."""
    texts = [ticket.text for ticket in tickets]
    judged = bundle.judge(texts, encode(bundle, texts), [ticket.language for ticket in tickets])
    return tuple(
        _predicted(ticket, ticket.text, head, dict(zip(classifier.classes_, row, strict=True)))
        for head, classifier in bundle.heads.items()
        for ticket, row in zip(tickets, judged.probabilities[head].tolist(), strict=True)
        if head in ticket.labels
    )


def _predicted(ticket: ClosedTicket, text: str, head: str, by_label: Mapping[str, float]) -> Predicted:
    return Predicted(
        key=held_out.key(text),
        id=ticket.id,
        at=to_text(ticket.created_at) if ticket.created_at else None,
        head=head,
        target=ticket.labels[head],
        prediction=max(by_label, key=lambda label: by_label[label]),
        probabilities={label: round(p, _DIGITS) for label, p in by_label.items()},
    )


def write(path: Path, rows: Iterable[Predicted]) -> None:
    """Keep predictions with a run."""
    write_file(path, gzip.compress(b"".join(msgspec.json.encode(each) + b"\n" for each in rows), mtime=0))


def read(path: Path) -> list[Predicted]:
    """Read what `write` kept; nothing where there is no file. Raises `UnreadableRecord`: it is damaged."""
    if not path.is_file():
        return []
    try:
        return [msgspec.json.decode(line, type=Predicted) for line in gzip.decompress(path.read_bytes()).splitlines()]
    except (EOFError, OSError, zlib.error, msgspec.MsgspecError) as problem:
        raise UnreadableRecord(f"run's predictions in {path}", repr(problem)) from None


def forget(path: Path, erased: Erased) -> None:
    """Delete the rows of tickets that customers had erased; a damaged file whole, as it may have some."""
    try:
        rows = read(path)
    except UnreadableRecord:
        path.unlink()
        return
    kept = [each for each in rows if each.id not in erased.ids and each.key not in erased.seen]
    if len(kept) < len(rows):
        write(path, kept)


def columns(rows: Sequence[Predicted]) -> dict[str, list[Any]]:
    """Return the table that Evidently and NannyML read: a row a ticket and head, a column for each label's probability.

    A label of another head has no value in a row.
    """
    labels = sorted({label for each in rows for label in each.probabilities})
    table: dict[str, list[Any]] = {
        "timestamp": [each.at for each in rows],
        "ticket_id": [each.id for each in rows],
        "head": [each.head for each in rows],
        "target": [each.target for each in rows],
        "prediction": [each.prediction for each in rows],
    }
    return table | {f"prediction_proba_{label}": [each.probabilities.get(label) for each in rows] for label in labels}


def check(path: Path) -> None:
    """Raise `PredictionsNotWritten` for a name or a place that is not written, before anything is computed."""
    if path.suffix not in {".parquet", ".csv"}:
        raise PredictionsNotWritten(path, "the name ends neither in .parquet nor in .csv")
    folder = next(each for each in path.absolute().parents if each.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise PredictionsNotWritten(path, f"nothing can be written there (looked at {folder})")


def export(path: Path, rows: Sequence[Predicted]) -> None:
    """Write the table as Parquet or CSV, by the ending of the name."""
    check(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, (_parquet if path.suffix == ".parquet" else _csv)(columns(rows)))


def _parquet(table: Mapping[str, list[Any]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    arrays = {name: pyarrow.array(values, _kind(name)) for name, values in table.items()}
    arrays["timestamp"] = arrays["timestamp"].cast(pyarrow.timestamp("us", tz="UTC"))
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays), out)
    return out.getvalue()


def _kind(name: str) -> Any:  # noqa: ANN401 - a type of pyarrow, which has no types
    import pyarrow

    return pyarrow.float64() if name.startswith("prediction_proba_") else pyarrow.string()


def _csv(table: Mapping[str, list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return out.getvalue().encode()
