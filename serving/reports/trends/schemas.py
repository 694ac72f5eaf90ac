"""The trends report as it is returned."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Direction = Literal["growing", "shrinking"]


class ThemeOut(Struct, kw_only=True):
    """A theme that grew or shrank.

    `words` are used by tickets of at least three customers; `ratio` is the recent rate by that of before, both relative
    to the desk, with its 95 % interval; `extra_cost_a_month` is what the tickets beyond the expected ones cost.
    """

    words: list[str]
    direction: Direction
    recent: int
    before: int
    expected: float
    ratio: float | None
    interval: tuple[float | None, float | None]
    p: float
    q: float
    product_area: str | None
    product_area_share: float
    plans: dict[str, int]
    customers: int
    cost_a_month: float
    extra_cost_a_month: float
    example: str
    tickets: list[str]


class TrendsOut(Struct, kw_only=True):
    """Themes of the recent weeks against those before, growing ones first, most certain first."""

    generated_at: datetime
    since: datetime
    until: datetime
    compared_since: datetime
    weeks: int
    n: int
    sampled: float
    last_year: bool
    tested: int
    false_discovery_rate: float
    themes: list[ThemeOut]
    waiting: int
    note: str | None
