"""How many false alarms a desk accepts: its own `surges.toml`, or the one that comes with Firstline."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from triage.errors import PolicyRefused
from triage.reading.bounded_tables import text_of, toml_tables

FILE: Final = "surges.toml"
_TABLE, _KEY = "proposals", "false_alarms_a_month"
_LEAST, _MOST = 0.01, 100.0


def of_folder(folder: Path | None) -> float:
    """Return the false alarms a month of a desk's policy folder. Raises `PolicyRefused`."""
    if folder is not None and (folder / FILE).is_file():
        return parse(text_of(folder / FILE))
    return parse(resources.files("triage").joinpath(f"policies/{FILE}").read_text(encoding="utf-8"))


def parse(text: str) -> float:
    """Read the number. Raises `PolicyRefused`: it is no TOML, or the number is missing or none from 0.01 to 100."""
    try:
        table = toml_tables(text).get(_TABLE)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused(FILE, f"it is no TOML: {problem}") from None
    found = table.get(_KEY) if isinstance(table, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not _LEAST <= found <= _MOST:
        raise PolicyRefused(f"{FILE} [{_TABLE}]", f"write `{_KEY}`, a number from {_LEAST:g} to {_MOST:g}")
    return float(found)
