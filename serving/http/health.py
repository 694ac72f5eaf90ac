"""Health: `/healthz`, `/readyz` and `/metrics`."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import anyio
import anyio.to_thread
import msgspec
from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from serving.context import Check, Context
from serving.http.auth import PUBLIC
from serving.peers.metrics import Families, SharedMetrics, collected, text_of

_PATIENCE = 0.4  # seconds that a caller waits for the checks
_LOOKS_EVERY = 0.1  # seconds between two looks of who waits for all of it
_TOO_LONG = 10.0  # seconds after which checks that do not end say that something is wrong
_LATE = "The checks have not ended yet."
_LEAVES = "It is about to end."


class Alive(Struct):
    """The process is alive."""

    status: Annotated[str, msgspec.Meta(examples=["ok"])]


class Readiness(Struct):
    """Whether the service can do its work; `missing` says for each part what is missing and what to run."""

    ready: bool
    missing: dict[str, str]
    notes: dict[str, str]


class Probes:
    """Readiness checks, and notes that do not affect readiness."""

    def __init__(self, checks: Mapping[str, Check], notes: Mapping[str, Check]) -> None:
        self._checks, self._notes = dict(checks), notes
        self.of_brands: dict[str, Check] = {}  # notes of the brands that this process serves beside its own home
        self._last = Readiness(ready=False, missing={"checks": _LATE}, notes={})
        self._began, self._leaving = 0.0, False
        self._under_way: asyncio.Task[Readiness] | None = None

    def require(self, name: str, check: Check) -> None:
        """Be ready only if this check finds nothing missing, too."""
        self._checks[name] = check

    def leave(self) -> None:
        """Be ready no more: this process is about to end."""
        self._leaving = True

    async def readiness(self) -> Readiness:
        """Ask every part on a thread of its own, and answer within half a second.

        Callers at the same time share one round. While a round takes longer, the result of the last one stands in for
        it; when it takes much longer, the service is not ready.
        """
        if self._leaving:
            return Readiness(ready=False, missing={"service": _LEAVES}, notes={})
        loop = asyncio.get_running_loop()
        if self._under_way is None or self._under_way.done() or self._under_way.get_loop() is not loop:
            self._under_way, self._began = loop.create_task(self._ask()), loop.time()
        await asyncio.wait([self._under_way], timeout=_PATIENCE)
        if self._under_way.done():
            return self._under_way.result()
        if loop.time() - self._began > _TOO_LONG:
            return Readiness(ready=False, missing={"checks": _LATE}, notes={})
        return self._last

    async def until_ready(self, seconds: float) -> None:
        """Wait until every part is there, at most this long."""
        with anyio.move_on_after(seconds):
            while not (await self.readiness()).ready:  # noqa: ASYNC110 (checks are asked, they do not tell)
                await anyio.sleep(_LOOKS_EVERY)

    async def _ask(self) -> Readiness:
        self._last = await anyio.to_thread.run_sync(self._round, limiter=anyio.CapacityLimiter(1))
        return self._last

    def _round(self) -> Readiness:
        missing, notes = _said(self._checks), _said(self._notes) | _said(dict(self.of_brands))
        return Readiness(not missing, missing, notes)

    def missing(self) -> str | None:
        """Say what this part of a process lacks, for the notes of the whole."""
        return " ".join(_said(self._checks).values()) or None


def _said(checks: Mapping[str, Check]) -> dict[str, str]:
    return {name: words for name, check in checks.items() if (words := check()) is not None}


class HealthController(Controller):
    """For load balancers and dashboards: without a key, and without texts or names."""

    tags = ["health"]  # noqa: RUF012 (Litestar reads it from the class)
    opt = PUBLIC
    security = [{}]  # noqa: RUF012

    @get("/healthz", sync_to_thread=False, summary="Is the process alive?")
    def alive(self) -> Alive:
        """Answer as long as the process can answer."""
        return Alive("ok")

    @get("/readyz", summary="Can it do its work, and if not, what is missing?")
    async def ready(self, probes: NamedDependency[Probes]) -> Response[Readiness]:
        """Answer 200 when everything is there, else 503 with the reasons."""
        found = await probes.readiness()
        return Response(found, status_code=200 if found.ready else 503)

    @get("/metrics", media_type=MediaType.TEXT, sync_to_thread=True, summary="Metrics in Prometheus' text form")
    def metrics(self, context: NamedDependency[Context]) -> Response[bytes]:
        """Return the counters of the service: of this process, or of all its workers together; brands have a label."""
        beside = {name: _collected(each) for name, each in dict(context.brands).items()}
        return Response(text_of(_collected(context), beside), media_type="text/plain; version=0.0.4")


def _collected(context: Context) -> Families:
    registry, crew = context.telemetry.registry, context.crew
    return SharedMetrics.mine(crew.folder).collected(registry) if crew else collected(registry)
