"""The HTTP protocol of the web process: uvicorn's with httptools, with limits for what strangers send and hold.

h11 would bring the limit of header bytes with it, but it has no deadlines and no caps either, and took two and a half
times as long for a small request (6,200 to 6,900 a second with httptools, 2,400 to 2,500 with h11, on two busy cores).
Under overload most requests are refusals, which are small. So httptools stays, and counts header bytes here. Granian
and hypercorn were not tried for this: Granian holds connections in Rust, where no timer of ours can be added;
hypercorn parses with h11.

The deadline of a body is in `serving.http.body_guard`: it runs only while the app waits for the body.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.http.server.admission import LIVE
from serving.http.server.connection_caps import Admission, ConnectionCaps
from serving.http.server.draining import Draining
from serving.http.server.refusals import PROBES, busy, refusal
from serving.peers.balance import ConnectionBalance

_LONGEST_PATH = 4_096  # bytes; the router keeps a thousand paths, and no id is as long
_PIPELINED = 8  # requests of one connection that wait for an earlier one; clients send one at a time
_LINGER = 1.0  # seconds in which what a refused caller still sends is thrown away, so that it reads the refusal
_RATE = 1_000  # bytes a second that a client must read of a response


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """What one connection may send, and how slowly."""

    header_bytes: int  # of the request line and the headers
    header_seconds: float  # from the connection, or the first byte of a later request, to the end of its headers
    write_seconds: float  # how long a client may read next to nothing of a response


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        *,
        limits: SocketLimits,
        caps: ConnectionCaps,
        draining: Draining,
        balance: ConnectionBalance | None = None,
        is_passed_on: bool = False,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**options)
        self._balance, self._is_passed_on = balance, is_passed_on
        self.address = ""
        self._limits, self._caps, self._draining = limits, caps, draining
        self._only_probes = self._is_refused = False
        self._in_headers = True
        self._header_bytes = 0  # of this request, as the parser reports them
        self._unreported = 0  # bytes that are no body; more than twice the body's is as bad as a long header
        self._header_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection in, pass it on to another worker, or refuse it."""
        super().connection_made(transport)
        if self._balance is not None and not self._is_passed_on:
            descriptor = transport.get_extra_info("socket").fileno()
            if self._balance.passes_on(descriptor, self._caps.open):
                self._is_refused = True
                transport.abort()  # it stays open where it is now
                return
        self.address = self._caps.address_of(self.client[0] if self.client else None)
        admission = self._caps.admit(self)
        if admission is Admission.NOTHING:
            transport.write(refusal(HTTPStatus.SERVICE_UNAVAILABLE))
            transport.close()
            return
        if self._balance is not None:
            self._balance.note(self._caps.open)
        self._only_probes = admission is Admission.PROBES
        self._start_header_timer()

    def shutdown(self) -> None:
        """Finish the request under way, then close; a stream that never ends is cut, and its browser comes again."""
        if self.cycle is not None and not self.cycle.response_complete and self.cycle.scope["path"] == LIVE:
            self.transport.close()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._caps.leaves(self)
        if self._balance is not None:
            self._balance.note(self._caps.open)
        self._stop_header_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the limits."""
        if self._is_refused or self.transport.is_closing():
            return
        if self._header_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._start_header_timer()
        self._unreported += len(data)
        super().data_received(data)
        if self._unreported > self._limits.header_bytes and not self._is_refused:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, where nothing else was said."""
        if not self._is_refused and not self.transport.is_closing():
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """Begin to count the headers of a request."""
        super().on_message_begin()
        self._in_headers, self._header_bytes = True, 0

    def on_url(self, url: bytes) -> None:
        """Count what the parser found of the request line."""
        self._header_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header; those after a chunked body are dropped: they would pass for headers of the request."""
        if self._in_headers:
            self._header_bytes += len(name) + len(value)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request.

        Raises `httptools.HttpParserError`: it is refused; what follows of it is not read.
        """
        self._in_headers = False
        self._stop_header_timer()
        if self._header_bytes > self._limits.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif len(self.url.partition(b"?")[0]) > _LONGEST_PATH:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif len(self.pipeline) >= _PIPELINED:
            self._take_no_more()
        if self._is_refused or self.transport.is_closing():
            raise httptools.HttpParserError
        self._caps.works(self)
        served = self.app
        if self._only_probes and self.url.partition(b"?")[0].decode("latin-1") not in PROBES:
            self.app = busy
        super().on_headers_complete()
        self.app = served
        if self._draining.begun:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._unreported -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._unreported = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._start_write_timer()
        elif self.cycle.response_complete:
            self._caps.waits(self)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that had no request for a while, also when its client has not read the last response."""
        super().timeout_keep_alive_handler()
        self._start_write_timer()

    def pause_writing(self) -> None:
        """Wait for the client to read, but not for ever."""
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        self._stop_write_timer()

    def give_way(self) -> None:
        """Close: a newer connection needs the place."""
        self.transport.close()
        self._start_write_timer()

    def _take_no_more(self) -> None:
        """Answer what was taken, and close after the last response: it says so, and the client sends the rest again."""
        self._is_refused = True
        newest, _ = self.pipeline[0]
        newest.keep_alive = False

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer without a request, and close when the caller had time to read it."""
        self._is_refused = True
        self._stop_header_timer()
        self.transport.write(refusal(status))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._header_timer = self.loop.call_later(_LINGER, self.transport.abort)

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(self._limits.header_seconds, self._headers_are_late)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _headers_are_late(self) -> None:
        if self._unreported:  # whoever sent nothing hears nothing
            self.transport.write(refusal(HTTPStatus.REQUEST_TIMEOUT))
        self.transport.close()
        self._start_write_timer()

    def _start_write_timer(self) -> None:
        """Watch that the client reads what is written to it."""
        self._stop_write_timer()
        left = self.transport.get_write_buffer_size()
        if left or not self.transport.is_closing():
            check: Callable[[int], None] = self._check_writing
            self._write_timer = self.loop.call_later(self._limits.write_seconds, check, left)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _check_writing(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left > before - _RATE * self._limits.write_seconds:
            self.transport.abort()
        else:
            self._start_write_timer()
