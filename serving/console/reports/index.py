"""What the first page of the room lists: each report with its newest figure."""

from dataclasses import dataclass

import sqlalchemy as sa
from litestar.di import NamedDependency

from serving.console.overview.cards import NOTHING, day
from serving.console.overview.counted import Counted, Counts
from serving.console.reports import words
from serving.console.reports.asked import AskedPlan
from serving.console.reports.kept import Reports
from serving.context import Context
from serving.reports.kpis import Kpis
from serving.storage.database import Database
from serving.storage.job_tables import trend_weeks
from serving.surges.deciding import Proposals

_PROPOSALS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A report: what it answers, its newest figure, and what that is of."""

    title: str
    address: str
    about: str
    figure: str
    facts: str


def newest_figures(
    reports: NamedDependency[Reports],
    counts: NamedDependency[Counts],
    kpis: NamedDependency[Kpis],
    proposals: NamedDependency[Proposals],
    context: NamedDependency[Context],
) -> list[Line]:
    """Return the lines; the dependency `lines`."""
    counted = counts.take(kpis, reports.at)
    undecided = len(proposals.newest("open", _PROPOSALS))
    return [
        _deflection(counted),
        _experiment(reports),
        _capacity(reports),
        _trends(context.database),
        _kpis(counted),
        Line(
            "Proposed incidents",
            "/incidents",
            "Bursts of tickets that are unusual for the hour, the area or a word.",
            f"{undecided}{'+' if undecided == _PROPOSALS else ''} to decide",
            "now",
        ),
        Line(
            "Gaps in the articles",
            "/articles/gaps",
            "Questions without a good answer, most expensive first, with a draft for each.",
            NOTHING,
            "counted on its page",
        ),
    ]


def _deflection(counted: Counted) -> Line:
    found = next(each for each in counted.kpis if each.id == "deflection")
    about = "How many questions were answered for good, by channel, language, brand, article or week."
    return Line("Deflection", "/reports/deflection", about, found.value, found.facts)


def _experiment(reports: Reports) -> Line:
    found = reports.experiment()
    about = "What answers really save: visitors who see them against a random share who do not."
    state = words.STATES[found.state][0]
    if found.difference.value is None:
        return Line("Holdout experiment", "/reports/experiment", about, NOTHING, state)
    figure = f"{found.difference.value:+.3f} tickets a session"
    return Line("Holdout experiment", "/reports/experiment", about, figure, f"{state}, n {found.difference.n:,}")


def _capacity(reports: Reports) -> Line:
    figure, facts = words.people(reports.capacity(AskedPlan()))
    about = (
        "How many people next week needs, which shifts lack some, when to hire, and what other deflection would change."
    )
    return Line("Capacity", "/reports/capacity", about, figure, facts)


def _trends(database: Database) -> Line:
    """Return what the last digest counted: finding themes takes seconds, and the weekly look has done it."""
    columns = trend_weeks.c
    newest = sa.select(columns.week, columns.themes).order_by(columns.week.desc()).limit(1)
    found = database.read(lambda connection: connection.execute(newest).first())
    about = "Themes of tickets that grow or shrink, with product area and money."
    if found is None:
        return Line("Trends", "/reports/trends", about, NOTHING, "no week was looked at yet")
    themes = f"{found.themes} theme{'' if found.themes == 1 else 's'}"
    return Line("Trends", "/reports/trends", about, themes, f"in the weeks to {found.week}")


def _kpis(counted: Counted) -> Line:
    judged = [each.met for each in counted.kpis if each.met is not None]
    figure = f"{sum(judged)} of {len(judged)} targets met" if judged else NOTHING
    window = counted.numbers.window
    facts = f"{day(window.since)} to {day(window.until)}"
    return Line(
        "KPIs", "/", "First response, resolution, CSAT, first contact, deflection and deadlines.", figure, facts
    )
