"""Request id, timing and mandatory headers for every request.

Litestar runs `after_request` for handlers only, not for errors; this middleware wraps everything.
"""

import secrets

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from serving.clock import Clock
from serving.http.rate_limits import HEADERS as RATE_LIMITS
from serving.telemetry import Telemetry

SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}

_METHODS = frozenset(HttpMethod)


class RequestLog:
    """Wraps the whole app."""

    def __init__(self, app: ASGIApp, clock: Clock, telemetry: Telemetry) -> None:
        self._app, self._clock, self._telemetry = app, clock, telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request; a header that the answer already has is left as it is."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = scope["state"]["request_id"] = secrets.token_hex(8)
        began, status = self._clock.monotonic(), 500

        async def finished(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                present = {name.lower() for name, _ in headers}
                headers += [pair for pair in SECURITY_HEADERS.items() if pair[0] not in present]
                headers += scope["state"].get(RATE_LIMITS, [])
                message["headers"] = [*headers, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, finished)
        finally:
            self._record(scope, request_id, status, self._clock.monotonic() - began)

    def _record(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "none"
        said = str(scope["method"])  # type: ignore[typeddict-item]
        method = said if said in _METHODS else "other"  # a caller may write anything there
        self._telemetry.requests.labels(method, route, status).inc()
        self._telemetry.seconds.labels(route).observe(seconds)
        caller = scope.get("auth")
        self._telemetry.event(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            key=caller.key_id if caller else None,  # whoever the request says that it acts for
        )
