"""Wiring of the article slice."""

from serving.articles.editing import Editing
from serving.articles.endpoints import ArticleController
from serving.articles.store import ArticleStore
from serving.context import Slice
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels


def wire(store: ArticleStore, live: LiveArticles, models: LiveModels, languages: Languages) -> Slice:
    """Return the slice: its routes, and the thread that keeps the index in step."""
    return Slice(
        handlers=[ArticleController],
        dependencies={
            "editing": Editing(store, live),
            "live_articles": live,
            "live_models": models,
            "languages": languages,
        },
        checks={"articles": live.missing},
        notes={"articles": live.note},
        start=live.start,
        stop=live.stop,
    )
