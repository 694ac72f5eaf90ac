"""When a desk wants a burst proposed: its own `surges.toml`, or the one that comes with Firstline."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from triage.errors import PolicyRefused
from triage.reading.bounded_tables import text_of, toml_tables
from triage.surges.alarms import FEWEST

FILE: Final = "surges.toml"
_TABLE: Final = "proposals"
_ALARMS, _SENDERS = "false_alarms_a_month", "fewest_senders"
_LEAST_ALARMS, _MOST_ALARMS = 0.01, 100.0
_LEAST_SENDERS, _MOST_SENDERS = 2, 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """How many false alarms a desk accepts, and how many people must report something."""

    false_alarms_a_month: float
    fewest_senders: int = FEWEST


def of_folder(folder: Path | None) -> Terms:
    """Return the terms of a desk's policy folder. Raises `PolicyRefused`."""
    if folder is not None and (folder / FILE).is_file():
        return parse(text_of(folder / FILE))
    return parse(resources.files("triage").joinpath(f"policies/{FILE}").read_text(encoding="utf-8"))


def parse(text: str) -> Terms:
    """Read the file. Raises `PolicyRefused`: it is no TOML, or a number is missing, unknown or out of its range."""
    try:
        table = toml_tables(text).get(_TABLE)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused(FILE, f"it is no TOML: {problem}") from None
    table, place = table if isinstance(table, Mapping) else {}, f"{FILE} [{_TABLE}]"
    alarms, senders = table.get(_ALARMS), table.get(_SENDERS, FEWEST)
    if isinstance(alarms, bool) or not isinstance(alarms, int | float) or not _LEAST_ALARMS <= alarms <= _MOST_ALARMS:
        raise PolicyRefused(place, f"write `{_ALARMS}`, a number from {_LEAST_ALARMS:g} to {_MOST_ALARMS:g}")
    if isinstance(senders, bool) or not isinstance(senders, int) or not _LEAST_SENDERS <= senders <= _MOST_SENDERS:
        raise PolicyRefused(place, f"`{_SENDERS}` is a whole number from {_LEAST_SENDERS} to {_MOST_SENDERS:,}")
    if strange := sorted(set(table) - {_ALARMS, _SENDERS}):
        raise PolicyRefused(place, f"{strange[0]} is not known; known are {_ALARMS} and {_SENDERS}")
    return Terms(float(alarms), senders)
