"""The use case of the deflection report, over the ladder's rungs."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from serving.reports.facts import FactStore, SessionFact
from serving.reports.figures import Figure, Span, WeekOut, share, span
from serving.reports.ladder import DURABLE_AFTER, ENDS, RUNGS, End, Judged, Rung, counted, grouped, judge_all
from serving.reports.windows import WEEK, ReportWindow, T, past_window

By = Literal["channel", "language", "week"]
USUAL = timedelta(days=28)
UNKNOWN = "unknown"
MEANING: dict[Rung, tuple[str, str]] = {
    "eligible": ("Eligible", "A real question was asked; greetings and thanks are not counted."),
    "answered": ("Answered", "The bot showed at least one answer."),
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
    """The rungs of a channel, a language or a week."""

    key: str
    rungs: list[RungOut]


class EndOut(Struct, kw_only=True):
    """How many sessions ended like this."""

    end: End
    count: int


class DeflectionReport(Struct, kw_only=True):
    """The deflection ladder; each rate is of the eligible sessions."""

    generated_at: datetime
    window: Span
    rungs: list[RungOut]
    ends: list[EndOut]
    by: By | None
    groups: list[GroupOut]
    trend: list[WeekOut]
    note: str


class DeflectionNumbers:
    """Reads sessions and counts them."""

    def __init__(self, store: FactStore) -> None:
        self._store = store

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
        return ladder(self.judged(window), window, by)

    def judged(self, window: ReportWindow) -> list[Judged]:
        """Return the sessions of a window and its trend, judged by what came up to a week later."""
        begin, end = window.weeks[0].since, min(window.until + DURABLE_AFTER, window.at)
        found = self._store.sessions(begin, end)
        direct = self._store.account_tickets(begin, end) if any(each.account for each in found) else []
        known = judge_all(found, direct, window.at)
        return [each for each in known if each.session.created_at < window.until]


def ladder(everything: Sequence[Judged], window: ReportWindow, by: By | None = None) -> DeflectionReport:
    """Return the ladder of the sessions of a window and its trend."""
    inside = [each for each in everything if window.holds(each.session.created_at)]
    ends = Counter(each.end for each in inside)
    return DeflectionReport(
        generated_at=window.at,
        window=span(window),
        rungs=rungs(inside, window),
        ends=[EndOut(end=end, count=ends[end]) for end in ENDS],
        by=by,
        groups=_groups(inside, everything, by, window),
        trend=trend(everything, window),
        note=YOUNG if inside else NOTHING_ASKED,
    )


def _groups(
    inside: Sequence[Judged], everything: Sequence[Judged], by: By | None, window: ReportWindow
) -> list[GroupOut]:
    if by is None:
        return []
    if by == "week":
        rows = zip(sessions_by_week(everything, window), window.weeks, strict=True)
        return [GroupOut(key=week_of(week), rungs=rungs(some, week)) for some, week in rows]
    key = _KEYS[by]
    return [GroupOut(key=name, rungs=rungs(each, window)) for name, each in grouped(inside, key).items()]


def rungs(sessions: Sequence[Judged], window: ReportWindow) -> list[RungOut]:
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


def trend(sessions: Sequence[Judged], window: ReportWindow) -> list[WeekOut]:
    """Return the durable share, week by week."""
    return weekly(sessions_by_week(sessions, window), window, lambda some, each: share(*counted(some)["durable"], each))


def sessions_by_week(sessions: Sequence[Judged], window: ReportWindow) -> list[list[Judged]]:
    """Return the sessions of each week of a window."""
    return window.by_week(sessions, lambda each: each.session.created_at)


def weekly(
    rows: Sequence[list[T]], window: ReportWindow, figure: Callable[[list[T], ReportWindow], Figure]
) -> list[WeekOut]:
    """Return the figure of each week."""
    return [
        WeekOut(week=week_of(week), over=week.until - week.since >= WEEK, figure=figure(some, week))
        for some, week in zip(rows, window.weeks, strict=True)
    ]


def week_of(window: ReportWindow) -> str:
    """Return the name of a week: the day on which it began."""
    return f"{window.since:%Y-%m-%d}"


def _language(session: SessionFact) -> str:
    return (session.locale or UNKNOWN).replace("_", "-").split("-")[0].lower()


_KEYS: dict[By, Callable[[SessionFact], str]] = {
    "channel": lambda session: session.channel or UNKNOWN,
    "language": _language,
}
