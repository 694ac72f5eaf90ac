"""Read the capacity file, or refuse it with what to change."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Final

from triage.capacity.terms import (
    FILE,
    CapacityTerms,
    DeflectionTerms,
    GivenDemand,
    Handling,
    Hiring,
    Pool,
    Shift,
)
from triage.errors import PolicyRefused
from triage.reading.bounded_tables import text_of, toml_tables
from triage.sla.business_hours import Calendar
from triage.sla.calendars import calendar
from triage.sla.policy_tables import Table, only, span

MOST_TICKETS: Final = 100_000.0  # a month
MOST_POOLS: Final = 50
MOST_MIXES: Final = 100_000  # of a channel, a type and a language
_TABLES = ("demand", "handling_minutes", "deflection", "limits", "pools", "hiring")
_A_DAY = timedelta(days=1)
_EXACT = 0.001
Calendars = Mapping[str, Calendar]


def of_folder(folder: Path | None, calendars: Calendars) -> CapacityTerms:
    """Read `capacity.toml` of a desk's policy folder; without one, the file that comes with Firstline."""
    return read(folder / FILE if folder is not None and (folder / FILE).is_file() else None, calendars)


def read(path: Path | None, calendars: Calendars) -> CapacityTerms:
    """Read a capacity file; a table that it lacks is the one of the file that comes with Firstline.

    Parameters
    ----------
    path
        The file; None: the one that comes with Firstline.
    calendars
        Those of the SLA policy, which shifts may name.

    Returns
    -------
    CapacityTerms

    Raises
    ------
    PolicyRefused
        It is no TOML, or says what cannot be.
    """
    return from_text("" if path is None else text_of(path), calendars)


def from_text(text: str, calendars: Calendars) -> CapacityTerms:
    """Read the text of a capacity file, as `read` does; raises `PolicyRefused`."""
    usual = _tables(resources.files("triage").joinpath(f"policies/{FILE}").read_text(encoding="utf-8"))
    given = _tables(text)
    only(given, FILE, also=_TABLES)
    demand = given.get("demand", {})
    only(demand, "demand", also=usual["demand"].keys() | {"tickets_a_month"})
    table = {**usual, **given, "demand": {**usual["demand"], **demand}}
    for name in ("handling_minutes", "deflection", "limits", "hiring"):
        only(given.get(name, {}), name, also=usual[name] if name != "handling_minutes" else given.get(name, {}))
        table[name] = {**usual[name], **given.get(name, {})}
    return _terms(table, calendars)


def _tables(text: str) -> Table:
    try:
        return toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused(FILE, f"it is no TOML: {problem}") from None


def _terms(table: Table, calendars: Calendars) -> CapacityTerms:
    handling, deflection, hiring = table["handling_minutes"], table["deflection"], table["hiring"]
    pools = table["pools"]
    if not isinstance(pools, list) or not 1 <= len(pools) <= MOST_POOLS:
        raise PolicyRefused("pools", f"write 1 to {MOST_POOLS} of them, each under [[pools]]")
    found = [_pool(each, f"pools, number {place}", calendars) for place, each in enumerate(pools, 1)]
    if len({each.name for each in found}) < len(found):
        raise PolicyRefused("pools", "two have the same name")
    return CapacityTerms(
        demand=_demand(table["demand"], calendars),
        handling=Handling({name: number(handling, name, "handling_minutes", (0.1, 10_000)) / 60 for name in handling}),
        deflection=DeflectionTerms(
            now=number(deflection, "now", "deflection", (0, 0.95)),
            by_bot=number(deflection, "by_bot", "deflection", (0, 1)),
            first=names(deflection, "first", "deflection"),
        ),
        utilisation=number(table["limits"], "utilisation", "limits", (0.1, 1)),
        pools=found,
        hiring=Hiring(
            lead_months=whole(hiring, "lead_months", "hiring", (0, 24)),
            ramp_months=whole(hiring, "ramp_months", "hiring", (0, 24)),
            ramp_share=number(hiring, "ramp_share", "hiring", (0, 1)),
            hours_a_week=number(hiring, "hours_a_week", "hiring", (1, 100)),
            months=whole(hiring, "months", "hiring", (1, 36)),
        ),
    )


def _demand(table: Table, calendars: Calendars) -> GivenDemand:
    channels, types, languages = (_shares(table, name) for name in ("channels", "types", "languages"))
    if len(channels) * len(types) * len(languages) > MOST_MIXES:
        raise PolicyRefused("demand", f"channels, types and languages have more than {MOST_MIXES:,} combinations")
    return GivenDemand(
        tickets_a_month=number(table, "tickets_a_month", "demand", (1, MOST_TICKETS))
        if "tickets_a_month" in table
        else None,
        growth_a_month=number(table, "growth_a_month", "demand", (-0.5, 1)),
        in_hours=number(table, "in_hours", "demand", (0, 1)),
        hours=_named_calendar(table["hours"], "demand", calendars),
        channels=channels,
        types=types,
        languages=languages,
    )


def _pool(table: Table, where: str, calendars: Calendars) -> Pool:
    only(
        table,
        where,
        needed=("name", "kind", "within", "share", "shifts"),
        also=("channels", "types", "languages", "patience"),
    )
    if table["kind"] not in ("live", "backlog"):
        raise PolicyRefused(where, f"kind is {table['kind']!r}; write live or backlog")
    if (table["kind"] == "live") != ("patience" in table):
        raise PolicyRefused(where, "a live pool needs `patience`, and only a live pool has one")
    shifts = table["shifts"]
    if not isinstance(shifts, list) or not 1 <= len(shifts) <= MOST_POOLS:
        raise PolicyRefused(where, f"write 1 to {MOST_POOLS} shifts, each under [[pools.shifts]]")
    made = [_shift(each, f"{where}, shift {place}", calendars) for place, each in enumerate(shifts, 1)]
    if len({each.agents is None for each in made}) > 1:
        raise PolicyRefused(where, "give `agents` for every shift, or for none")
    return Pool(
        name=_text(table["name"], f"{where}: name"),
        kind=table["kind"],
        channels=names(table, "channels", where),
        types=names(table, "types", where),
        languages=names(table, "languages", where),
        within=_hours(table["within"], f"{where}: within"),
        share=number(table, "share", where, (0.01, 0.999)),
        patience=_hours(table["patience"], f"{where}: patience") if "patience" in table else None,
        shifts=made,
    )


def _shift(table: Table, where: str, calendars: Calendars) -> Shift:
    only(table, where, also=("calendar", "hours", "zone", "holidays", "agents", "name"))
    if ("calendar" in table) == ("hours" in table):
        raise PolicyRefused(where, "give either `calendar` or `hours` with `zone`")
    if "calendar" in table:
        found, name = _named_calendar(table["calendar"], where, calendars), table["calendar"]
    else:
        own: Table = {key: table[key] for key in ("hours", "holidays") if key in table}
        found = calendar(f"{where}", {"zone": table.get("zone", "UTC"), **own})
        name = "own hours"
    agents = whole(table, "agents", where, (0, 5_000)) if "agents" in table else None
    return Shift(_text(table.get("name", name), f"{where}: name"), found, agents)


def _named_calendar(name: object, where: str, calendars: Calendars) -> Calendar:
    if not isinstance(name, str) or name not in calendars:
        raise PolicyRefused(where, f"there is no calendar {name!r} in the SLA policy; known: {', '.join(calendars)}")
    return calendars[name]


def _shares(table: Table, name: str) -> dict[str, float]:
    where, given = f"demand.{name}", table[name]
    if not isinstance(given, dict) or not given:
        raise PolicyRefused(where, "write shares, such as email = 0.7")
    found = {each: number(given, each, where, (0, 1)) for each in given}
    if abs(math.fsum(found.values()) - 1) > _EXACT:
        raise PolicyRefused(where, f"the shares add up to {math.fsum(found.values()):.3f}; they must add up to 1")
    return found


def number(table: Table, key: str, where: str, bounds: tuple[float, float]) -> float:
    """Read a number within bounds. Raises `PolicyRefused`: it is none, or lies outside."""
    value, (low, high) = table[key], bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise PolicyRefused(where, f"`{key}` is {value!r}; write a number from {low:g} to {high:,g}")
    return float(value)


def whole(table: Table, key: str, where: str, bounds: tuple[int, int]) -> int:
    """Read a whole number within bounds. Raises `PolicyRefused`: it is none, or lies outside."""
    found = number(table, key, where, bounds)
    if not found.is_integer():
        raise PolicyRefused(where, f"`{key}` is {found:g}; write a whole number")
    return int(found)


def names(table: Table, key: str, where: str) -> tuple[str, ...]:
    """Read a list of names; empty where there is none. Raises `PolicyRefused`: it is no list of names."""
    value = table.get(key, [])
    if not isinstance(value, list):
        raise PolicyRefused(where, f'`{key}` is {value!r}; write a list, such as ["chat", "phone"]')
    return tuple(_text(each, f"{where}: {key}") for each in value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise PolicyRefused(where, f"{value!r} is no name")
    return value


def _hours(value: object, where: str) -> float:
    return span(_text(value, where), where, _A_DAY) / timedelta(hours=1)
