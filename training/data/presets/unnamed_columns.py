"""An export that has none of our columns: what it has, and the mapping to begin with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from training.data.column_mapping import ColumnMapping
from training.data.csv_rows import OTHER_DELIMITER
from training.data.dates import forms_of, read_instant
from training.errors import TicketsNotReadable
from triage.errors import BadClosedTicket

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

_SHOWN: Final = 30
_FEW: Final = 2
"""Columns that no export of tickets has: an id and a text take three with a label."""
_LONGEST: Final = 60


def refuse_unnamed(tickets: Path, columns: Mapping[str, Sequence[str]], named: Collection[str]) -> None:
    """Refuse an export of which it is not known which column is the id, or which has the text.

    Parameters
    ----------
    tickets
        The export.
    columns
        Its columns, and the values of the first rows in each.
    named
        Our fields of which the column is known.

    Raises
    ------
    TicketsNotReadable
        With each column and a value of it, and a mapping to correct and to give with --mapping.
    """
    if not columns or ("id" in named and {"subject", "description"} & set(named)):
        return
    lacks = "id" if "id" not in named else "subject or description"
    lines = [f"it is not known which column is {lacks}. Its columns, with the first value of each:"]
    width = max(map(len, columns))
    lines += [f"  {name:<{width}}  {_cut(values)}".rstrip() for name, values in list(columns.items())[:_SHOWN]]
    lines += [f"  … and {len(columns) - _SHOWN} others"] * (len(columns) > _SHOWN)
    if len(columns) <= _FEW:
        lines.append(
            "That are few. If a title stands above the line that names the columns, delete it; "
            f"{OTHER_DELIMITER}. A file without such a line needs one."
        )
    lines += ["Write this into a file, correct it, and give it with --mapping FILE:", "[columns]"]
    lines += [f"{field} = {json.dumps(column, ensure_ascii=False)}" for field, column in _guess(columns).items()]
    printable = ("".join(each if each.isprintable() else "\ufffd" for each in line) for line in lines)
    raise TicketsNotReadable(tickets, "\n".join(printable))


def _guess(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Guess the fields that a refit needs.

    An id is never the same twice, a time reads as one, a label is short and stands on several tickets, and of the rest
    the longest text is the description.
    """
    different = [name for name, values in columns.items() if values and len(set(values)) == len(values)]
    id_ = next(iter(different), next(iter(columns)))
    times = [name for name in columns if name != id_ and _are_times(columns[name])]
    labels = [name for name in columns if name not in (id_, *times) and _are_labels(columns[name])]
    others = [name for name in columns if name not in (id_, *times, *labels)]
    texts = sorted(others or labels, key=lambda name: -sum(map(len, columns[name])))
    urgency = [name for name in labels if name not in texts and "prio" in name.casefold()]
    topics = [name for name in labels if name not in (*texts, *urgency)]
    guessed = {"created_at": times[:1], "category": topics[:1], "priority": urgency[:1]}
    found = {"id": id_, **dict(zip(("description", "subject"), texts, strict=False))}
    return found | {field: name for field, names in guessed.items() for name in names}


def _are_times(values: Sequence[str]) -> bool:
    """Tell whether a column's values are times; a number alone is rather an id."""
    return bool(values) and all(not value.isdigit() and _is_time(value) for value in values)


def _is_time(value: str) -> bool:
    try:
        return read_instant("", value, ColumnMapping(zone=ZoneInfo("UTC"))) is not None
    except BadClosedTicket:
        return bool(forms_of(value))


def _are_labels(values: Sequence[str]) -> bool:
    """Tell whether a column's values may be labels: at least two, short, and each on three tickets or so."""
    several = set(values)
    return 1 < len(several) <= len(values) / 3 and max(map(len, several)) <= _LONGEST


def _cut(values: Sequence[str]) -> str:
    line = " ".join(next(iter(values), "").split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
