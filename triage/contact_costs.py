"""The cost of a contact by channel: the desk's own table, or the default one."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from triage.errors import PolicyRefused
from triage.reading.bounded_tables import text_of, toml_tables

FILE = "costs.toml"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class ContactCosts:
    """Costs in one currency."""

    by_channel: Mapping[str, float]
    article: float
    answer: float

    def contact(self, channel: str | None) -> float:
        """Return what a person's handling of a contact costs."""
        return self.by_channel.get(channel or OTHER, self.by_channel[OTHER])

    def saved(self, channel: str | None) -> float:
        """Return what is saved where an article takes the contact's place; never less than nothing."""
        return max(self.contact(channel) - self.article, 0.0)


def of_folder(folder: Path | None) -> ContactCosts:
    """Read `costs.toml` of a desk's policy folder; without one, the table that comes with Firstline."""
    if folder is not None and (folder / FILE).is_file():
        return parse(text_of(folder / FILE))
    return default()


def default() -> ContactCosts:
    """Read the table that comes with Firstline."""
    return parse(resources.files("triage").joinpath(f"policies/{FILE}").read_text(encoding="utf-8"))


def parse(text: str) -> ContactCosts:
    """Read a table of costs.

    Raises `PolicyRefused`: it is no TOML, a number is missing, or it is none.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused(FILE, f"it is no TOML: {problem}") from None
    contact, alone = _numbers(tables, "contact"), _numbers(tables, "self_serve")
    for table, given, name in (
        ("contact", contact, OTHER),
        ("self_serve", alone, "article"),
        ("self_serve", alone, "answer"),
    ):
        if name not in given:
            raise PolicyRefused(f"{FILE} [{table}]", f"`{name}` is missing")
    return ContactCosts(contact, alone["article"], alone["answer"])


def _numbers(tables: Mapping[str, object], name: str) -> dict[str, float]:
    table = tables.get(name)
    if not isinstance(table, Mapping):
        raise PolicyRefused(FILE, f"the table [{name}] is missing")
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value >= 0):
            raise PolicyRefused(f"{FILE} [{name}]", f"`{key}` is {value!r}; write a cost, such as 10.00")
    return {str(key): float(value) for key, value in table.items()}
