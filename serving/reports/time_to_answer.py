"""The KPI of how long a customer waits for a first answer, by the bot or by a person."""

from datetime import datetime
from typing import NamedTuple

from serving.reports.figures import Figure, PartOut, nth, share
from serving.reports.ladder import RUNGS, SILENT_AFTER, USUALLY_SILENT_AFTER, Tally
from serving.reports.rollups.session_days import SessionTallies
from serving.reports.rollups.ticket_days import Happened
from serving.reports.rollups.ticket_table import Column, TicketTable, microseconds
from serving.reports.windows import ReportWindow

MEDIAN, TAIL = 0.5, 0.9
_CONTAINED = RUNGS.index("contained")


class FirstAnswers(NamedTuple):
    """First answers: how many came from the bot, in the response to the question, and the seconds until a person's."""

    by_bot: int
    by_people: Column


def first_answers(
    sessions: SessionTallies, responded: Happened, at: datetime
) -> tuple[FirstAnswers, list[FirstAnswers]]:
    """Return the first answers of a window, and of each of its weeks.

    A session counts once its channel's time is over, and so does a ticket: else the newest week had people's only.

    Parameters
    ----------
    sessions
        Sessions by kind.
    responded
        Tickets by their first reply.
    at
        Now.

    Returns
    -------
    tuple of FirstAnswers and list of FirstAnswers
    """
    weeks = zip(sessions.weeks, responded.weeks, strict=True)
    return (
        FirstAnswers(_by_bot(sessions.inside), _by_people(responded.inside, at)),
        [FirstAnswers(_by_bot(some), _by_people(tickets, at)) for some, tickets in weeks],
    )


def time_to_answer(found: FirstAnswers, window: ReportWindow, q: float = MEDIAN) -> Figure:
    """Return within which time the first half of the answers came, or another share of them."""
    return nth(found.by_people, q, window, zeros=found.by_bot)


def parts(found: FirstAnswers, window: ReportWindow) -> list[PartOut]:
    """Return the figures beside it."""
    people = len(found.by_people)
    by_bot = share(found.by_bot, found.by_bot + people, window)
    p90, by_people = time_to_answer(found, window, TAIL), nth(found.by_people, MEDIAN, window)
    return [
        PartOut(id="calendar_p90", title="90 % within", unit="seconds", figure=p90),
        PartOut(id="bot", title="Answered by the bot, at once", unit="share", figure=by_bot),
        PartOut(id="people_p50", title="Half within, by a person", unit="seconds", figure=by_people),
        PartOut(
            id="people_p90",
            title="90 % within, by a person",
            unit="seconds",
            figure=nth(found.by_people, TAIL, window),
        ),
    ]


def _by_bot(sessions: Tally) -> int:
    """Count sessions whose answer nobody rejected, so that they became no ticket, either."""
    return sum(n for kind, n in sessions.items() if kind.stands[_CONTAINED] and kind.outcome != "not_helpful")


def _by_people(tickets: TicketTable, at: datetime) -> Column:
    over = tickets["created_at"] < microseconds(at - USUALLY_SILENT_AFTER)
    for channel, wait in SILENT_AFTER.items():
        own = tickets.having("channel", channel)
        over[own] = tickets["created_at"][own] < microseconds(at - wait)
    return tickets.take(over).seconds_until("responded_at")
