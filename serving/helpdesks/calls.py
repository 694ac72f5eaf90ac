"""HTTP calls to helpdesks: bounded in time and size, to checked addresses, without secrets in errors."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from serving.clock import Clock, SystemClock
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused, DeskUnreachable
from serving.helpdesks.port.port import Call, Helpdesk, Reply
from serving.helpdesks.vendor_table import desk
from serving.outbound.errors import AddressRefused, CallFailed
from serving.outbound.http_client import Outgoing, Response
from serving.outbound.retry_after import retry_after
from serving.settings import Settings

_TIMEOUT = timedelta(seconds=20)  # of one call, with everything
_MOST = 20_000_000  # bytes of an answer
_UNSPOKEN = "it answered no JSON"
_PLAIN = "/%:@!$&'()*+,;=~"  # what a path may hold as it is
_WHY: Mapping[str, str] = {
    "timeout": "no answer within 20 s",
    "connection": "nobody answers at {host}, or it hung up; see that it runs and that url is right",
    "name_not_found": "no such host {host}; see url",
    "tls": "the certificate of {host} is not trusted",
    "not_http": "{host} does not speak HTTP; see url",
}


def connected(connection: Connection, outgoing: Outgoing, clock: Clock | None = None) -> Helpdesk:
    """Return the desk of a connection; nothing is sent yet."""
    found: list[Helpdesk] = []

    def proof() -> Mapping[str, str]:
        return found[0].headers()  # it is there when the first call is made

    wire = HelpdeskCalls(connection, outgoing, clock or SystemClock(), proof)
    found.append(desk(connection, wire.send))
    return found[0]


def calls(settings: Settings) -> Outgoing:
    """Return what calls are made with; they are timed by the real clock, whatever the others go by."""
    return Outgoing(SystemClock(), allowed=settings.allowed_networks, most=_MOST + 1)


class HelpdeskCalls:
    """Sends the calls of one connection."""

    def __init__(
        self, connection: Connection, outgoing: Outgoing, clock: Clock, headers: Callable[[], Mapping[str, str]]
    ) -> None:
        self._connection, self._outgoing, self._clock, self._headers = connection, outgoing, clock, headers

    def send(self, call: Call) -> Reply:
        """Make a call.

        Raises `DeskUnreachable`: no answer that can be read. Raises `DeskRefused`: any status but success.
        """
        name, answer = self._connection.name, self._answer(call)
        if not 200 <= answer.status < 300:
            wait = retry_after(answer.headers.get("retry-after"), self._clock.now())
            raise DeskRefused(name, answer.status, wait=wait)
        if len(answer.body) > _MOST:
            raise DeskUnreachable(name, f"its answer is larger than {_MOST:,} bytes")
        try:
            return Reply(_json(answer.body) if answer.body.strip() else None, answer.headers)
        except (ValueError, RecursionError):
            raise DeskUnreachable(name, _UNSPOKEN) from None

    def _answer(self, call: Call) -> Response:
        url = self._connection.url.rstrip("/") + quote(call.path, safe=_PLAIN)
        if call.query:
            url += f"?{urlencode(call.query)}"
        content = b"" if call.json is None else json.dumps(call.json, ensure_ascii=False).encode()
        headers = {"Accept": "application/json", "User-Agent": "Firstline", "Content-Length": str(len(content))}
        headers |= {"Content-Type": "application/json"} if content else {}
        headers |= {**self._headers(), **call.headers}
        try:
            return self._outgoing.request(call.method, url, headers=headers, content=content, timeout=_TIMEOUT)
        except AddressRefused as refused:
            raise DeskUnreachable(self._connection.name, f"its url is not called: {refused.why}") from None
        except CallFailed as failed:
            why = _WHY.get(failed.fault, failed.fault).format(host=urlsplit(url).netloc)
            raise DeskUnreachable(self._connection.name, why) from None


def _json(body: bytes) -> Any:  # noqa: ANN401
    """Read JSON; half a letter in it becomes a question mark, because no database stores it."""
    found = json.loads(body)
    if b"\\ud" in body or b"\\uD" in body:
        return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    return found
