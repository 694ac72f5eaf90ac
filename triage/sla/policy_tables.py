"""Tables of a policy file: allowed keys, durations, and the escalation rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from triage.errors import PolicyRefused
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.csm_alert import CsmRule
from triage.tickets.escalation import Escalation, Path

Table = dict[str, Any]  # what tomllib gives

_SPAN = re.compile(r"(\d{1,6}) (min|h|days?)")


def only(table: object, where: str, *, needed: Iterable[str] = (), also: Iterable[str] = ()) -> None:
    """Refuse a table that lacks a key or holds one that means nothing here, which is mostly a typing error."""
    if not isinstance(table, dict):
        raise PolicyRefused(where, f"{table!r} is no table")
    lacking = [key for key in needed if key not in table]
    if lacking:
        raise PolicyRefused(where, f"{lacking[0]} is missing; add it")
    strange = set(table) - {*needed, *also}
    if strange:
        known = ", ".join(sorted({*needed, *also}))
        raise PolicyRefused(where, f"{min(strange)!r} means nothing here; known are {known}")


def span(text: str, where: str, day: timedelta) -> timedelta:
    """Read `15 min`, `8 h` or `5 days`; how long a day is depends on the calendar."""
    match = _SPAN.fullmatch(text)
    if match is None or not int(match[1]):
        raise PolicyRefused(where, f"{text!r} is no span of time; write 15 min, 8 h or 5 days")
    units = {"min": timedelta(minutes=1), "h": timedelta(hours=1)}
    return int(match[1]) * units.get(match[2], day)


def escalation_from(table: Table, plans: Collection[str]) -> Escalation:
    """Read the escalation rules; every plan needs a path, every priority a handling, every way its needs."""
    where = "escalation"
    only(table, where, needed=("t1_troubleshoots_for", "needs", "at_t3", "paths"), also=("csm_alert",))
    only(table["at_t3"], f"{where}.at_t3", needed=PRIORITIES)
    only(table["paths"], f"{where}.paths", needed=plans)
    for name, path in table["paths"].items():
        only(path, f"{where}.paths.{name}", needed=("queue", "ways"), also=("priorities",))
        strange = [way for way in path["ways"] if way not in table["needs"]]
        strange += [priority for priority in path.get("priorities", ()) if priority not in PRIORITIES]
        if strange:
            raise PolicyRefused(f"{where}.paths.{name}", f"{strange[0]!r} is neither under needs nor a priority")
    return Escalation(
        t1_troubleshoots_for=span(table["t1_troubleshoots_for"], where, timedelta(days=1)),
        needs=table["needs"],
        at_t3=table["at_t3"],
        paths={name: _path(path) for name, path in table["paths"].items()},
        csm=_csm(table.get("csm_alert", {}), plans),
    )


def _path(table: Table) -> Path:
    priorities = table.get("priorities")
    return Path(table["queue"], tuple(table["ways"]), None if priorities is None else tuple(priorities))


def _csm(table: Table, plans: Collection[str]) -> CsmRule:
    where, usual = "escalation.csm_alert", CsmRule()
    only(table, where, also=("tickets", "days", "priorities", "plans", "arr_above"))
    rule = CsmRule(
        tickets=table.get("tickets", usual.tickets),
        window=timedelta(days=table.get("days", usual.window.days)),
        priorities=tuple(table.get("priorities", usual.priorities)),
        plans=tuple(table.get("plans", [name for name in usual.plans if name in plans])),
        arr_above=table.get("arr_above"),
    )
    if rule.tickets < 1 or rule.window <= timedelta():
        raise PolicyRefused(where, "tickets and days are whole numbers from 1 on")
    strange = {*rule.priorities} - {*PRIORITIES} | {*rule.plans} - {*plans}
    if strange:
        raise PolicyRefused(where, f"{min(strange)!r} is neither a priority nor a plan of this file")
    return rule
