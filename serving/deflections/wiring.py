"""Wiring of the deflection slice."""

from serving.context import Context, Slice
from serving.deflections.asking import Answering, Asking
from serving.deflections.ending import Ending
from serving.deflections.endpoints import DeflectionController
from serving.deflections.erasing import erase
from serving.deflections.holding_out import Holdout
from serving.deflections.opening.beside import BesideTheAnswer
from serving.deflections.store import DeflectionStore
from serving.deflections.viewing import Viewing
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.rephraser import Writer
from serving.keys.survey_links import SurveyLinks
from serving.ticket_desk import KnowsIncidents, TicketDesk


def wire(
    context: Context,
    models: LiveModels,
    articles: LiveArticles,
    desk: TicketDesk,
    languages: Languages,
    incidents: KnowsIncidents,
) -> Slice:
    """Return the slice; `incidents` knows what customers are told of those that go on."""
    store = DeflectionStore(context.database)
    viewing = Viewing(store, desk, context.policies, SurveyLinks.of(context.settings, context.secret))
    writer = Writer.of(context.settings, context.clock, context.telemetry)
    across = context.settings.answers_across_languages
    answering = Answering(models, articles, languages, context.policies.urgency, writer, across)
    beside = BesideTheAnswer(incidents, context.policies.fields, desk)
    holdout = Holdout(context.secret, context.settings.holdout)
    return Slice(
        handlers=[DeflectionController],
        dependencies={
            "answering": answering,
            "asking": Asking(answering, context.policies, store, context.telemetry, holdout, beside),
            "ending": Ending(store, desk, context.telemetry, viewing),
            "viewing": viewing,
        },
        erase=erase,
    )
