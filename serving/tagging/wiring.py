"""Wiring of the tagging slice."""

from serving.context import Ground, Slice
from serving.inference.labels import Vocabulary
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.tagger import Tagger
from serving.tagging.correcting import TagCorrecting
from serving.tagging.endpoints import TaggingController
from serving.tagging.erasing import erase
from serving.tagging.tagging import TicketTagging


def wire(ground: Ground, tagger: Tagger, models: LiveModels, articles: LiveArticles) -> Slice:
    """Return the slice."""
    return Slice(
        handlers=[TaggingController],
        dependencies={
            "tagging": TicketTagging(tagger, articles, ground.policies),
            "correcting": TagCorrecting(ground.policies, Vocabulary(ground.policies, models)),
        },
        erase=erase,
    )
