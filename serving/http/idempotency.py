"""`Idempotency-Key` on every POST that creates (the IETF draft's header, Stripe's rules).

The first successful response is kept (72 hours by default) and repeated byte for byte. While the first request runs, a
second gets 409 from every process that shares the database. The same key with another method, path or body gets 422.
Refusals and errors are not kept: they had no effect.
"""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import anyio.to_thread
import msgspec
import sqlalchemy as sa
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.params import HeaderParameter, SkipValidation
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from serving.clock import Clock
from serving.http.errors import IdempotencyKeyNotValid
from serving.storage.database import Database, Write
from serving.storage.idempotency_receipts import Answer, Claim, Receipts, store
from serving.storage.instants import to_text

T = TypeVar("T")

CREATES = {"creates": True}  # the opt of a route that creates
REPEATS = "repeats"  # the opt with what makes the answer to a repeat of a kept one, where that differs
REPLAYED = b"idempotency-replayed"
EXPIRES = "idempotency-expires"  # until when the answer is repeated

_LONGEST = 255
_REFUSED = 400


class IdempotencyKeys:
    """Claims the key before the handler and releases it afterwards; the handler stores the receipt with its change."""

    def __init__(self, app: ASGIApp, receipts: Receipts, clock: Clock) -> None:
        self._app, self._receipts, self._clock = app, receipts, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, or answer from the receipt.

        Raises `IdempotencyKeyNotValid`, `StillInFlight` or `IdempotencyKeyReused`: see `serving.http.problems` for
        their statuses.
        """
        if scope["type"] != ScopeType.HTTP or not scope["route_handler"].opt.get("creates"):
            await self._app(scope, receive, send)
            return
        key = next((value for name, value in scope["headers"] if name.lower() == b"idempotency-key"), None)
        if key is None:
            await self._app(scope, receive, send)
            return
        _check(key)
        message = await receive()  # whole: the body guard stands before this
        claim = self._claim(key.decode(), scope, message.get("body", b""))  # type: ignore[arg-type]
        kept = await anyio.to_thread.run_sync(self._receipts.begin, claim)
        if kept is not None:
            repeats = scope["route_handler"].opt.get(REPEATS)
            await _send(repeats(kept, scope["litestar_app"].state.context) if repeats else kept, send)
            return
        await self._answer(claim, scope, _handing_on(message, receive), send)  # type: ignore[arg-type]

    def _claim(self, key: str, scope: Scope, body: bytes) -> Claim:
        request = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"] + b"\n" + body  # type: ignore[typeddict-item]
        at = self._clock.now()
        return Claim(_claimant(scope), key, hashlib.sha256(request).hexdigest(), at, at + self._receipts.kept)

    async def _answer(self, claim: Claim, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, and send its answer when the key is free again: a refusal may be repeated at once, corrected."""
        scope["state"]["claim"] = claim
        heard: list[Message] = []

        async def hear(message: Message) -> None:
            heard.append(message)

        try:
            await self._app(scope, receive, hear)
        finally:
            await self._receipts.end(claim)
        for message in heard:
            if message["type"] == "http.response.start" and message["status"] < _REFUSED:
                message["headers"] = [*message["headers"], (EXPIRES.encode(), _until(claim).encode())]
            await send(message)


NAME = "Idempotency-Key"
_ABOUT = (
    "1 to 255 printable ASCII characters; the same request again gets the same answer, until the instant that the "
    "answer's header Idempotency-Expires names."
)
Header = Annotated[str | None, HeaderParameter(name=NAME, description=_ABOUT, required=False)]


def _itself(result: Any) -> Any:  # noqa: ANN401 (whatever it is)
    return result


class Receipt:
    """How an endpoint keeps its answer for a repeat, where the request has an Idempotency-Key."""

    def __init__(self, database: Database, claim: Claim | None, status: int) -> None:
        self._database, self._claim, self._status = database, claim, status

    @property
    def is_kept(self) -> bool:
        """Whether the answer will be repeated, so that it may say only what its transaction knows."""
        return self._claim is not None

    def keeping(self, to_answer: Callable[[T], object] = _itself) -> Write[T]:
        """Return the function that a use case writes with: it keeps the answer in the same transaction.

        `to_answer` makes the answer of the use case's result: the struct of its body, or a `Response` where it has
        headers or a status of its own. Without an Idempotency-Key nothing is kept.
        """
        claim = self._claim
        if claim is None:
            return self._database.write

        def write(work: Callable[[sa.Connection], T]) -> T:
            def together(connection: sa.Connection) -> T:
                result = work(connection)
                store(connection, claim, self._answer(to_answer(result), claim))
                return result

            return self._database.write(together)

        return write

    def _answer(self, shown: object, claim: Claim) -> Answer:
        response = shown if isinstance(shown, Response) else Response(shown)
        headers = {**response.headers, EXPIRES: _until(claim)}
        return Answer(response.status_code or self._status, msgspec.json.encode(response.content), headers)


def receipt_of(
    request: "Request[Any, Any, Any]",
    database: SkipValidation[NamedDependency[Database]],  # a protocol, which is slow to look for
    idempotency_key: Header = None,  # noqa: ARG001 (for OpenAPI)
) -> Receipt:
    """Return what the endpoint keeps its answer with; the dependency `receipt`."""
    return Receipt(database, request.scope["state"].get("claim"), request.route_handler.status_code)


def _claimant(scope: Scope) -> str:
    """Return whose key it is: the API key's; of a publishable one a page's and a session's own.

    Everybody may send a publishable key. So what a session was answered is repeated only to who has its secret.
    """
    caller = scope.get("auth")
    if caller is None:
        return ""
    if not caller.is_publishable:
        return str(caller.key_id)
    session = next((value for name, value in scope["headers"] if name.lower() == b"firstline-session"), b"")
    own = hashlib.sha256(str(caller.origin).encode() + b"\n" + session).hexdigest()
    return f"{caller.key_id} {own}"


def _until(claim: Claim) -> str:
    return to_text(claim.expires_at)


def _check(key: bytes) -> None:
    if not 1 <= len(key) <= _LONGEST or not key.isascii() or not key.decode().isprintable():
        raise IdempotencyKeyNotValid(len(key))


async def _send(answer: Answer, send: Send) -> None:
    headers = {"content-type": "application/json", **answer.headers}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    raw += [(b"content-length", str(len(answer.content)).encode()), (REPLAYED, b"true")]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})


def _handing_on(message: HTTPReceiveMessage, receive: Receive) -> Receive:
    pending = [message]

    async def again() -> HTTPReceiveMessage:
        return pending.pop() if pending else await receive()  # type: ignore[return-value]

    return again
