"""Read a desk's closed tickets in order of time; rows that cannot be used are quarantined with the reason."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from training.data.cell_values import CellValues, UnreadValue, sentences
from training.data.column_mapping import ColumnMapping
from training.data.newest import Newest
from training.data.paths import leaves_only, with_paths
from training.data.rows import rows
from training.data.undeclared_columns import UndeclaredColumns, without_labels
from training.data.unreadable_rows import Unreadable
from training.errors import TicketsNotReadable, TooManyBadRows
from triage.errors import BadClosedTicket
from triage.tickets.closed_ticket import ClosedTicket, from_record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from training.data.undeclared_columns import LabelColumn
    from triage.model.refit_record import OverlayCounts
    from triage.tickets.tombstones import Erased

_CHUNK = 1 << 20
_COLUMNS_SAID = 30
ERASED, OLDER = "erased", "older than the newest that are used"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A quarantined row; its text stays in the export, where it can be looked up by line."""

    line: int
    id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """What a file of closed tickets holds."""

    path: Path
    tickets: tuple[ClosedTicket, ...]
    """In order of time."""
    quarantined: tuple[Quarantined, ...]
    ignored_columns: Mapping[str, int]
    """Columns that mean nothing here, and how many rows have them."""
    sha256: str
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Sound tickets that were not asked for, counted by why."""
    overlay: OverlayCounts | None = None
    """Which accepted corrections lie over the labels, as the manifest says it."""
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    unread_values: tuple[UnreadValue, ...] = ()
    """Values that could not be understood; their rows are read without them."""
    undeclared: tuple[LabelColumn, ...] = ()
    """Columns that look like labels and that no head declares."""

    @property
    def dated(self) -> bool:
        """Whether the order of the tickets is one of times (rather than the file's)."""
        return any(ticket.created_at for ticket in self.tickets)

    @property
    def in_order_of_time(self) -> bool:
        """Whether the times tell an order: an export may give all its tickets one, that of the export."""
        return len({ticket.created_at for ticket in self.tickets if ticket.created_at}) > 1

    @property
    def unread_sentences(self) -> list[str]:
        """What could not be understood, and what to write into the mapping: a sentence for each field."""
        return [*without_labels(self.tickets, self.mapping.heads), *sentences(self.unread_values, self.mapping)]

    def between(self, since: datetime | None, until: datetime | None) -> Export:
        """Keep the tickets created from `since` (included) to `until` (excluded)."""
        if since is None and until is None:
            return self
        if not self.dated:
            raise TicketsNotReadable(self.path, "no row has created_at, so it cannot be cut at an instant")
        kept = tuple(ticket for ticket in self.tickets if _inside(ticket.created_at, since, until))
        if not kept:
            times = [ticket.created_at for ticket in self.tickets if ticket.created_at]
            between = f"{min(times):%Y-%m-%d} to {max(times):%Y-%m-%d}"
            raise TicketsNotReadable(self.path, f"no ticket was created in the asked time; they are from {between}")
        return self._keeping(kept, "outside the asked time")

    def without_spam(self) -> Export:
        """Drop what agents marked as spam."""
        return self._keeping(tuple(ticket for ticket in self.tickets if not ticket.spam), "spam")

    def without(self, erased: Erased) -> Export:
        """Drop what customers had erased, by id or word for word: an export may be older than the erasure."""
        if not erased:
            return self
        kept = tuple(ticket for ticket in self.tickets if not erased.has(ticket.id, ticket.text))
        return self._keeping(kept, ERASED)

    def newest(self, most: int) -> Export:
        """Keep at most so many tickets, the newest."""
        return self._keeping(self.tickets[-most:], OLDER)

    def _keeping(self, kept: tuple[ClosedTicket, ...], why: str) -> Export:
        dropped = len(self.tickets) - len(kept)
        left_out = {**self.left_out, why: self.left_out.get(why, 0) + dropped} if dropped else self.left_out
        return replace(self, tickets=kept, left_out=left_out)


def read(path: Path, mapping: ColumnMapping | None = None, *, kept: Newest | None = None) -> Export:
    """Read an export.

    Parameters
    ----------
    path
        `.jsonl` or `.csv`, either may end in `.gz`, or `.parquet`; the columns of the contract.
    mapping
        How the export names its columns and writes its values, where that differs.
    kept
        What holds the tickets; by default all are held.

    Returns
    -------
    Export
        Tickets in order of `created_at`; a ticket without one stays behind the row before it.

    Raises
    ------
    TicketsNotReadable
        There is no such file, or it is cut short, or no row has a column that is needed or that the mapping names.
    """
    mapping = mapping or ColumnMapping()
    values = CellValues(mapping)
    kept = kept or Newest()
    fields = frozenset(mapping.fields)
    bad: list[Quarantined] = []
    lines: dict[str, int] = {}
    ignored = UndeclaredColumns()
    columns: dict[str, None] = {}  # in the order of the file
    for line, row in rows(path, mapping):
        columns.update({} if isinstance(row, Unreadable) else dict.fromkeys(row))
        try:
            record = _record(row, values, line)
            ticket = _ticket(with_paths(record, mapping.heads), lines, mapping)
        except BadClosedTicket as problem:
            bad.append(Quarantined(line, _id_of(row, mapping), _reason(problem, mapping)))
            continue
        lines[ticket.id] = line
        kept.add(ticket)
        for key, value in record.items():
            if key not in fields:
                ignored.add(key, value)
    _refuse_without(path, columns, mapping)
    return Export(
        path,
        tuple(leaves_only(kept.in_order(), mapping.heads)),
        tuple(bad),
        dict(ignored.rows),
        _sha256(path),
        left_out={OLDER: kept.dropped} if kept.dropped else {},
        mapping=mapping,
        unread_values=values.unread,
        undeclared=ignored.like_labels(),
    )


def _refuse_without(path: Path, columns: Collection[str], mapping: ColumnMapping) -> None:
    """Say a misnamed column once, by its name, rather than as a fault of every row."""
    wanted = {"id": "id", **mapping.columns}.values()
    missing = [column for column in wanted if column not in columns and column.split(".", 1)[0] not in columns]
    if columns and missing:
        said = ", ".join(list(columns)[:_COLUMNS_SAID])
        told = f"no row has the column {missing[0]!r}; it has: {said}. A mapping (--mapping) says which is which"
        raise TicketsNotReadable(path, told)


def refuse_when_bad(export: Export, allowed: float) -> None:
    """Stop when more than the allowed share of the rows is bad. Raises `TooManyBadRows`."""
    n = len(export.tickets) + len(export.quarantined) + sum(export.left_out.values())
    if not n:
        raise TicketsNotReadable(export.path, "there are no rows in it")
    if len(export.quarantined) > allowed * n:
        first = export.quarantined[0]
        raise TooManyBadRows(export.path, len(export.quarantined), n, allowed, f"line {first.line} {first.reason}")


def quarantine_lines(quarantined: Sequence[Quarantined]) -> bytes:
    """Return one JSON line for each quarantined row: line, id, reason."""
    return b"".join(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n" for row in quarantined)


def _record(row: Mapping[str, Any] | Unreadable, values: CellValues, line: int) -> Mapping[str, Any]:
    if isinstance(row, Unreadable):
        raise BadClosedTicket("row", row.reason)
    return values.of(row, line)


def _ticket(record: Mapping[str, Any], lines: Mapping[str, int], mapping: ColumnMapping) -> ClosedTicket:
    ticket = from_record(record, mapping.labels, mapping.multi)
    if ticket.id in lines:
        raise BadClosedTicket("id", f"is the same as in line {lines[ticket.id]}")
    return ticket


def _reason(problem: BadClosedTicket, mapping: ColumnMapping) -> str:
    """Name the export's own column too, where it has another name."""
    column = mapping.column(problem.field)
    return str(problem) if column == problem.field else f"{problem.field} (column {column!r}) {problem.problem}"


def _id_of(row: Mapping[str, Any] | Unreadable, mapping: ColumnMapping) -> str | None:
    value = None if isinstance(row, Unreadable) else row.get(mapping.column("id"))
    return ascii(str(value)[:100])[1:-1] if isinstance(value, str | int) else None


def _inside(at: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    return at is not None and (since is None or at >= since) and (until is None or at < until)


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            found.update(piece)
    return found.hexdigest()
