"""Wiring of the tagging slice."""

from collections.abc import Callable

from serving.context import Context, Slice
from serving.inference.labels import KnownLabels
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.tagger import Tagged, Tagger
from serving.inference.watching.watch import CertificateWatch
from serving.tagging.correcting import TagCorrecting
from serving.tagging.endpoints import TaggingController
from serving.tagging.erasing import erase
from serving.tagging.tagging import TicketTagging


def wire(
    context: Context,
    tagger: Tagger,
    models: LiveModels,
    articles: LiveArticles,
    shadowed: Callable[[str, Tagged], None],
    watch: CertificateWatch,
) -> Slice:
    """Return the slice."""
    return Slice(
        handlers=[TaggingController],
        dependencies={
            "tagging": TicketTagging(tagger, articles, context.policies, shadowed),
            "correcting": TagCorrecting(context.policies, KnownLabels(context.policies, models), watch),
        },
        erase=erase,
    )
