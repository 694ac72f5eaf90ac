"""Overload: a request that would wait too long is refused at once, and hand-offs have threads of their own.

The event loop takes requests faster than threads answer them. Without a bound each request waits behind all others,
until every caller has given up before its answer. So as many requests are worked on at once as there are threads, some
more wait, and the next ones get 503 with Retry-After before their bodies are read. New tickets and inbound webhooks are
hand-offs: a customer needs a person, or a helpdesk would have to send again. Hand-offs wait only for each other.

A request counts from the end of its body. So slow senders hold a connection and no place here.
"""

import re
from http import HTTPStatus

import anyio
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from serving.http.body_guard import WITHOUT_BODY
from serving.http.errors import Overloaded
from serving.http.server.refusals import PROBES, problem
from serving.http.server.request_threads import RequestThreads
from serving.http.server.unread_bodies import has_body
from serving.settings import Settings

HANDOFFS = re.compile(r"/v1/(tickets|deflections/[^/]+/ticket|inbound/[^/]+)/?")
LIVE = "/live"  # a stream of the console: it stays open for minutes and computes next to nothing
_ALWAYS = PROBES | {"/metrics", LIVE}
_OTHER_THREADS = 4  # metrics, and what libraries run on the loop's threads
_WAIT = 10.0  # seconds that a request waits for a thread
_EXPECTED = 2.0  # seconds that it may be expected to wait: then it is refused at once, and seldom after a wait
_WEIGHT = 0.05  # of the newest request in the mean of how long one holds its place


class Places:
    """Places for requests at work, and a queue for them: bounded in number, and in how long one waits in it."""

    def __init__(self, threads: int, queue: int) -> None:
        self._free, self._queue, self._waiting = anyio.Semaphore(threads), queue, 0
        self._threads, self._held = threads, 0.0

    def refuse_if_full(self) -> None:
        """Raise `Overloaded` where the queue is full, or as long as a wait in it would be too long.

        A free place is always given, so an estimate that was too high is soon corrected.
        """
        expected = (self._waiting + 1) * self._held / self._threads
        if self._free.value == 0 and (self._waiting >= self._queue or expected > _EXPECTED):
            raise Overloaded

    @property
    def waiting(self) -> int:
        """How many requests wait for a place."""
        return self._waiting

    def one(self) -> "Place":
        """Return a place, to be held by `async with`."""
        return Place(self)

    async def take(self) -> None:
        """Take a place.

        Raises `Overloaded`: the queue is full, or no place got free in time.
        """
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            await self._wait()

    def give_back(self, seconds: float) -> None:
        """Give a place back that was held for so long."""
        self._held += _WEIGHT * (seconds - self._held)
        self._free.release()

    async def _wait(self) -> None:
        self.refuse_if_full()
        self._waiting += 1
        try:
            with anyio.fail_after(_WAIT):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded from None
        finally:
            self._waiting -= 1


class Place:
    """A place for one request: a class, as a generator that is a context costs each request several times as much."""

    def __init__(self, places: Places) -> None:
        self._places, self._began = places, 0.0

    async def __aenter__(self) -> None:
        await self._places.take()
        self._began = anyio.current_time()

    async def __aexit__(self, *_: object) -> None:
        self._places.give_back(anyio.current_time() - self._began)


class Entrance:
    """The places of one process, for ordinary requests and for hand-offs."""

    def __init__(self, settings: Settings) -> None:
        self.ordinary = Places(settings.requests_at_once, settings.request_queue)
        self.handoffs = Places(settings.handoff_threads, settings.request_queue)

    @property
    def waiting(self) -> int:
        """How many requests wait for a thread."""
        return self.ordinary.waiting + self.handoffs.waiting


class Admission:
    """Lets requests in as places get free."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app, self._entrance = app, entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app while a place is held, or answer 503."""
        if scope["type"] != ScopeType.HTTP or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        is_handoff = scope["method"] == "POST" and HANDOFFS.fullmatch(scope["path"]) is not None
        places = self._entrance.handoffs if is_handoff else self._entrance.ordinary
        place = places.one()
        has_asked = is_held = False

        async def hold() -> None:
            nonlocal has_asked, is_held
            has_asked = True
            await place.__aenter__()
            is_held = True

        async def read() -> Message:
            message = await receive()
            if not has_asked and message["type"] == "http.request" and not message.get("more_body"):
                await hold()
            return message  # type: ignore[return-value]

        try:
            try:
                places.refuse_if_full()
                if scope["method"] in WITHOUT_BODY or not has_body(scope):
                    await hold()
            except Overloaded as error:
                await _refuse(error, send)
                return
            await self._app(scope, read, send)  # type: ignore[arg-type]
        finally:
            if is_held:
                await place.__aexit__()


def threads_for(settings: Settings) -> RequestThreads:
    """Return the threads that handlers run on: one for each place, so that no request waits for one."""
    return RequestThreads(settings.requests_at_once + settings.handoff_threads + _OTHER_THREADS)


async def _refuse(error: Overloaded, send: Send) -> None:
    headers, body = problem(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", str(error))
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
