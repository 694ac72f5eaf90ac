"""Making a desk's calls over HTTP: bounded in time and size, without redirects, and without a secret in any error."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from serving.desk_errors import DeskRefused, DeskUnreachable
from serving.helpdesks.connections import Connection
from serving.helpdesks.desks import desk
from serving.helpdesks.port import Call, Helpdesk, Reply

_SECONDS = 20.0
_MOST = 20_000_000  # bytes of an answer
_UNSPOKEN = "it answered no JSON"


def connected(connection: Connection, client: httpx.Client) -> Helpdesk:
    """Return the desk of a connection; nothing is sent yet."""
    found: list[Helpdesk] = []
    wire = Wire(connection, client, lambda: found[0].headers())  # noqa: PLW0108 (it is there only afterwards)
    found.append(desk(connection, wire.send))
    return found[0]


def client() -> httpx.Client:
    """Return what calls are made with; the environment's proxies are the deployment's own."""
    return httpx.Client(timeout=_SECONDS, follow_redirects=False)


class Wire:
    """Sends the calls of one connection."""

    def __init__(self, connection: Connection, client: httpx.Client, headers: Callable[[], object]) -> None:
        self._connection, self._client, self._headers = connection, client, headers

    def send(self, call: Call) -> Reply:
        """Make a call.

        Raises `DeskUnreachable`: no answer that can be read. Raises `DeskRefused`: any status but success.
        """
        name = self._connection.name
        headers = {"Accept": "application/json", **dict(self._headers()), **call.headers}  # type: ignore[call-overload]
        url = self._connection.url.rstrip("/") + call.path
        request = self._client.build_request(
            call.method, url, params=dict(call.query) or None, json=call.json, headers=headers
        )
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._read(response)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise DeskUnreachable(name, f"{type(error).__name__} at {urlsplit(url).netloc}") from None
        if not response.is_success:
            raise DeskRefused(name, response.status_code)
        try:
            return Reply(json.loads(body) if body.strip() else None, dict(response.headers))
        except ValueError:
            raise DeskUnreachable(name, _UNSPOKEN) from None

    def _read(self, response: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > _MOST:
                raise DeskUnreachable(self._connection.name, f"its answer is larger than {_MOST:,} bytes")
            parts.append(part)
        return b"".join(parts)
