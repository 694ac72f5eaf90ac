"""Health: `/healthz`, `/readyz` and `/metrics`."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from msgspec import Struct
from prometheus_client import generate_latest

from serving.context import Check, Context
from serving.http.auth import PUBLIC


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
        self._checks, self._notes = checks, notes

    def readiness(self) -> Readiness:
        """Ask every part."""
        missing, notes = _said(self._checks), _said(self._notes)
        return Readiness(not missing, missing, notes)


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

    @get("/readyz", sync_to_thread=True, summary="Can it do its work, and if not, what is missing?")
    def ready(self, probes: NamedDependency[Probes]) -> Response[Readiness]:
        """Answer 200 when everything is there, else 503 with the reasons."""
        found = probes.readiness()
        return Response(found, status_code=200 if found.ready else 503)

    @get("/metrics", media_type=MediaType.TEXT, sync_to_thread=True, summary="Metrics in Prometheus' text form")
    def metrics(self, context: NamedDependency[Context]) -> Response[bytes]:
        """Return the counters of this process."""
        return Response(generate_latest(context.telemetry.registry), media_type="text/plain; version=0.0.4")
