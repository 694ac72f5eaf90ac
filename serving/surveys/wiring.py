"""Wiring of the survey slice."""

from serving.context import Context, Slice
from serving.keys.survey_links import SurveyLinks
from serving.surveys.endpoints import SurveyController
from serving.surveys.rating import Surveys
from serving.ticket_desk import TicketDesk


def wire(context: Context, desk: TicketDesk) -> Slice:
    """Return the slice."""
    surveys = Surveys(desk, SurveyLinks.of(context.settings, context.secret))
    return Slice(handlers=[SurveyController], dependencies={"surveys": surveys})
