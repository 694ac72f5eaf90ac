"""What each KPI counts, in a sentence, with its target: the words of the report and of the console."""

from collections.abc import Sequence
from typing import NamedTuple

from serving.reports.figures import Figure, KpiOut, PartOut, Target, Unit, WeekOut

DESK = "default target"


class Definition(NamedTuple):
    """The words of a KPI."""

    title: str
    unit: Unit
    definition: str
    link: str
    target: Target | None = None


def _least(value: float) -> Target:
    return Target(value=value, at="least", source=DESK)


def _most(value: float) -> Target:
    return Target(value=value, at="most", source=DESK)


_HOUR = 3600.0
DEFINITIONS: dict[str, Definition] = {
    "first_response": Definition(
        "First response",
        "seconds",
        "Half of the first replies came within this time: from a ticket's creation to an agent's first reply, in "
        "support hours of its plan. Counts first replies of the window; the bot's answers are not among them.",
        "/queue?status=new",
        _most(8 * _HOUR),
    ),
    "resolution": Definition(
        "Resolution",
        "seconds",
        "Half of the tickets were resolved within this time: from creation to the last resolution, in support hours of "
        "the plan. Counts tickets resolved in the window and not reopened; duplicates are not counted.",
        "/queue?status=resolved",
        _most(40 * _HOUR),
    ),
    "csat": Definition(
        "CSAT",
        "share",
        "Share of ratings that are 4 or 5 of 5, on tickets resolved in the window.",
        "/queue?status=closed",
        _least(0.85),
    ),
    "first_contact_resolution": Definition(
        "First contact resolution",
        "share",
        "Share of tickets that one reply of an agent resolved, without a reopening in the 7 days after. Counts tickets "
        "resolved in the window, younger ones not yet.",
        "/queue?status=resolved",
    ),
    "deflection": Definition(
        "Deflection",
        "share",
        "Share of real questions that were answered without a ticket or a person, and whose customer did not come back "
        "within 7 days: the top rung of the ladder.",
        "/#deflection",
        _least(0.40),
    ),
    "sla_compliance": Definition(
        "SLA compliance",
        "share",
        "Share of tickets created in the window that kept every contract deadline. Tickets whose deadlines still run "
        "are not in the n, unless one is missed already.",
        "/queue?breached=1",
        _least(1.0),
    ),
    "per_agent": Definition(
        "Tickets per agent and day",
        "number",
        "How many tickets an agent resolved on a day on which they resolved any; n is the number of such days.",
        "/queue?status=resolved",
    ),
    "automation": Definition(
        "Automation rate",
        "share",
        "Share of labels that the model applied by itself, of those that it looked for on tickets of the window.",
        "/models",
    ),
    "helpfulness": Definition(
        "Helpful answers",
        "share",
        "Share of yes among the customers who said whether an answer helped.",
        "/articles",
        _least(0.80),
    ),
    "search_success": Definition(
        "Search success",
        "share",
        "Share of real questions for which the bot had an answer or a choice of articles.",
        "/articles",
        _least(0.70),
    ),
    "no_result": Definition(
        "Searches without a result",
        "count",
        "Real questions for which the bot had neither an answer nor a choice of articles, of n questions.",
        "/articles/gaps",
    ),
    "time_to_answer": Definition(
        "Time to an answer",
        "seconds",
        "Half of the first answers came within this time, by the clock. A bot's answer that was not rejected came in "
        "the response to its question and counts as 0 seconds; a person's counts from the ticket's creation to the "
        "first reply. Answers of the window; sessions count once the channel's time is over.",
        "/articles",
        _most(180),
    ),
    "open": Definition("Open tickets", "count", "Tickets that are new, open or pending now.", "/queue"),
    "breached": Definition(
        "Breached", "count", "Open tickets past a deadline, contract or target, now.", "/queue?breached=1", _most(0)
    ),
    "at_risk": Definition(
        "At risk", "count", "Open tickets so near a deadline that the policy warns, now.", "/queue?at_risk=1"
    ),
    "backlog_age": Definition(
        "Oldest open ticket", "seconds", "How long ago the oldest open ticket was created.", "/queue?sort=oldest"
    ),
    "incidents": Definition(
        "Open incidents", "count", "Open tickets that others of the same cause follow.", "/queue?leads=1"
    ),
}
NO_CSAT = "No ticket resolved in this window has a rating: ask for one by a survey, or send `csat` when it is closed."
NOT_COUNTED = "{n} tickets are older than this report's figures and are being counted: ask again in a minute."
NOTHING_YET = "Nothing happened in this time. Open a ticket or ask a question, or choose a longer window."


def kpi_of(
    name: str, figure: Figure, parts: Sequence[PartOut], weeks: Sequence[WeekOut] = (), note: str | None = None
) -> KpiOut:
    """Return a KPI with its words."""
    said = DEFINITIONS[name]
    return KpiOut(
        id=name,
        title=said.title,
        definition=said.definition,
        unit=said.unit,
        figure=figure,
        target=said.target,
        link=said.link,
        parts=list(parts),
        trend=list(weeks),
        note=note,
    )
