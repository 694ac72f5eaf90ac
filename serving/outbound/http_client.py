"""Outgoing HTTP calls: the host is resolved once, its address is checked and pinned; time and size are bounded.

Redirects are not followed and proxies from the environment are not used, so only the checked address is called. The
certificate is checked against the name in the URL.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpcore

from serving.clock import Clock
from serving.configuration.values import Network
from serving.outbound.address_check import Target, target, vet
from serving.outbound.errors import CallFailed
from serving.outbound.name_lookup import NameLookup, Resolve

MOST = 64_000  # bytes of a body that are read, unless the caller needs more


@dataclass(frozen=True, slots=True)
class Response:
    """A response."""

    status: int
    headers: Mapping[str, str]  # by name in lower case
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outgoing:
    """Makes calls, each on its own connection."""

    def __init__(
        self,
        clock: Clock,
        *,
        allowed: Sequence[Network] = (),
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        most: int = MOST,
    ) -> None:
        self._clock, self._allowed, self._names, self._most = clock, allowed, NameLookup(resolve), most
        self._tls = tls or ssl.create_default_context()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: timedelta
    ) -> Response:
        """Call a URL and return what came back within the time, at most so many bytes of its body.

        Raises `AddressRefused`: it may not be called. Raises `CallFailed`: nothing came back that can be read.
        """
        where = target(url)
        until = self._clock.monotonic() + timeout.total_seconds()

        def left() -> float:
            return until - self._clock.monotonic()

        try:
            found = self._names.addresses(where.host, where.port, left)
            wire = _Pinned(vet(found, scheme=where.scheme, allowed=self._allowed), left)
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, network_backend=wire) as pool,
                pool.stream(method, _url(where), headers=_lines(where, headers), content=content) as answer,
            ):
                return Response(answer.status, _read(answer.headers), _body(answer.iter_stream(), self._most))
        except (httpcore.TimeoutException, TimeoutError):
            raise CallFailed("timeout") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise CallFailed(_named(error)) from None


def _named(error: Exception) -> str:
    cause = error if isinstance(error, OSError) else error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLError):
        return "tls"
    if isinstance(cause, socket.gaierror):
        return "name_not_found"
    return "not_http" if isinstance(error, httpcore.ProtocolError) else "connection"


def _url(where: Target) -> httpcore.URL:
    return httpcore.URL(
        scheme=where.scheme.encode(), host=where.host.encode(), port=where.port, target=where.path.encode()
    )


def _lines(where: Target, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    host = f"[{where.host}]" if ":" in where.host else where.host
    usual = where.port == {"https": 443, "http": 80}[where.scheme]
    told = {"Host": host if usual else f"{host}:{where.port}", "Connection": "close"} | dict(headers)
    return [(name.encode(), value.encode()) for name, value in told.items()]


def _read(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _body(parts: Iterable[bytes], most: int) -> bytes:
    read = bytearray()
    for part in parts:
        read += part
        if len(read) >= most:
            break
    return bytes(read[:most])


class _Pinned(httpcore.NetworkBackend):
    """Connects to the checked address, whatever the name, within the time limit of the call."""

    def __init__(self, address: str, left: Callable[[], float]) -> None:
        self._address, self._left = address, left
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, *options: Any, **named: Any) -> httpcore.NetworkStream:  # noqa: ANN401, ARG002
        return _Bounded(self._sockets.connect_tcp(self._address, port, timeout=_some(self._left)), self._left)


class _Bounded(httpcore.NetworkStream):
    """Limits each step to the time that the call has left, so that a slow trickle of bytes does not prolong it."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _some(self._left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _some(self._left))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, _some(self._left)), self._left)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._stream.get_extra_info(info)


def _some(left: Callable[[], float]) -> float:
    seconds = left()
    if seconds <= 0:
        raise TimeoutError
    return seconds
