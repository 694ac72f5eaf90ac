"""Wiring of the demo page."""

from functools import cache

from serving.context import Context, Slice
from serving.inference.live_articles import LiveArticles
from serving.inference.own_content import DeskContent
from serving.keys.api_keys import SAME_ORIGIN, Scope
from serving.widget.demo import DemoPage
from serving.widget.endpoints import DemoController


def wire(context: Context, articles: LiveArticles, content: DeskContent) -> Slice:
    """Return the slice; without routes where the demo is not shown."""
    if not context.settings.demo:
        return Slice()

    @cache
    def key() -> str:  # lent once, when the page is first asked for; it dies with the process
        return context.keys.lend(Scope.WIDGET, at=context.clock.now(), name="demo", origins=(SAME_ORIGIN,))

    plans = tuple(context.policies.sla.plans)
    return Slice(handlers=[DemoController], dependencies={"demo": DemoPage(key, plans, articles, content.serves)})
