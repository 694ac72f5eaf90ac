"""Look at an export, find out how to read it, and write that down as a mapping."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from training.data import closed_tickets
from training.data.cell_values import cell
from training.data.column_mapping import EMPTY, read_mapping
from training.data.dates import forms_of
from training.data.presets.presets import AUTO, LOOKED_AT, Preset, columns_of, fitted, likeliest, preset, without_column
from training.data.presets.unnamed_columns import refuse_unnamed
from training.data.rows import rows
from training.data.unreadable_rows import Unreadable
from triage.taxonomy.heads import SHIPPED, Head
from triage.tickets.closed_ticket import TIMES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from training.data.closed_tickets import Export
    from training.data.column_mapping import ColumnMapping, Value

_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Field:
    """One of our fields in an export."""

    name: str
    column: str
    filled: float
    """Share of the first rows that have a value."""
    example: str
    """The first value, cut."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of an export."""

    export: Export
    mapping: ColumnMapping
    preset: str | None
    """Title of the preset that fits it."""
    fields: Sequence[Field]
    unused: Sequence[str]
    """Columns that nothing is read from."""
    labels: Mapping[str, Mapping[str, int]]
    """For each head how many tickets have each label, the most frequent first."""
    tagged: Mapping[str, int]
    """For each multi head how many tickets have any of its labels."""
    tags: str | None = None
    """What must be said so that the column of the helpdesk's tags is read; None where nothing must."""


def understand(
    tickets: Path,
    mapping: Path | None,
    timezone: str | None = None,
    preset_name: str = AUTO,
    heads: tuple[Head, ...] = SHIPPED,
) -> Understood:
    """Read an export as far as it can be understood.

    Parameters
    ----------
    tickets
        The export.
    mapping
        What is known of it already; None: nothing.
    timezone
        Of times that name none.
    preset_name
        As for `mapping_for`; where `AUTO` fits nothing, only what has our names is read.
    heads
        The label fields of the desk.

    Returns
    -------
    Understood
        Its mapping names every column that is read, and the form of times where all rows allow one only.

    Raises
    ------
    ConfigRefused
        A mapping that is wrong, or an export without the columns of the preset.
    TicketsNotReadable
        The export cannot be read, or none of its columns is known to be the id, or the text.
    """
    said = read_mapping(mapping, timezone, heads)
    columns = columns_of(tickets, said)
    chosen = likeliest(columns, said) if preset_name == AUTO else preset(preset_name)
    found = said if chosen is None else fitted(tickets, said, chosen, columns)
    own = {name: name for name in found.fields if name in columns and name not in found.columns}
    found = replace(found, columns={**own, **found.columns})
    first = [row for _, row in islice(rows(tickets, found), LOOKED_AT) if not isinstance(row, Unreadable)]
    refuse_unnamed(tickets, {column: _values(first, column) for column in columns}, found.columns)
    values = {name: _values(first, column) for name, column in found.columns.items()}
    if found.date_format is None:
        found = replace(found, date_format=_form([text for name in TIMES for text in values.get(name, ())]))
    export = closed_tickets.read(tickets, found)
    used = set(found.columns.values())
    labels = {
        head: Counter(ticket.labels[head] for ticket in export.tickets if head in ticket.labels)
        for head in found.labels
    }
    sets = {head: [each for t in export.tickets if (each := t.label_sets.get(head))] for head in found.multi}
    labels |= {head: Counter(label for each in several for label in each) for head, several in sets.items()}
    return Understood(
        export,
        found,
        chosen.title if chosen else None,
        [Field(name, column, len(values[name]) / max(len(first), 1), _cut(next(iter(values[name]), "")))
         for name, column in found.columns.items()],
        [column for column in columns if column not in used],
        {head: dict(counts.most_common()) for head, counts in labels.items() if counts},
        {head: len(several) for head, several in sets.items()},
        _of_tags(chosen, said, columns, used),
    )  # fmt: skip


def _of_tags(chosen: Preset | None, said: ColumnMapping, columns: Sequence[str], used: Collection[str]) -> str | None:
    """Say what lacks where the column of the tags is not read."""
    tags = chosen.tag_column(columns) if chosen else None
    if tags is None or tags in used:
        return None
    heads = without_column(said, columns)
    if heads:
        line = f"[columns] {heads[0]} = {_quoted(tags)}"
        return f"{tags} may be any of {', '.join(heads)}: say which in the mapping, {line}."
    return f'{tags} is not read: a head of kind "multi" in the taxonomy would learn its labels (docs/taxonomy.md).'


def _values(first: Sequence[Mapping[str, object]], column: str) -> list[str]:
    found = (cell(row, column) for row in first)
    plain = (", ".join(map(str, value)) if isinstance(value, list) else value for value in found)
    return [str(value) for value in plain if value and isinstance(value, str | int | float)]


def _form(texts: Sequence[str]) -> str | None:
    """Return the one form in which all these times can be written, if they need one and there is one."""
    needed = [set(forms) for text in texts if (forms := forms_of(text))]
    common = set.intersection(*needed) if needed else set()
    return common.pop() if len(common) == 1 else None


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def as_toml(found: Understood) -> str:
    """Write the mapping file, with a line for each value that must still be said."""
    mapping = found.mapping
    lines = [f"# How to read {_escaped(found.export.path.name)}; see docs/formats.md."]
    if mapping.zone is not None:
        lines.append(f"timezone = {_quoted(mapping.zone.key)}")
    lines += [f"{name} = {_quoted(text)}" for name in ("date_format", "delimiter", "encoding")
              if (text := getattr(mapping, name)) is not None]  # fmt: skip
    if mapping.empty != frozenset(EMPTY):
        lines.append(f"empty = [{', '.join(map(_quoted, sorted(mapping.empty)))}]")
    lines += ["", "[columns]  # our field = column of the export"]
    lines += [f"{name} = {_quoted(column)}" for name, column in mapping.columns.items()]
    unread = {name: [each for each in found.export.unread_values if each.field == name] for name in mapping.valued}
    for name in mapping.valued:
        meanings = mapping.values.get(name, {})
        if name in mapping.columns and (meanings or unread[name]):
            lines += ["", f'[values.{name}]  # value of the export = what it means; "" for none']
            lines += [f"{_quoted(word)} = {_written(meaning)}" for word, meaning in meanings.items()]
            lines += [f"# {_quoted(each.value)} = ?  # {each.rows} rows" for each in unread[name]]
    if mapping.separators:
        lines += ["", "[separators]  # what stands between the labels of a list"]
        lines += [f"{name} = {_quoted(separator)}" for name, separator in mapping.separators.items()]
    return "\n".join(lines) + "\n"


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Return a basic string of TOML."""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(each if each.isprintable() else f"\\U{ord(each):08X}" for each in escaped)
