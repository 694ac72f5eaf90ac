"""`/v1/webhooks`: endpoints and their deliveries."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct, structs

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.fields import Cursor
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.webhooks.schemas import (
    DeliveryList,
    DeliveryOut,
    NewWebhookOut,
    SecretOut,
    WebhookIn,
    WebhookList,
    WebhookOut,
    WebhookPatch,
)
from serving.webhooks.subscribing import Subscriptions

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Deliveries on a page")]
Subscribed = NamedDependency[Subscriptions]


def _answered(status: int, told: type[Struct]) -> dict[int, ResponseSpec]:
    return {status: ResponseSpec(told, description=HTTPStatus(status).phrase, generate_examples=False)}


class WebhookController(Controller):
    """Webhook endpoints and deliveries; for admins, because secrets are shown here."""

    path = "/v1/webhooks"
    tags = ["webhooks"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012

    @post(
        summary="Add an endpoint",
        sync_to_thread=True,
        opt=CREATES,
        responses=_answered(201, NewWebhookOut) | problem_responses(400, 409, 422),
    )
    def add(
        self,
        data: JSONBody[WebhookIn],
        subscriptions: Subscribed,
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> NewWebhookOut:
        """Add an endpoint; the response shows its secret only once: a retry gets null."""
        return subscriptions.add(data, clock.now(), receipt.keeping(_without_secret))

    @get(summary="List the endpoints", sync_to_thread=True, responses=problem_responses())
    def all(self, subscriptions: Subscribed) -> WebhookList:
        """List all endpoints."""
        return WebhookList(webhooks=subscriptions.all())

    @get("/{webhook_id:str}", summary="Read an endpoint", sync_to_thread=True, responses=problem_responses(404))
    def read(self, webhook_id: FromPath[str], subscriptions: Subscribed) -> WebhookOut:
        """Return an endpoint and its state."""
        return subscriptions.find(webhook_id)

    @patch(
        "/{webhook_id:str}",
        summary="Change an endpoint",
        sync_to_thread=True,
        responses=problem_responses(400, 404, 422),
    )
    def change(self, webhook_id: FromPath[str], data: JSONBody[WebhookPatch], subscriptions: Subscribed) -> WebhookOut:
        """Change an endpoint, or enable it again."""
        return subscriptions.change(webhook_id, data)

    @delete("/{webhook_id:str}", summary="Remove an endpoint", sync_to_thread=True, responses=problem_responses(404))
    def remove(self, webhook_id: FromPath[str], subscriptions: Subscribed) -> None:
        """Remove an endpoint and its deliveries."""
        subscriptions.remove(webhook_id)

    @post(
        "/{webhook_id:str}/secret",
        summary="Rotate the secret",
        sync_to_thread=True,
        opt=CREATES,
        responses=_answered(201, SecretOut) | problem_responses(404, 409, 422),
    )
    def rotate(
        self,
        webhook_id: FromPath[str],
        subscriptions: Subscribed,
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> SecretOut:
        """Make a new secret; for a day both sign. It is shown only once: a retry gets null."""
        return subscriptions.rotate(webhook_id, clock.now(), receipt.keeping(_without_secret))

    @post(
        "/{webhook_id:str}/test",
        summary="Send a test",
        sync_to_thread=True,
        opt=CREATES,
        responses=_answered(201, DeliveryOut) | problem_responses(404, 409, 422),
    )
    def test(
        self,
        webhook_id: FromPath[str],
        subscriptions: Subscribed,
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> DeliveryOut:
        """Send an event of the type `webhook.test`."""
        return subscriptions.test(webhook_id, clock.now(), receipt.keeping())

    @get(
        "/{webhook_id:str}/deliveries",
        summary="List deliveries",
        sync_to_thread=True,
        responses=problem_responses(400, 404, body=False),
    )
    def deliveries(
        self, webhook_id: FromPath[str], subscriptions: Subscribed, cursor: Cursor = None, limit: Limit = 50
    ) -> DeliveryList:
        """List deliveries with their attempts, newest first."""
        return subscriptions.page(webhook_id, cursor, limit)

    @post(
        "/{webhook_id:str}/deliveries/{delivery_id:str}/redeliver",
        summary="Deliver again",
        status_code=202,
        sync_to_thread=True,
        opt=CREATES,
        responses=_answered(202, DeliveryOut) | problem_responses(404, 409, 422),
    )
    def redeliver(
        self,
        webhook_id: FromPath[str],
        delivery_id: FromPath[str],
        subscriptions: Subscribed,
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> DeliveryOut:
        """Deliver again now, with the same webhook-id."""
        return subscriptions.redeliver(webhook_id, delivery_id, clock.now(), receipt.keeping())


def _without_secret(answer: NewWebhookOut | SecretOut) -> NewWebhookOut | SecretOut:
    return structs.replace(answer, secret=None)
