"""The use case of the deflection report, over the ladder's rungs."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from serving.reports.facts import FactStore, SessionFact, TicketStamps
from serving.reports.figures import Figure, Span, WeekOut, share, span
from serving.reports.kept_sessions import SessionDays, SessionTallies
from serving.reports.ladder import ENDS, RUNGS, End, Rung, Tally, counted, grouped, tally
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
        self._days = SessionDays(store)

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
        found = self.tallies(window)
        return ladder(found, window, by, [] if by is None else self._groups(found, window, by))

    def tallies(self, window: ReportWindow, opened: TicketStamps | None = None) -> SessionTallies:
        """Count the sessions of a window and of its weeks; `opened` are the tickets' stamps, where they are known."""
        return self._days.tallies(window, opened)

    def _groups(self, found: SessionTallies, window: ReportWindow, by: By) -> list[GroupOut]:
        if by == "week":
            rows = zip(found.weeks, window.weeks, strict=True)
            return [GroupOut(key=week_of(week), rungs=rungs(some, week)) for some, week in rows]
        groups = grouped(self._days.judged(window), _KEYS[by])
        return [GroupOut(key=name, rungs=rungs(tally(each), window)) for name, each in groups.items()]


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


def _language(session: SessionFact) -> str:
    return (session.locale or UNKNOWN).replace("_", "-").split("-")[0].lower()


_KEYS: dict[By, Callable[[SessionFact], str]] = {
    "channel": lambda session: session.channel or UNKNOWN,
    "language": _language,
}
