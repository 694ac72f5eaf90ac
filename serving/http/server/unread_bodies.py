"""Close connections whose request was answered before its body was read.

A refusal (404, 401, 413, 503, …) needs no body. Without this the server would read the rest of it, however long and
slow, to find the next request. It says `Connection: close` instead, throws away what the caller sends within a moment,
so that it reads the refusal, and closes.
"""

import anyio
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_LINGER = 1.0  # seconds
_MOST = 1_000_000  # bytes


class UnreadBodies:
    """Wraps the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; note whether it reads the body to its end before it answers."""
        if scope["type"] != ScopeType.HTTP or not has_body(scope):
            await self._app(scope, receive, send)
            return
        is_read = closes = False
        expects = any(name == b"expect" for name, _ in scope["headers"])  # reading would ask for the body

        async def read() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = not message.get("more_body", False)
            return message  # type: ignore[return-value]

        async def answer(message: Message) -> None:
            nonlocal closes
            if message["type"] == "http.response.start":
                if not is_read and not expects:
                    with anyio.move_on_after(0):  # a short body may be here already
                        await read()
                if not is_read:
                    closes = True
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            if closes and message["type"] == "http.response.body" and not message.get("more_body"):
                await send(message | {"more_body": True})
                await _throw_away(read)  # type: ignore[arg-type]
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._app(scope, read, answer)  # type: ignore[arg-type]


def has_body(scope: Scope) -> bool:
    """Tell whether the request says that a body follows."""
    names = {name: value for name, value in scope["headers"] if name in {b"content-length", b"transfer-encoding"}}
    return bool(names) and names != {b"content-length": b"0"}


async def _throw_away(receive: Receive) -> None:
    size, more = 0, True
    with anyio.move_on_after(_LINGER):
        while more and size < _MOST:
            message = await receive()
            size += len(message.get("body", b""))  # type: ignore[arg-type]
            more = message.get("more_body", False)  # type: ignore[assignment]
