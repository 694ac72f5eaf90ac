"""`/v1/inbound/{helpdesk}`: inbound webhooks of helpdesks."""

from typing import Any

from litestar import Controller, Request, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.clock import Clock
from serving.helpdesks.port.signatures import Delivery
from serving.helpdesks.receiving import Receiving
from serving.helpdesks.schemas import HeardOut
from serving.http.auth import PUBLIC
from serving.http.errors import HookNotProven
from serving.http.openapi import ReadsAnyJson
from serving.http.problems import problem_responses
from serving.http.rate_limits import RateLimiter
from serving.settings import Settings

LIMIT = 1_000_000  # bytes: a long mail with its HTML


class InboundController(Controller):
    """Inbound webhooks, authenticated by the helpdesk's signature or token instead of an API key."""

    path = "/v1/inbound"
    tags = ["helpdesks"]  # noqa: RUF012 (Litestar reads it from the class)
    opt = PUBLIC | {"max_body": LIMIT}
    security = [{}]  # noqa: RUF012 (Litestar reads it from the class)

    @post(
        "/{helpdesk:str}",
        status_code=202,
        summary="Receive a helpdesk's webhook",
        responses=problem_responses(400, 404),
        operation_class=ReadsAnyJson,
    )
    async def hear(
        self,
        request: Request[Any, Any, Any],
        helpdesk: FromPath[str],
        receiving: NamedDependency[Receiving],
        settings: NamedDependency[Settings],
        limiter: NamedDependency[RateLimiter],
        clock: NamedDependency[Clock],
    ) -> HeardOut:
        """Receive a signed delivery (docs/helpdesks), once; the ticket is opened and tagged after the response."""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        delivery = Delivery(
            body=await request.body(),
            headers={name.lower(): value for name, value in request.headers.items()},
            query={name: str(value) for name, value in request.query_params.items()},
            method=request.method,
            uri=(settings.public_url.rstrip("/") or settings.url) + path,
        )
        try:
            return await _in_thread(receiving, helpdesk, delivery, clock)
        except HookNotProven:
            await limiter.unproven(request.scope)
            raise

    @head("/{helpdesk:str}", status_code=200, include_in_schema=False)
    async def look(self, helpdesk: FromPath[str]) -> None:
        """Confirm the address, as Intercom asks before it saves it."""


async def _in_thread(receiving: Receiving, name: str, delivery: Delivery, clock: Clock) -> HeardOut:
    import anyio.to_thread

    return await anyio.to_thread.run_sync(lambda: receiving.hear(name, delivery, at=clock.now()))
