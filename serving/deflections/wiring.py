"""How the deflection slice plugs in."""

from serving.deflections.asking import Answering, Asking
from serving.deflections.ending import Ending
from serving.deflections.endpoints import DeflectionController
from serving.deflections.erasing import erase
from serving.deflections.store import DeflectionStore
from serving.ground import Ground, Slice
from serving.languages import Languages
from serving.live_articles import LiveArticles
from serving.live_models import LiveModels
from serving.opening import TicketDesk
from serving.writer import Writer


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
