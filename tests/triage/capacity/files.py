"""Capacity files for tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from triage.capacity import terms_file
from triage.capacity.terms import CapacityTerms
from triage.sla import policy

WEEK: Final = date(2026, 3, 2)

FORMFLOW: Final = """
[demand]
tickets_a_month = 500
in_hours = 0.85
channels = { email = 1.0 }
types = { how_to = 0.4, bug = 0.6 }
[handling_minutes]
how_to = 20.1
bug = 20.1
[deflection]
by_bot = 0.3
[[pools]]
name = "support"
kind = "backlog"
within = "8 h"
share = 0.9
[[pools.shifts]]
calendar = "business"
agents = 1
"""

LIVE: Final = """
[[pools]]
name = "live"
kind = "live"
within = "1 min"
share = 0.8
patience = "3 min"
[[pools.shifts]]
name = "day"
hours = { "mon-fri" = ["09:00-17:00"] }
agents = 3
[[pools.shifts]]
name = "late"
hours = { "mon" = ["12:00-17:00"] }
agents = 30
"""


def terms(text: str, folder: Path) -> CapacityTerms:
    path = folder / "capacity.toml"
    path.write_text(text, encoding="utf-8")
    return terms_file.read(path, policy.default().calendars)


def usual() -> CapacityTerms:
    return terms_file.read(None, policy.default().calendars)
