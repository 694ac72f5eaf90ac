"""CORS: other origins may use the routes of publishable keys, if a valid key names the origin.

Origins are compared exactly: regular expressions for origins have caused security holes. `serving.http.auth` checks the
key itself; this only lets the browser send the request.
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from serving.keys.api_keys import KeyStore

OPEN_PATHS = ("/v1/deflections",)
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, firstline-session, idempotency-key"),
    (b"access-control-max-age", b"600"),
    (b"content-length", b"0"),
)


class CrossOrigin:
    """Answers preflight requests and adds CORS headers, for known origins only."""

    def __init__(self, app: ASGIApp, keys: KeyStore) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; a known origin hears that it may read the answer."""
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"")
        if origin.decode("latin-1") not in self._keys.origins():
            await self._app(scope, receive, send)
            return
        allowed = (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"ratelimit, ratelimit-policy, retry-after"),
            (b"vary", b"Origin"),
        )
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await send({"type": "http.response.start", "status": 204, "headers": [*allowed, *_PREFLIGHT]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *allowed]
            await send(message)

        await self._app(scope, receive, marked)
