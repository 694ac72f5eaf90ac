"""How the tagging slice plugs in."""

from serving.ground import Ground, Slice
from serving.live_articles import LiveArticles
from serving.live_models import LiveModels
from serving.tagger import Tagger
from serving.tagging.correcting import TagCorrecting
from serving.tagging.endpoints import TaggingController
from serving.tagging.erasing import erase
from serving.tagging.store import TaggingStore
from serving.tagging.tagging import TicketTagging
from serving.vocabulary import Vocabulary


def wire(ground: Ground, tagger: Tagger, models: LiveModels, articles: LiveArticles) -> Slice:
    """Return the slice."""
    store = TaggingStore(ground.database)
    return Slice(
        handlers=[TaggingController],
        dependencies={
            "tagging": TicketTagging(tagger, articles, ground.policies, store),
            "correcting": TagCorrecting(store, ground.policies, Vocabulary(ground.policies, models)),
        },
        erase=erase,
    )
