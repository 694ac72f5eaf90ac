"""Wiring of the widget and its demo page."""

from functools import cache

from serving.context import Context, Slice
from serving.inference.live_articles import LiveArticles
from serving.inference.own_content import DeskContent
from serving.keys.api_keys import SAME_ORIGIN, Scope, id_of
from serving.keys.identities import identity_secret, signature
from serving.widget.demo import DemoPage
from serving.widget.endpoints import DemoController, WidgetController


def wire(context: Context, articles: LiveArticles, content: DeskContent) -> Slice:
    """Return the slice; without the demo's routes where it is not shown."""
    if not context.settings.demo:
        return Slice(handlers=[WidgetController])

    @cache
    def key() -> str:  # lent once, and the same one by all workers; it dies with them
        drawn_from = context.crew.secret if context.crew else b""
        at, origins = context.clock.now(), (SAME_ORIGIN,)
        return context.keys.lend(Scope.WIDGET, at=at, name="demo", origins=origins, drawn_from=drawn_from)

    def start() -> None:
        if context.crew is not None:  # a page that another worker showed asks this one
            key()

    def sign(plan: str) -> dict[str, str]:  # what a site's own backend does for a visitor who has signed in
        secret = identity_secret(context.secret, id_of(key()))
        return {"id": "demo", "plan": plan, "hmac": signature(secret, ["demo", None, None, plan])}

    page = DemoPage(key, sign, tuple(context.policies.sla.plans), articles, content.serves)
    return Slice(handlers=[WidgetController, DemoController], dependencies={"demo": page}, start=start)
