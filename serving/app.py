"""The composition root of the web process."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio.to_thread
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from serving.clock import Clock, SystemClock
from serving.context import Ground, Slice
from serving.http import problems
from serving.http.auth import BearerKeys, caller_of
from serving.http.body_guard import BodyGuard
from serving.http.cors import CrossOrigin
from serving.http.health import HealthController, Probes
from serving.http.idempotency import IdempotencyKeys, receipt_of
from serving.http.json_requests import JsonRequest
from serving.http.openapi import openapi
from serving.http.request_log import Observed
from serving.process import assemble, started
from serving.settings import Settings

Composer = Callable[[Ground], Sequence[Slice]]


def create_app(settings: Settings, *, clock: Clock | None = None, compose: Composer | None = None) -> Litestar:
    """Build the app: nothing is opened, connected or started before its lifespan begins.

    Raises `StartRefused` or `PolicyRefused`: the settings or the policies cannot be used.
    """
    ground = assemble(settings, clock or SystemClock())
    slices = (compose or _shipped())(ground)
    app = Litestar(
        route_handlers=[HealthController, *(handler for each in slices for handler in each.handlers)],
        dependencies=_dependencies(ground, slices),
        middleware=[
            DefineMiddleware(BearerKeys, keys=ground.keys),
            DefineMiddleware(BodyGuard, limit=settings.max_body),
            DefineMiddleware(IdempotencyKeys, receipts=ground.receipts, clock=ground.clock),
        ],
        exception_handlers={HTTPException: problems.answer_http, Exception: problems.answer},
        lifespan=[_lifespan(ground, slices)],
        request_class=JsonRequest,
        openapi_config=openapi(settings.idempotency_hours),
        state=State({"ground": ground}),
        request_max_body_size=None,  # the body guard's duty, by route
        logging_config=None,
    )
    app.asgi_handler = Observed(CrossOrigin(app.asgi_handler, ground.keys), ground.clock, ground.telemetry)
    return app


def _shipped() -> Composer:
    """Import all the slices only where all of them are wanted."""
    from serving.composition import slices

    return slices


def _dependencies(ground: Ground, slices: Sequence[Slice]) -> dict[str, Provide]:
    checks = {"database": _database_check(ground)} | {name: c for each in slices for name, c in each.checks.items()}
    notes = {name: note for each in slices for name, note in each.notes.items()}
    objects: dict[str, object] = {
        "ground": ground,
        "settings": ground.settings,
        "clock": ground.clock,
        "database": ground.database,
        "policies": ground.policies,
        "telemetry": ground.telemetry,
        "probes": Probes(checks, notes),
    }
    for each in slices:
        objects |= each.dependencies
    by_request = {
        "caller": Provide(caller_of, sync_to_thread=False),
        "receipt": Provide(receipt_of, sync_to_thread=False),
    }
    return by_request | {name: _always(each) for name, each in objects.items()}


def _always(value: object) -> Provide:
    def provide() -> Any:  # noqa: ANN401 (whatever the slice gave)
        return value

    return Provide(provide, sync_to_thread=False)


def _database_check(ground: Ground) -> Callable[[], str | None]:
    return lambda: ground.database.unreachable() if ground.database.is_open else "The database is not open."


def _lifespan(ground: Ground, slices: Sequence[Slice]) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            stack = await anyio.to_thread.run_sync(started, ground, slices)
        except Exception as error:
            app.state.start_error = error  # the server tells only a text
            raise
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(stack.close)

    return lifespan
