"""The use case of the experiment's report."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from serving.reports.experiments.counting import Counted, count
from serving.reports.experiments.facts import ArmFacts
from serving.reports.figures import Figure, Span, nothing, span
from serving.reports.ladder import DURABLE_AFTER
from serving.reports.windows import LONGEST, ReportWindow, past_window
from triage.experiments.arms import Arm, ArmSums
from triage.experiments.difference import FEWEST, difference, rate_interval, sessions_to_see
from triage.experiments.sample_ratio import sample_ratio

USUAL = timedelta(days=28)
_DIGITS = 4
TITLES: dict[Arm, str] = {"bot": "Sees answers", "holdout": "Sees no answer, goes to a person"}
NO_EXPERIMENT = "There is no experiment in this time: FIRSTLINE_HOLDOUT=0.05 lets 5 % of the visitors see no answer."
NOBODY_YET = f"A session counts {DURABLE_AFTER.days} days after its question: none is so old yet."
TOO_SMALL = f"An interval needs {FEWEST} visitors with a ticket and {FEWEST} without one in each arm."
MISMATCH = (
    "The arms do not have the sizes that were set. Something adds or loses visitors of one arm: find it before you "
    "believe the difference."
)
NOT_SEEN = "The interval holds 0: no difference is seen yet."
SAVES = "Answers save tickets: the interval lies above 0."
COSTS = "Visitors who see answers open more tickets: the interval lies below 0."


class ArmOut(Struct, kw_only=True):
    """An arm: `figure` are the tickets per eligible session."""

    arm: Arm
    title: str
    visitors: int
    sessions: int
    tickets: int
    too_young: int
    figure: Figure


class SampleRatioOut(Struct, kw_only=True):
    """The holdout's share of the visitors, as set and as found; a p-value below 0.01 is a mismatch."""

    expected: float
    found: float | None
    p_value: float
    mismatch: bool


class ExperimentReport(Struct, kw_only=True):
    """What answers save; intervals hold at all times at once, so they may be looked at every day."""

    generated_at: datetime
    window: Span
    state: Literal["none", "too_small", "not_seen", "saves", "costs", "mismatch"]
    share: float | None
    arms: list[ArmOut]
    difference: Figure
    difference_per_visitor: Figure
    tickets_saved: Figure
    sessions_to_see: int | None
    sample_ratio: SampleRatioOut | None
    other_shares: int
    switched: int
    note: str


class ExperimentNumbers:
    """Reads sessions with their arm and counts them."""

    def __init__(self, store: ArmFacts) -> None:
        self._store = store

    def report(self, since: datetime | None, until: datetime | None, *, at: datetime) -> ExperimentReport:
        """Return both arms and their difference.

        Parameters
        ----------
        since
            Where the window begins; by default where the holdout's share was set that is drawn with now.
        until
            Where it ends; by default now.
        at
            Now.

        Returns
        -------
        ExperimentReport

        Raises
        ------
        InvalidRequest
            There is no such window.
        """
        window = past_window(since, until, at, usual=USUAL)
        share = self._store.share(window.until)
        if share is None:
            return _nothing(window)
        if since is None:
            began = self._store.began_at(share) or window.since
            window = ReportWindow(max(began, window.until - LONGEST), window.until, at)
        sessions = self._store.sessions(share, window.since, window.until)
        contacts = self._store.contacts(window.since, min(window.until + DURABLE_AFTER, at)) if sessions else []
        others = self._store.other_shares(share, window.since, window.until)
        return _counted(count(sessions, contacts, at), share, others, window)


def _nothing(window: ReportWindow) -> ExperimentReport:
    none = nothing(window)
    return ExperimentReport(
        generated_at=window.at,
        window=span(window),
        state="none",
        share=None,
        arms=[],
        difference=none,
        difference_per_visitor=none,
        tickets_saved=none,
        sessions_to_see=None,
        sample_ratio=None,
        other_shares=0,
        switched=0,
        note=NO_EXPERIMENT,
    )


def _counted(counted: Counted, share: float, others: int, window: ReportWindow) -> ExperimentReport:
    bot, holdout = counted.arms["bot"], counted.arms["holdout"]
    sizes = sample_ratio(counted.drawn.get("bot", 0), counted.drawn.get("holdout", 0), share)
    figure = _difference(bot, holdout, window)
    state = "mismatch" if sizes.is_mismatch else _state(figure)
    return ExperimentReport(
        generated_at=window.at,
        window=span(window),
        state=state,
        share=share,
        arms=[_arm(arm, counted, window) for arm in TITLES],
        difference=figure,
        difference_per_visitor=_difference(bot.per_unit, holdout.per_unit, window),
        tickets_saved=_times(figure, bot.sessions),
        sessions_to_see=sessions_to_see(bot, holdout),
        sample_ratio=SampleRatioOut(
            expected=share,
            found=None if sizes.found is None else round(sizes.found, _DIGITS),
            p_value=round(sizes.p_value, _DIGITS),
            mismatch=sizes.is_mismatch,
        ),
        other_shares=others,
        switched=counted.switched,
        note=_note(state, figure),
    )


def _state(figure: Figure) -> Literal["too_small", "not_seen", "saves", "costs"]:
    low, high = figure.interval or (None, None)
    if low is None or high is None:
        return "too_small"
    return "saves" if low > 0 else "costs" if high < 0 else "not_seen"


def _note(state: str, figure: Figure) -> str:
    if state == "too_small":
        return NOBODY_YET if figure.value is None else TOO_SMALL
    return {"mismatch": MISMATCH, "saves": SAVES, "costs": COSTS}.get(state, NOT_SEEN)


def _arm(arm: Arm, counted: Counted, window: ReportWindow) -> ArmOut:
    sums = counted.arms[arm]
    figure = nothing(window)
    if sums.rate is not None:
        figure = _figure(sums.rate, rate_interval(sums), int(sums.sessions), window)
    return ArmOut(
        arm=arm,
        title=TITLES[arm],
        visitors=sums.units,
        sessions=int(sums.sessions),
        tickets=int(sums.tickets),
        too_young=counted.young.get(arm, 0),
        figure=figure,
    )


def _difference(bot: ArmSums, holdout: ArmSums, window: ReportWindow) -> Figure:
    found = difference(bot, holdout)
    if found is None:
        return nothing(window)
    ends = None if found.low is None or found.high is None else (found.low, found.high)
    return _figure(found.value, ends, int(bot.sessions + holdout.sessions), window)


def _figure(value: float, ends: tuple[float, float] | None, n: int, window: ReportWindow) -> Figure:
    low, high = ends or (None, None)
    interval = (None if low is None else round(low, _DIGITS), None if high is None else round(high, _DIGITS))
    return Figure(value=round(value, _DIGITS), n=n, window=span(window), interval=interval)


def _times(figure: Figure, n: float) -> Figure:
    """Return a figure per session as one of all sessions."""
    if figure.value is None or figure.interval is None:
        return figure
    low, high = (None if each is None else round(each * n, 1) for each in figure.interval)
    return Figure(value=round(figure.value * n, 1), n=int(n), window=figure.window, interval=(low, high))
