"""Answers that are given before the app sees a request."""

from http import HTTPStatus

import msgspec
from litestar.types import Receive, Scope, Send

PROBES = frozenset({"/healthz", "/readyz"})
RETRY_AFTER = 1  # seconds


def problem(status: HTTPStatus, slug: str, detail: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return headers and body of an RFC 9457 problem."""
    kind = f"urn:firstline:problem:{slug}"
    body = msgspec.json.encode({"type": kind, "title": status.phrase, "status": int(status), "detail": detail})
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", str(RETRY_AFTER).encode()))
    return headers, body


_SAID = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("headers-too-large", "The request line and the headers are too long."),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("path-too-long", "The path is too long."),
    HTTPStatus.REQUEST_TIMEOUT: ("headers-too-slow", "The headers did not arrive in time."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("too-many-connections", "Nothing was stored; connect again soon."),
}


def refusal(status: HTTPStatus) -> bytes:
    """Return the bytes of a response that ends its connection."""
    headers, body = problem(status, *_SAID[status])
    lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), b"connection: close"]
    return b"\r\n".join([*lines, *(name + b": " + value for name, value in headers), b"", body])


async def busy(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """Answer 503 whatever was asked: the connection was taken in only for probes."""
    headers, body = problem(HTTPStatus.SERVICE_UNAVAILABLE, *_SAID[HTTPStatus.SERVICE_UNAVAILABLE])
    await send({"type": "http.response.start", "status": 503, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
