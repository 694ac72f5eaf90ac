"""An export that has none of our columns: what it has, and the mapping to begin with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from training.data.csv_rows import OTHER_DELIMITER
from training.errors import TicketsNotReadable

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
    """Guess the three fields: an id is never the same twice, and a description is the longest text."""
    different = [name for name, values in columns.items() if values and len(set(values)) == len(values)]
    id_ = next(iter(different), next(iter(columns)))
    texts = sorted((name for name in columns if name != id_), key=lambda name: -sum(map(len, columns[name])))
    return {"id": id_, **dict(zip(("description", "subject"), texts, strict=False))}


def _cut(values: Sequence[str]) -> str:
    line = " ".join(next(iter(values), "").split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
