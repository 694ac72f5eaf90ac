"""Refuse bad bodies before any handler: wrong type, too large, not UTF-8, too deep, NUL or lone surrogates.

Litestar 2.25 reads any content type as JSON, so a browser's simple request would bypass CORS, and it answers 500 to bad
UTF-8 and deep nesting. SQLite and PostgreSQL differ on NUL. So bodies are checked before they are parsed.
"""

import re
from collections.abc import Callable

import anyio
import anyio.to_thread
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from serving.http.errors import BodyIncomplete, BodyTooLarge, MalformedBody, WrongMediaType

MAX_DEPTH = 32
JSON = "application/json"
MULTIPART = "multipart/form-data"  # files of a form: they need not be text, and whoever reads them checks them
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})  # methods whose bodies nobody reads

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # never backtracks, an open string matches to its end
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_INLINE = 64_000  # larger bodies are checked in a thread
_RATE = 64_000  # bytes that lengthen the deadline of a body by a second

BEFORE_BODY = "before_body"  # in the opt of a route: raises what refuses the request before its body is read
BeforeBody = Callable[[Scope], None]


class BodyGuard:
    """Reads the body within the route's limit, checks it, and passes it on whole."""

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app, self._limit, self._seconds = app, limit, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the body of any request that has one.

        Raises `WrongMediaType`, `BodyTooLarge`, `BodyIncomplete` or `MalformedBody`: see `serving.http.problems` for
        their statuses.
        """
        if scope["type"] != ScopeType.HTTP or scope["method"] in WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        options = scope["route_handler"].opt
        if before := options.get(BEFORE_BODY):
            before(scope)
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _read(receive, headers, options.get("max_body", self._limit), self._seconds)
        if body:
            await _check(body, headers, (JSON, *options.get("media_types", ())))
        await self._app(scope, replay(body, receive), send)


async def _read(receive: Receive, headers: dict[bytes, str], limit: int, seconds: float) -> bytes:
    declared = headers.get(b"content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(limit)
    parts, size, more = [], 0, True
    until = anyio.current_time() + seconds
    while more:
        with anyio.move_on_after(until + size / _RATE - anyio.current_time()) as late:
            message = await receive()
        if late.cancelled_caught or message["type"] != "http.request":
            raise BodyIncomplete
        parts.append(message["body"])
        size += len(message["body"])
        if size > limit:
            raise BodyTooLarge(limit)
        more = message["more_body"]
    return b"".join(parts)


async def _check(body: bytes, headers: dict[bytes, str], accepted: tuple[str, ...]) -> None:
    sent = headers.get(b"content-type", "")
    kind, _, parameters = sent.partition(";")
    charset = parameters.replace(" ", "").lower()
    holds_files = kind.strip().lower() == MULTIPART
    wrong_kind = kind.strip().lower() not in accepted or (charset and charset != "charset=utf-8" and not holds_files)
    if wrong_kind or headers.get(b"content-encoding", "identity") != "identity":
        raise WrongMediaType(sent, accepted)
    if holds_files:
        return
    if len(body) > _INLINE:
        await anyio.to_thread.run_sync(check_text, body)
    else:
        check_text(body)


def check_text(body: bytes) -> None:
    """Refuse a text that would upset a parser or a database; what is left may still be no JSON.

    Raises `MalformedBody`: with the first thing found, in words.
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    if b"\0" in body:
        raise MalformedBody("The body contains a NUL character.")
    if b"\\u" in body:
        _check_escapes(body)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(body)


def _check_escapes(body: bytes) -> None:
    """Find escaped NULs and halves of surrogate pairs, minding that a backslash can itself be escaped."""
    half_ends = None
    for found in _ESCAPE.finditer(body):
        code = int(found[1] or b"20", 16)
        if code == 0:
            raise MalformedBody("The body contains a NUL character (\\u0000).")
        is_low = 0xDC00 <= code <= 0xDFFF
        if is_low != (half_ends is not None) or (is_low and found.start() != half_ends):
            break
        half_ends = found.end() if 0xD800 <= code <= 0xDBFF else None
    else:
        if half_ends is None:
            return
    raise MalformedBody("The body contains half of a surrogate pair (\\ud800 to \\udfff), which is no character.")


def _check_depth(body: bytes) -> None:
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedBody(f"The body is nested deeper than {MAX_DEPTH} levels.")


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that hands a body on that was read already."""
    pending: list[HTTPReceiveMessage] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> HTTPReceiveMessage:
        return pending.pop() if pending else await receive()  # type: ignore[return-value]

    return again
