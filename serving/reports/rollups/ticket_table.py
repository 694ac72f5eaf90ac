"""Facts of many tickets as columns: what half a million tickets are counted from in a blink."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Group = Literal["channel", "type"]
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
NEVER = int(np.iinfo(np.int64).min)
"""An instant that has not come."""
NOT_KNOWN = -1
"""A number that is not known."""
MICROSECONDS = 1_000_000
DAY = 24 * 3600 * MICROSECONDS
_DAY_BITS = 32
INSTANTS = ("created_at", "responded_at", "resolved_at", "contract_by", "target_by")
NUMBERS: Mapping[str, str] = {
    "response_work": "<i4",
    "resolution_work": "<i4",
    "replies": "<i2",
    "reopens": "<i2",
    "csat": "<i1",
    "labels": "<i1",
    "labels_applied": "<i1",
}
NAMES = ("channel", "type", "contract", "target", "resolved_by")
READ = (*INSTANTS, *NUMBERS, *NAMES)
UNKNOWN = "unknown"


class _Block(msgspec.Struct, kw_only=True):
    columns: dict[str, bytes]
    names: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class TicketTable:
    """Tickets, a row each: instants in microseconds since 1970, and codes of names."""

    columns: Mapping[str, Column]
    names: Mapping[str, Sequence[str]]

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[Any]]) -> "TicketTable":
        """Return rows of `READ`; instants are texts as they are stored, without the letter of their zone."""
        read = dict(zip(READ, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(READ, ())
        columns, names = dict[str, Column](), dict[str, Sequence[str]]()
        for name in INSTANTS:
            texts = [each or "NaT" for each in read[name]]
            columns[name] = np.array(texts, dtype="datetime64[us]").astype("<i8")
        for name, kind in NUMBERS.items():
            columns[name] = np.array([NOT_KNOWN if each is None else each for each in read[name]]).astype(kind)
        for name in NAMES:
            texts = [each or UNKNOWN for each in read[name]]
            names[name] = sorted(set(texts))
            codes = {each: code for code, each in enumerate(names[name])}
            columns[name] = np.array([codes[each] for each in texts], dtype="<i4")
        return cls(columns, names)

    @classmethod
    def of_bytes(cls, content: bytes) -> "TicketTable":
        """Return what `to_bytes` wrote."""
        block = _DECODER.decode(content)
        return cls({name: np.frombuffer(data, _kind(name)) for name, data in block.columns.items()}, block.names)

    def to_bytes(self) -> bytes:
        """Write the tickets."""
        columns = {name: column.astype(_kind(name)).tobytes() for name, column in self.columns.items()}
        return msgspec.msgpack.encode(
            _Block(columns=columns, names={name: [*each] for name, each in self.names.items()})
        )

    @classmethod
    def joined(cls, tables: Iterable["TicketTable"]) -> "TicketTable":
        """Return the tickets of several tables, in their order."""
        some = [each for each in tables if each.n] or [cls.of_rows(())]
        columns = {name: np.concatenate([each.columns[name] for each in some]) for name in READ if name not in NAMES}
        names = dict[str, Sequence[str]]()
        for name in NAMES:
            names[name] = sorted({text for each in some for text in each.names[name]})
            codes = {text: code for code, text in enumerate(names[name])}
            moved = (np.array([codes[text] for text in each.names[name]], dtype="<i4") for each in some)
            columns[name] = np.concatenate(
                [to[each.columns[name]] if each.n else to for each, to in zip(some, moved, strict=True)]
            )
        return cls(columns, names)

    @property
    def n(self) -> int:
        """How many tickets these are."""
        return len(self.columns["created_at"])

    def __getitem__(self, name: str) -> Column:
        """Return a column."""
        return self.columns[name]

    def take(self, rows: slice | Column) -> "TicketTable":
        """Return some of the tickets."""
        return TicketTable({name: column[rows] for name, column in self.columns.items()}, self.names)

    def known(self, name: str) -> Column:
        """Return the numbers of a column that are known."""
        known: Column = self.columns[name][self.columns[name] != NOT_KNOWN]
        return known

    def seconds_until(self, moment: str) -> Column:
        """Return the seconds from each ticket's creation until then, of those to which it happened."""
        happened = self.columns[moment] != NEVER
        spans: Column = (self.columns[moment][happened] - self.columns["created_at"][happened]) / MICROSECONDS
        return spans

    def having(self, name: str, text: str) -> Column:
        """Tell of each ticket whether it has this name."""
        code = list(self.names[name]).index(text) if text in self.names[name] else NOT_KNOWN
        found: Column = self.columns[name] == code
        return found

    def per_agent_and_day(self) -> Column:
        """Return how many tickets each agent resolved on each day (UTC) on which they resolved any."""
        known = ~self.having("resolved_by", UNKNOWN)
        days = self.columns["resolved_at"][known] // DAY
        pairs = self.columns["resolved_by"][known].astype("<i8") << _DAY_BITS | days
        counts: Column = np.unique(pairs, return_counts=True)[1]
        return counts

    def by(self, name: Group) -> list[tuple[str, "TicketTable"]]:
        """Return the tickets by a name, the most frequent first."""
        counts = np.bincount(self.columns[name], minlength=len(self.names[name]))
        found = sorted((-n, self.names[name][code], code) for code, n in enumerate(counts.tolist()) if n)
        return [(text, self.take(self.columns[name] == code)) for _, text, code in found]

    def latest(self) -> datetime | None:
        """Return when one of the tickets was answered or resolved last."""
        last = max((int(self.columns[name].max()) for name in ("responded_at", "resolved_at") if self.n), default=NEVER)
        return None if last == NEVER else _EPOCH + last * _MICROSECOND


def microseconds(at: datetime) -> int:
    """Return an instant as it stands in a column."""
    return (at - _EPOCH) // _MICROSECOND


def _kind(name: str) -> str:
    return "<i8" if name in INSTANTS else NUMBERS.get(name, "<i4")


_DECODER = msgspec.msgpack.Decoder(_Block)
