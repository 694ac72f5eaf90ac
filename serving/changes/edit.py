"""The circumstances of a change: when, by whom and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

LONGEST_REASON: Final = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The circumstances of a change: when, by whose key, and why, if they said so."""

    at: datetime
    by: str = ""
    key_id: str | None = None
    because: str | None = None
