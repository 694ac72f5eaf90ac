"""Presets: the mapping of a known helpdesk's export, fitted to the columns that a file has."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING, Final

from training.data.column_mapping import ColumnMapping, Value, folded, read_mapping
from training.data.presets.names import NAMES
from training.data.rows import rows
from training.data.unreadable_rows import Unreadable
from training.errors import ConfigRefused
from triage.taxonomy.heads import SHIPPED, Head

if TYPE_CHECKING:
    from pathlib import Path

#: The preset that is found out from the columns.
AUTO: Final = "auto"
#: Rows whose columns are looked at: in JSON Lines an early row may lack one.
LOOKED_AT: Final = 500
#: What a preset must find, too, before a file is taken for its helpdesk's: "Ticket ID" and "Subject" tell nothing.
TELLING: Final = "created_at"


@dataclass(frozen=True, slots=True)
class Preset:
    """A helpdesk's export: for each of our fields the columns that may hold it, the best first."""

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, Value]]
    tags: tuple[str, ...]
    """The columns that may hold any number of labels a ticket, the best first."""

    def tag_column(self, columns: Collection[str]) -> str | None:
        """Return the column of the tags that a file has; None where it has none."""
        return next((each for name in self.tags for each in columns if each.casefold() == name.casefold()), None)

    def fitted(self, columns: Collection[str]) -> dict[str, str]:
        """Return for each field the first of its columns that a file has, in whatever case."""
        has = {column.casefold(): column for column in reversed(list(columns))}
        found = {field: (has[name.casefold()] for name in names if name.casefold() in has)
                 for field, names in self.columns.items()}  # fmt: skip
        return {field: first for field, each in found.items() if (first := next(each, None)) is not None}


@cache
def preset(name: str) -> Preset:
    """Return a preset by its name, one of `NAMES`."""
    record = tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
    columns = {field: tuple(names) for field, names in record["columns"].items()}
    return Preset(name, record["title"], columns, folded(record["values"]), tuple(record["tags"]))


def likeliest(columns: Collection[str], said: ColumnMapping) -> Preset | None:
    """Return the preset that finds most fields in a file's columns.

    None where none finds an id, a text and a time, or where our own names, and what the mapping says, find as many.
    """
    ours = {name: column for name in said.fields if (column := said.column(name)) in columns}
    fits = [(len(found), each) for each in map(preset, NAMES) if _tells(found := each.fitted(columns))]
    most, best = max(fits, key=lambda fit: fit[0], default=(0, None))
    return None if _is_enough(ours) and len(ours) >= most else best


def mapping_for(
    tickets: Path | None,
    mapping: Path | None,
    timezone: str | None = None,
    preset_name: str | None = None,
    heads: tuple[Head, ...] = SHIPPED,
) -> ColumnMapping:
    """Return how to read an export: as its preset says, and before that as the mapping file says.

    Parameters
    ----------
    tickets
        The export; its columns decide which of a preset's apply.
    mapping
        The mapping file; None: there is none.
    timezone
        Of times that name none; goes before the file's.
    preset_name
        One of `NAMES`, or `AUTO`: whichever fits the columns best, if our own names do not; None: no preset.
    heads
        The label fields of the desk; a preset's columns of others are left out.

    Returns
    -------
    ColumnMapping

    Raises
    ------
    ConfigRefused
        The mapping file is wrong, or the export has not the columns of the preset.
    TicketsNotReadable
        The export cannot be read.
    """
    said = read_mapping(mapping, timezone, heads)
    if preset_name is None or tickets is None:
        return said
    columns = columns_of(tickets, said)
    chosen = likeliest(columns, said) if preset_name == AUTO else preset(preset_name)
    if chosen is None and not _is_enough({name: "" for name in said.fields if said.column(name) in columns}):
        raise ConfigRefused(tickets, _no_fit(preset_name, columns))
    return said if chosen is None else fitted(tickets, said, chosen, columns)


def fitted(tickets: Path, said: ColumnMapping, chosen: Preset, columns: Collection[str]) -> ColumnMapping:
    """Return a mapping with what a preset finds in an export. Raises `ConfigRefused` where that is not enough."""
    found = {**chosen.fitted(columns), **said.columns}
    if not _is_enough(found):
        raise ConfigRefused(tickets, _no_fit(chosen.name, columns))
    values = {name: {**chosen.values.get(name, {}), **said.values.get(name, {})}
              for name in {**chosen.values, **said.values}}  # fmt: skip
    kept = {name: column for name, column in found.items() if name in said.fields}
    tags = chosen.tag_column(columns)
    if tags is not None and tags not in kept.values() and len(heads := without_column(said, columns)) == 1:
        kept[heads[0]] = tags
    return replace(said, columns=kept, values={name: own for name, own in values.items() if name in said.valued})


def without_column(said: ColumnMapping, columns: Collection[str]) -> list[str]:
    """Return the multi heads for which neither the mapping nor a name of the file says which column they are."""
    return [head for head in said.multi if head not in said.columns and head not in columns]


def columns_of(tickets: Path, mapping: ColumnMapping) -> list[str]:
    """Return the columns of an export's first rows, in order; of nested JSON their paths, such as `via.channel`.

    Raises `TicketsNotReadable`.
    """
    found: dict[str, None] = {}
    for _, row in islice(rows(tickets, mapping), LOOKED_AT):
        if not isinstance(row, Unreadable):
            found.update(dict.fromkeys(_paths(row)))
    return list(found)


def _paths(row: Mapping[str, object]) -> list[str]:
    """Return the names of a row's values, three levels deep."""
    paths: list[str] = []
    for name, value in row.items():
        if not isinstance(value, dict):
            paths.append(name)
            continue
        for inner, below in value.items():
            paths += [f"{name}.{inner}.{last}" for last in below] if isinstance(below, dict) else [f"{name}.{inner}"]
    return paths


def _tells(found: Mapping[str, str]) -> bool:
    return _is_enough(found) and TELLING in found


def _is_enough(found: Mapping[str, str]) -> bool:
    return "id" in found and ("subject" in found or "description" in found)


def _no_fit(name: str, columns: Collection[str]) -> str:
    has = ", ".join(list(columns)[:30]) or "none"
    looked = "no preset" if name == AUTO else f"the preset {name} does not"
    finds = "finds" if name == AUTO else "find"
    return f"{looked} {finds} an id and a text in its columns: {has}. Say which is which in a mapping (--mapping)"
