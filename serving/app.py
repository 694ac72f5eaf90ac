"""The composition root of the web process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio.to_thread
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from prometheus_client import Gauge

from serving.clock import Clock, SystemClock
from serving.console.controller import answer_outside
from serving.context import Context, Slice
from serving.http import problems
from serving.http.auth import Authentication, caller_of, edit_of
from serving.http.body_guard import BodyGuard
from serving.http.cors import CrossOrigin
from serving.http.dependency_order import resolve_in_turn
from serving.http.health import HealthController, Probes
from serving.http.idempotency import IdempotencyKeys, receipt_of
from serving.http.json_requests import JsonRequest
from serving.http.openapi import ClosedStructs, openapi
from serving.http.path_names import refuse_unreadable
from serving.http.query_parameters import drop_nul, refuse_unknown
from serving.http.rate_limit_rules import rate_limits
from serving.http.rate_limits import RateLimiter, RateLimits
from serving.http.request_log import RequestLog
from serving.http.server.admission import Admission, Entrance, threads_for
from serving.http.server.unread_bodies import UnreadBodies
from serving.peers.crew import Crew
from serving.process import assemble, started
from serving.settings import Settings
from serving.storage.rate_counters import MemoryCounters, TableCounters

Composer = Callable[[Context], Sequence[Slice]]

_JOINING = 30.0  # seconds after which it serves beside the others even if something is missing here


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    compose: Composer | None = None,
    crew: Crew | None = None,
    entrance: Entrance | None = None,
) -> Litestar:
    """Build the app: nothing is opened, connected or started before its lifespan begins.

    A brand's app takes the entrance of its deployment: so all brands of a process share its threads.

    Raises `StartRefused` or `PolicyRefused`: the settings or the policies cannot be used.
    """
    context = assemble(settings, clock or SystemClock(), crew)
    limiter, entered = _limiter(context), entrance or Entrance(settings)
    slices = (compose or _shipped())(context)
    probes = _probes(context, slices)
    app = Litestar(
        route_handlers=[HealthController, *(handler for each in slices for handler in each.handlers)],
        dependencies=_dependencies(context, slices, limiter, probes),
        middleware=[
            DefineMiddleware(
                Authentication, keys=context.keys, sessions=context.sessions, limiter=limiter, clock=context.clock
            ),
            DefineMiddleware(BodyGuard, limit=settings.max_body, seconds=settings.body_seconds),
            DefineMiddleware(RateLimits, limiter=limiter),
            DefineMiddleware(IdempotencyKeys, receipts=context.receipts, clock=context.clock),
        ],
        exception_handlers={HTTPException: answer_outside, Exception: problems.answer},
        before_request=_readable,
        lifespan=[_threads(settings)] * (entrance is None) + [_lifespan(context, slices, probes)],
        request_class=JsonRequest,
        openapi_config=openapi(settings.idempotency_hours),
        plugins=[ClosedStructs()],
        state=State({"context": context, "probes": probes, "entrance": entered}),
        request_max_body_size=None,  # the body guard's duty, by route
        logging_config=None,
    )
    resolve_in_turn(app)
    admitted = Admission(app.asgi_handler, entered, settings.brand)
    if entrance is None:
        words = "Requests that wait for a thread"
        queue = Gauge("firstline_requests_waiting", words, registry=context.telemetry.registry)
        queue.set_function(lambda: entered.waiting)
    logged = RequestLog(CrossOrigin(admitted, context.keys), context.clock, context.telemetry)
    app.asgi_handler = UnreadBodies(logged)
    return app


def _limiter(context: Context) -> RateLimiter:
    counters = TableCounters(context.database) if context.database.is_shared else MemoryCounters()
    settings = context.settings
    return RateLimiter(rate_limits(settings.rate_limits), settings.proxies, counters, context.clock, context.telemetry)


def _shipped() -> Composer:
    """Import all the slices only where all of them are wanted."""
    from serving.composition import slices

    return slices


def _probes(context: Context, slices: Sequence[Slice]) -> Probes:
    checks = {"database": _database_check(context)} | {name: c for each in slices for name, c in each.checks.items()}
    return Probes(checks, {name: note for each in slices for name, note in each.notes.items()})


def _dependencies(
    context: Context, slices: Sequence[Slice], limiter: RateLimiter, probes: Probes
) -> dict[str, Provide]:
    objects: dict[str, object] = {
        "context": context,
        "settings": context.settings,
        "clock": context.clock,
        "database": context.database,
        "policies": context.policies,
        "telemetry": context.telemetry,
        "limiter": limiter,
        "probes": probes,
    }
    for each in slices:
        objects |= each.dependencies
    by_request = {
        "caller": Provide(caller_of, sync_to_thread=False),
        "edit": Provide(edit_of, sync_to_thread=False),
        "receipt": Provide(receipt_of, sync_to_thread=False),
    }
    return by_request | {name: _always(each) for name, each in objects.items()}


async def _readable(request: "Request[Any, Any, Any]") -> None:  # a plain one is called on a thread
    refuse_unreadable(request)
    drop_nul(request)
    refuse_unknown(request)


def _always(value: object) -> Provide:
    def provide() -> Any:  # noqa: ANN401 (whatever the slice gave)
        return value

    return Provide(provide, sync_to_thread=False)


def _database_check(context: Context) -> Callable[[], str | None]:
    return lambda: context.database.unreachable() if context.database.is_open else "The database is not open."


def _threads(settings: Settings) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:  # noqa: ARG001
        asyncio.get_running_loop().set_default_executor(threads_for(settings))
        yield

    return lifespan


def _lifespan(
    context: Context, slices: Sequence[Slice], probes: Probes
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            stack = await anyio.to_thread.run_sync(started, context, slices)
        except Exception as error:
            app.state.start_error = error  # the server tells only a text
            raise
        try:
            # Behind a load balancer nobody connects before it can answer; nor to a worker that joins others.
            waits = context.settings.drain_seconds or (context.crew is not None and context.crew.joins)
            if waits and not context.settings.brand:  # one brand that lacks something keeps no other waiting
                await probes.until_ready(_JOINING)
            yield
        finally:
            await anyio.to_thread.run_sync(stack.close)

    return lifespan
