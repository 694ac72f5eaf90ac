"""Overload: a request that would wait too long is refused at once, and hand-offs have threads of their own.

The event loop takes requests faster than threads answer them. Without a bound each request waits behind all others,
until every caller has given up before its answer. So as many requests are worked on at once as there are threads, some
more wait, and the next ones get 503 with Retry-After before their bodies are read. New tickets and inbound webhooks are
hand-offs: a customer needs a person, or a helpdesk would have to send again. Hand-offs wait only for each other.

A request counts from the end of its body to its answer. So those who send or read slowly, and those whose body is
thrown away after the answer, hold a connection and no place here.
"""

import re
from collections import deque
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
    """Places for requests at work, and a queue for them: bounded in number, and in how long one waits in it.

    Brands that wait get places in turn, and each may fill an equal part of the queue. So a flood for one of them
    neither takes the queue from another nor keeps it waiting for long.
    """

    def __init__(self, threads: int, queue: int) -> None:
        self._free, self._queue = threads, queue
        self._threads, self._held = threads, 0.0
        self._lines: dict[str, deque[anyio.Event]] = {}  # of brands that wait, whose turn is next first

    def refuse_if_full(self, brand: str = "") -> None:
        """Raise `Overloaded` where a brand's part of the queue is full, or as long as it would wait too long in it.

        A free place is always given, so an estimate that was too high is soon corrected.
        """
        own, brands = len(self._lines.get(brand, ())), len(self._lines.keys() | {brand})
        expected = (own + 1) * brands * self._held / self._threads
        if not self._free and (own >= self._queue / brands or expected > _EXPECTED):
            raise Overloaded

    @property
    def waiting(self) -> int:
        """How many requests wait for a place."""
        return sum(map(len, self._lines.values()))

    def one(self, brand: str = "") -> "Place":
        """Return a place for a request of a brand, to be held by `async with`."""
        return Place(self, brand)

    async def take(self, brand: str) -> None:
        """Take a place.

        Raises `Overloaded`: the queue is full, or no place got free in time.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(brand)

    def give_back(self, seconds: float) -> None:
        """Give a place back that was held for so long."""
        self._held += _WEIGHT * (seconds - self._held)
        self._pass_on()

    def _pass_on(self) -> None:
        """Let the first in the line of the next brand have a place that got free."""
        if not self._lines:
            self._free += 1
            return
        brand, line = next(iter(self._lines.items()))
        del self._lines[brand]
        line.popleft().set()
        if line:
            self._lines[brand] = line

    async def _wait(self, brand: str) -> None:
        self.refuse_if_full(brand)
        turn = anyio.Event()
        self._lines.setdefault(brand, deque()).append(turn)
        try:
            with anyio.fail_after(_WAIT):
                await turn.wait()
        except BaseException as error:
            self._leave(brand, turn)
            if isinstance(error, TimeoutError):
                raise Overloaded from None
            raise

    def _leave(self, brand: str, turn: anyio.Event) -> None:
        """Leave a line; a place that came in the same moment is for the next."""
        if turn.is_set():
            self._pass_on()
            return
        line = self._lines[brand]
        line.remove(turn)
        if not line:
            del self._lines[brand]


class Place:
    """A place for one request: a class, as a generator that is a context costs each request several times as much."""

    def __init__(self, places: Places, brand: str) -> None:
        self._places, self._brand = places, brand
        self._held_since: float | None = None

    async def take(self) -> None:
        """Wait for it; raises `Overloaded`."""
        await self._places.take(self._brand)
        self._held_since = anyio.current_time()

    def give_back(self) -> None:
        """Give it back where it is held."""
        if self._held_since is not None:
            self._places.give_back(anyio.current_time() - self._held_since)
            self._held_since = None

    async def __aenter__(self) -> None:
        await self.take()

    async def __aexit__(self, *_: object) -> None:
        self.give_back()


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

    def __init__(self, app: ASGIApp, entrance: Entrance, brand: str = "") -> None:
        self._app, self._entrance, self._brand = app, entrance, brand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app while a place is held, or answer 503."""
        if scope["type"] != ScopeType.HTTP or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        is_handoff = scope["method"] == "POST" and HANDOFFS.fullmatch(scope["path"]) is not None
        places = self._entrance.handoffs if is_handoff else self._entrance.ordinary
        place = places.one(self._brand)
        has_asked = False

        async def read() -> Message:
            nonlocal has_asked
            message = await receive()
            if not has_asked and message["type"] == "http.request" and not message.get("more_body"):
                has_asked = True
                await place.take()
            return message  # type: ignore[return-value]

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                place.give_back()
            await send(message)

        try:
            places.refuse_if_full(self._brand)
            if scope["method"] in WITHOUT_BODY or not has_body(scope):
                has_asked = True
                await place.take()
        except Overloaded as error:
            await _refuse(error, send)
            return
        try:
            await self._app(scope, read, answer)  # type: ignore[arg-type]
        finally:
            place.give_back()


def threads_for(settings: Settings) -> RequestThreads:
    """Return the threads that handlers run on: one for each place, so that no request waits for one."""
    return RequestThreads(settings.requests_at_once + settings.handoff_threads + _OTHER_THREADS)


async def _refuse(error: Overloaded, send: Send) -> None:
    headers, body = problem(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", str(error))
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
