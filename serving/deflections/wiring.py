"""Wiring of the deflection slice."""

from serving.context import Ground, Slice
from serving.deflections.asking import Answering, Asking
from serving.deflections.ending import Ending
from serving.deflections.endpoints import DeflectionController
from serving.deflections.erasing import erase
from serving.deflections.store import DeflectionStore
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.rephraser import Writer
from serving.ticket_desk import TicketDesk


def wire(ground: Ground, models: LiveModels, articles: LiveArticles, desk: TicketDesk, languages: Languages) -> Slice:
    """Return the slice."""
    store = DeflectionStore(ground.database)
    answering = Answering(models, articles, languages, Writer.of(ground.settings, ground.clock, ground.telemetry))
    return Slice(
        handlers=[DeflectionController],
        dependencies={
            "asking": Asking(answering, ground.policies, store, ground.telemetry),
            "ending": Ending(store, desk, ground.telemetry),
        },
        erase=erase,
    )
