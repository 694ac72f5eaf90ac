"""`/settings/webhooks`: endpoints, their deliveries, and what can be done about them; for admins."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.page import Page
from serving.errors import InvalidRequest
from serving.http.auth import allows
from serving.http.json_requests import converted
from serving.jobs.event_types import EVENT_TYPES
from serving.keys.api_keys import Scope
from serving.outbound.errors import EndpointRefused
from serving.storage.database import Database
from serving.webhooks.schemas import NewWebhookOut, SecretOut, WebhookIn, WebhookPatch
from serving.webhooks.subscribing import Subscriptions

MESSAGES = {
    "changed": "The endpoint is changed.",
    "removed": "The endpoint and its deliveries are removed.",
    "tested": "A test is on its way: see the newest delivery below.",
    "redelivered": "The delivery is tried again now.",
}
_PAGE = 30
Subscribed = NamedDependency[Subscriptions]


class WebhookPages(ConsoleController):
    """Webhook endpoints and deliveries."""

    path = "/settings/webhooks"
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012 (Litestar reads it from the class)

    @reads(sync_to_thread=True)
    def all(self, page: NamedDependency[Page], subscriptions: Subscribed) -> Response[str]:
        """List the endpoints."""
        return _all(page, subscriptions)

    @post(sync_to_thread=True, status_code=200)
    def add(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        subscriptions: Subscribed,
        database: NamedDependency[Database],
    ) -> Response[str]:
        """Add an endpoint and show its secret, this once."""
        given = {"url": form.text("url"), "description": form.text("description"), "types": form.texts("types")}
        try:
            made = subscriptions.add(converted(given, WebhookIn), page.at, database.write)
        except InvalidRequest as refused:
            return _all(page, subscriptions, given=given, problem=" ".join(each.message for each in refused.errors))
        except EndpointRefused as refused:
            return _all(page, subscriptions, given=given, problem=str(refused))
        return _one(page, subscriptions, made.id, made=made)

    @reads("/{webhook_id:str}", sync_to_thread=True)
    def one(
        self,
        webhook_id: FromPath[str],
        page: NamedDependency[Page],
        subscriptions: Subscribed,
        request: Request[Any, Any, Any],
    ) -> Response[str]:
        """Show an endpoint with its deliveries."""
        return _one(page, subscriptions, webhook_id, before=request.query_params.get("before"))

    @post("/{webhook_id:str}/{action:str}", sync_to_thread=True, status_code=303)
    def act(
        self,
        webhook_id: FromPath[str],
        action: FromPath[str],
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        subscriptions: Subscribed,
        database: NamedDependency[Database],
    ) -> Response[Any] | Redirect:
        """Enable, disable, remove, test, give a new secret, or deliver again."""
        here = f"/settings/webhooks/{webhook_id}"
        if action == "secret":
            return _one(page, subscriptions, webhook_id, made=subscriptions.rotate(webhook_id, page.at, database.write))
        if action == "remove":
            subscriptions.remove(webhook_id)
            return page.after("/settings/webhooks", "removed")
        if action == "test":
            subscriptions.test(webhook_id, page.at, database.write)
            return page.after(here, "tested")
        if action == "redeliver":
            subscriptions.redeliver(webhook_id, form.text("delivery"), page.at, database.write)
            return page.after(here, "redelivered")
        subscriptions.change(webhook_id, WebhookPatch(enabled=action == "enable"))
        return page.after(here, "changed")


def _all(page: Page, subscriptions: Subscriptions, **form: Any) -> Response[str]:  # noqa: ANN401
    values = {"given": {"url": "", "description": "", "types": []}, "problem": None} | form
    return page.show(
        "settings/webhooks.html",
        messages=MESSAGES,
        status=422 if values["problem"] else 200,
        webhooks=subscriptions.all(),
        types=EVENT_TYPES,
        **values,
    )


def _one(
    page: Page,
    subscriptions: Subscriptions,
    webhook_id: str,
    made: NewWebhookOut | SecretOut | None = None,
    before: str | None = None,
) -> Response[str]:
    found = subscriptions.page(webhook_id, before, _PAGE)
    return page.show(
        "settings/webhook.html",
        messages=MESSAGES,
        webhook=subscriptions.find(webhook_id),
        deliveries=found.deliveries,
        older=found.next_cursor,
        secret=made.secret if made else None,
    )
