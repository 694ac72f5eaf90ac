"""What the address of a page asks for; what is not known there asks for nothing, so that no link breaks."""

from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from litestar import Request
from litestar.datastructures import MultiDict

from serving.reports.capacity.planning import MOST_DEFLECTED
from serving.reports.deflection import By
from serving.reports.trends.trends import MOST_RECENT, RECENT
from triage.capacity.terms_file import MOST_TICKETS

USUAL_SHARES, OFFERED_SHARES = (30, 50), (10, 20, 30, 40, 50, 60, 70)
MOST_SHARES = len(OFFERED_SHARES)
DAYS = {7: "7 days", 28: "4 weeks", 91: "13 weeks", 365: "a year"}
USUAL_DAYS = 28
GROUPINGS: dict[By, str] = {each: each for each in get_args(By)}
WEEKS = tuple(range(1, MOST_RECENT + 1))
_USUAL_GROUPING: By = "channel"
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class AskedPlan:
    """Shares of all contacts that might be deflected, in percent, and tickets a month if not those that are counted."""

    shares: tuple[int, ...] = USUAL_SHARES
    tickets: float | None = None

    @classmethod
    def read(cls, query: MultiDict[Any]) -> "AskedPlan":
        """Read an address."""
        given = {_whole(each) for each in query.getall("deflection", ())}
        shares = sorted(each for each in given if each and each <= 100 * MOST_DEFLECTED)[:MOST_SHARES]
        tickets = _whole(_one(query, "tickets_a_month"))
        return cls(tuple(shares) or USUAL_SHARES, float(tickets) if tickets and tickets <= MOST_TICKETS else None)

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        tickets = [] if self.tickets is None else [("tickets_a_month", f"{self.tickets:.0f}")]
        return urlencode([*(("deflection", str(each)) for each in self.shares), *tickets])


@dataclass(frozen=True, slots=True)
class AskedLadder:
    """How the ladder is grouped, and of how many days it is."""

    by: By = _USUAL_GROUPING
    days: int = USUAL_DAYS

    @classmethod
    def read(cls, query: MultiDict[Any]) -> "AskedLadder":
        """Read an address."""
        days = _whole(_one(query, "days"))
        by = next((each for each in GROUPINGS if each == _one(query, "by")), _USUAL_GROUPING)
        return cls(by, days if days in DAYS else USUAL_DAYS)

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        return urlencode({"by": self.by, "days": self.days})


def plan_asked(request: Request[Any, Any, Any]) -> AskedPlan:
    """Return what is asked of the plan; the dependency `asked_plan`."""
    return AskedPlan.read(request.query_params)


def ladder_asked(request: Request[Any, Any, Any]) -> AskedLadder:
    """Return what is asked of the ladder; the dependency `asked_ladder`."""
    return AskedLadder.read(request.query_params)


def weeks_asked(request: Request[Any, Any, Any]) -> int:
    """Return how many weeks are recent; the dependency `asked_weeks`."""
    weeks = _whole(_one(request.query_params, "weeks"))
    return weeks if weeks in WEEKS else RECENT


def _one(query: MultiDict[Any], name: str) -> str:
    return next(iter(query.getall(name, ())), "")


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
