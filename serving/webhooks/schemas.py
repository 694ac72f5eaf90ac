"""Request and response bodies of the webhook routes."""

from datetime import datetime
from typing import Annotated

from litestar.openapi.spec import OpenAPIType, Schema
from msgspec import UNSET, Meta, Struct, UnsetType

from serving.jobs.event_types import EVENT_TYPES

Url = Annotated[str, Meta(min_length=8, max_length=2_000, examples=["https://crm.example.com/hooks/firstline"])]
_LISTED = Schema(type=OpenAPIType.STRING, enum=list(EVENT_TYPES))  # what is in no list is refused with all the others
Types = Annotated[
    list[Annotated[str, Meta(max_length=60)]],
    Meta(
        max_length=50,
        description="; ".join(f"`{name}`: {said}" for name, said in EVENT_TYPES.items()),
        extra_json_schema={"extra": {"items": _LISTED}},
    ),
]
Description = Annotated[str, Meta(max_length=500)]


class WebhookIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new endpoint; without types it receives all events."""

    url: Url
    types: Types = []
    description: Description = ""
    enabled: bool = True


class WebhookPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Changes of an endpoint; omitted fields are unchanged."""

    url: Url | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class WebhookOut(Struct, kw_only=True):
    """An endpoint, without its secret."""

    id: str
    url: str
    types: list[str]
    description: str
    enabled: bool
    disabled_reason: str | None
    failures: int
    failing_since: datetime | None
    created_at: datetime


class NewWebhookOut(WebhookOut, kw_only=True):
    """A new endpoint with its secret, which is shown only once: null in a retry."""

    secret: str | None


class SecretOut(Struct, kw_only=True):
    """A new secret, shown only once (null in a retry); until the given time the old one also signs."""

    secret: str | None
    old_secret_signs_until: datetime


class WebhookList(Struct, kw_only=True):
    """All endpoints, oldest first."""

    webhooks: list[WebhookOut]


class AttemptOut(Struct, kw_only=True):
    """One attempt; of the receiver's response only the status."""

    at: datetime
    status: int | None
    milliseconds: int
    fault: str | None


class DeliveryOut(Struct, kw_only=True):
    """The delivery of one event: `waiting`, `delivered`, `failed` or `cancelled`."""

    id: str
    event_id: str
    type: str
    state: str
    created_at: datetime
    settled_at: datetime | None
    attempts: list[AttemptOut]


class DeliveryList(Struct, kw_only=True):
    """A page of deliveries, newest first."""

    deliveries: list[DeliveryOut]
    next_cursor: str | None
