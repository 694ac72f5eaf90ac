"""Wiring of the article slice."""

from datetime import timedelta
from typing import Final

from serving.articles.editing import Editing
from serving.articles.endpoints import ArticleController
from serving.articles.store import ArticleStore
from serving.context import Slice
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.jobs.periodic import PeriodicTask

WITHDRAW_EVERY: Final = timedelta(seconds=1)


def wire(store: ArticleStore, live: LiveArticles, models: LiveModels, languages: Languages) -> Slice:
    """Return the slice: its routes, and what keeps the index in step."""
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
        watches=[withdrawing(live)],
    )


def withdrawing(live: LiveArticles) -> PeriodicTask:
    """Return the task that stops finding what another process deleted or made internal.

    The thread that indexes cannot: while it encodes, or waits for its turn, it is busy for minutes.
    """
    return PeriodicTask("articles_withdrawn", WITHDRAW_EVERY, lambda at: live.withdraw())  # noqa: ARG005
