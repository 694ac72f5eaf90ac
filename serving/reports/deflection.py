"""The use case of the deflection report, over the ladder's rungs."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from msgspec import Struct

from serving.reports.facts import ARTICLE_OFFERED
from serving.reports.figures import Figure, Span, WeekOut, share, span
from serving.reports.ladder import ENDS, RUNGS, End, Rung, Tally, counted
from serving.reports.rollups.session_days import SessionDays, SessionTallies
from serving.reports.windows import WEEK, ReportWindow, past_window

By = Literal["channel", "language", "brand", "article", "week"]
T = TypeVar("T")
USUAL = timedelta(days=28)
MEANING: dict[Rung, tuple[str, str]] = {
    "eligible": ("Eligible", "A real question was asked; greetings and thanks are not counted."),
    "answered": (
        "Answered",
        "The bot showed at least one answer, or offered an article that helped, as its customer said.",
    ),
    "contained": ("Contained", "Answered, no ticket and no person in the channel's time, and not abandoned."),
    "assumed": (
        "Assumed",
        "Contained, and then the customer wrote nothing more: 72 hours by email, else 24. Nobody said that it helped.",
    ),
    "confirmed": ("Confirmed", "Contained, and the customer said yes, this helped."),
    "durable": (
        "Durable",
        "Confirmed or assumed, and the customer did not come back within 7 days, whatever about. A lower bound.",
    ),
}
OFFERED = (
    "The article is about the question and which section answers is not sure: it was offered with its sections, and "
    "counts as answered only where the customer said that it helped."
)
YOUNG = (
    "Sessions whose time is not over yet (24 hours, by email 72; for durable 7 days) are not in the n of a rung. "
    "Sessions without visitor and account cannot be followed: they count up to contained, and as confirmed."
)
NOTHING_ASKED = "Nobody asked a question in this time: choose a longer one, or put the widget on a page."


class RungOut(Struct, kw_only=True):
    """A rung: `count` of the `n` eligible sessions of which it is known stand on it."""

    id: Rung
    title: str
    meaning: str
    count: int
    figure: Figure


class GroupOut(Struct, kw_only=True):
    """The rungs of a channel, a language, a brand, an article or a week."""

    key: str
    rungs: list[RungOut]


class EndOut(Struct, kw_only=True):
    """How many sessions ended like this."""

    end: End
    count: int


class OfferedOut(Struct, kw_only=True):
    """Articles that were offered because they are about the question and none of their sections is sure to answer."""

    meaning: str
    count: int
    figure: Figure  # of the eligible sessions
    confirmed: Figure  # customers who said yes, this helped, of those who were offered one


class DeflectionReport(Struct, kw_only=True):
    """The deflection ladder; each rate is of the eligible sessions."""

    generated_at: datetime
    window: Span
    rungs: list[RungOut]
    offered: OfferedOut
    ends: list[EndOut]
    by: By | None
    groups: list[GroupOut]
    trend: list[WeekOut]
    note: str


class DeflectionNumbers:
    """Reads sessions and counts them."""

    def __init__(self, days: SessionDays) -> None:
        self._days = days

    def report(
        self, since: datetime | None, until: datetime | None, by: By | None, *, at: datetime
    ) -> DeflectionReport:
        """Return the ladder.

        Parameters
        ----------
        since
            Where the window begins; by default 28 days before its end.
        until
            Where it ends; by default now.
        by
            In which groups it is shown besides.
        at
            Now.

        Returns
        -------
        DeflectionReport

        Raises
        ------
        InvalidRequest
            There is no such window.
        """
        window = past_window(since, until, at, usual=USUAL)
        if by == "week":
            found = self._days.tallies(window)
            rows = zip(found.weeks, window.weeks, strict=True)
            groups = [GroupOut(key=week_of(week), rungs=rungs(some, week)) for some, week in rows]
        else:
            found = self._days.tallies(window, by)
            groups = [GroupOut(key=name, rungs=rungs(some, window)) for name, some in found.groups.items()]
        return ladder(found, window, by, groups)

    def tallies(self, window: ReportWindow) -> SessionTallies:
        """Count the sessions of a window and of its weeks."""
        return self._days.tallies(window)


def ladder(
    found: SessionTallies, window: ReportWindow, by: By | None = None, groups: Sequence[GroupOut] = ()
) -> DeflectionReport:
    """Return the ladder of the sessions of a window and its trend."""
    ends = Counter[End]()
    for kind, n in found.inside.items():
        ends[kind.end] += n
    return DeflectionReport(
        generated_at=window.at,
        window=span(window),
        rungs=rungs(found.inside, window),
        offered=offered(found.inside, window),
        ends=[EndOut(end=end, count=ends[end]) for end in ENDS],
        by=by,
        groups=list(groups),
        trend=trend(found, window),
        note=YOUNG if found.inside else NOTHING_ASKED,
    )


def rungs(sessions: Tally, window: ReportWindow) -> list[RungOut]:
    """Return the ladder of some sessions."""
    found = counted(sessions)
    return [
        RungOut(
            id=rung,
            title=MEANING[rung][0],
            meaning=MEANING[rung][1],
            count=found[rung][0],
            figure=share(*found[rung], window),
        )
        for rung in RUNGS
    ]


def offered(sessions: Tally, window: ReportWindow) -> OfferedOut:
    """Return how many of some sessions were offered an article, and how many of these it helped."""
    shown = {kind: n for kind, n in sessions.items() if kind.decision == ARTICLE_OFFERED}
    n, helped = sum(shown.values()), sum(n for kind, n in shown.items() if kind.outcome == "confirmed")
    return OfferedOut(
        meaning=OFFERED,
        count=n,
        figure=share(n, sessions.total(), window),
        confirmed=share(helped, n, window),
    )


def trend(found: SessionTallies, window: ReportWindow) -> list[WeekOut]:
    """Return the durable share, week by week."""
    return weekly(found.weeks, window, lambda some, each: share(*counted(some)["durable"], each))


def weekly(rows: Sequence[T], window: ReportWindow, figure: Callable[[T, ReportWindow], Figure]) -> list[WeekOut]:
    """Return the figure of each week."""
    return [
        WeekOut(week=week_of(week), over=week.until - week.since >= WEEK, figure=figure(some, week))
        for some, week in zip(rows, window.weeks, strict=True)
    ]


def week_of(window: ReportWindow) -> str:
    """Return the name of a week: the day on which it began."""
    return f"{window.since:%Y-%m-%d}"
