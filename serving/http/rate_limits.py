"""Rate limits: how much a visitor, an address and a key may ask for, and how often an address may fail to prove itself.

Litestar's own limiter (2.25) was tried. It reads and writes its store in two steps under a lock of one process: of 600
parallel requests on a limit of 100, two apps with one file store let 184 pass. No store of it is a database. It counts
no bytes, cannot count several limits together or none, and writes the headers of an older draft. This one counts in
`serving.storage.rate_counters`.

The headers are those of draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` has the quota `q` and window `w` in
seconds of each limit, `RateLimit` what remains `r` and for how long `t`. A refused request counts for nothing, so a
visitor who is over a limit takes nothing from the other visitors of the same address and key.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from serving.clock import Clock
from serving.configuration.values import Network
from serving.http.body_guard import replay
from serving.http.client_address import client_of
from serving.http.errors import QuotaExceeded
from serving.http.rate_limit_rules import RateLimit, Rules, What, Whom
from serving.keys.api_keys import Caller
from serving.keys.api_keys import Scope as KeyScope
from serving.storage.rate_counters import Charge, Counters, MemoryCounters, Standing
from serving.telemetry import Telemetry

HEADERS = "rate_limit_headers"  # where the scope's state has them, until the answer is sent

_BY_ENDING = {"outcome": What.OUTCOMES, "ticket": What.TICKETS, "suggestions": What.SUGGESTIONS}
_ASKING = "/v1/deflections"
_BODILESS = {"GET", "HEAD", "OPTIONS"}


class _Named(msgspec.Struct):
    """The name that a page gives its visitor, in a body that has not been checked yet."""

    visitor: Any = None


class RateLimiter:
    """Counts what a request uses and refuses it when that is too much."""

    def __init__(
        self, rules: Rules, proxies: Sequence[Network], counters: Counters, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._rules, self._proxies, self._counters, self._clock = rules, proxies, counters, clock
        self._telemetry, self._warned = telemetry, False

    async def request(self, scope: Scope, caller: Caller, body: bytes) -> None:
        """Count a request and its bytes.

        Raises `QuotaExceeded`: a limit does not allow it.
        """
        counted = (_what(scope), What.BYTES)
        subjects = _secret(caller) if caller.scope is not KeyScope.WIDGET else self._publishable(scope, caller, body)
        amounts = dict(zip(counted, (1, len(body)), strict=True))
        rules = [rule for rule in self._rules if rule.whom in subjects and amounts.get(rule.what)]
        if rules:
            await self._charge(scope, [(rule, subjects[rule.whom], amounts[rule.what]) for rule in rules])

    async def unproven(self, scope: Scope, threads: anyio.CapacityLimiter | None = None) -> None:
        """Count a key that is not known here, or a delivery whose sender is not proven.

        On one of these threads, if given: those who guess must not occupy all others. Raises `QuotaExceeded`: its
        address has sent too many.
        """
        rules = [rule for rule in self._rules if rule.what is What.SIGN_IN]
        if rules:
            await self._charge(scope, [(rule, self._address(scope), 1) for rule in rules], threads)

    async def _charge(
        self, scope: Scope, used: list[tuple[RateLimit, str, int]], threads: anyio.CapacityLimiter | None = None
    ) -> None:
        charges = [Charge(f"{rule.name} {subject}", amount, rule.quota, rule.window) for rule, subject, amount in used]
        at = self._clock.now()
        if isinstance(self._counters, MemoryCounters):
            standings = self._counters.charge(charges, at)
        else:
            standings = await anyio.to_thread.run_sync(self._counters.charge, charges, at, limiter=threads)
        rules = [rule for rule, _, _ in used]
        scope["state"][HEADERS] = list(_headers(rules, standings, at))
        over = [(rule, each) for rule, each in zip(rules, standings, strict=True) if each.exceeded]
        if over:
            raise QuotaExceeded([rule.name for rule, _ in over], max(_seconds(each, at) for _, each in over))

    def _publishable(self, scope: Scope, caller: Caller, body: bytes) -> dict[Whom, str]:
        address = self._address(scope)
        subjects = {Whom.ADDRESS: address, Whom.KEY: caller.key_id}
        name = _visitor(body)  # pages may call many people `guest`: then they are at least at different addresses
        return subjects | {Whom.VISITOR: f"{caller.key_id} {address} {name}"} if name else subjects

    def _address(self, scope: Scope) -> str:
        client = scope.get("client")
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
        if forwarded and not self._proxies and not self._warned:  # all who come by this proxy count as one
            self._warned = True
            self._telemetry.event("proxy.not_trusted", setting="FIRSTLINE_TRUSTED_PROXIES")
        return client_of(client[0] if client else None, forwarded, self._proxies)


class RateLimits:
    """The middleware: behind the body guard, which hands the body on whole, and before anything is stored."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, then run the app.

        Raises `QuotaExceeded`: a limit does not allow it.
        """
        if scope["type"] == ScopeType.HTTP and scope.get("auth"):
            body = b""
            if scope["method"] not in _BODILESS:
                message = await receive()
                body = message.get("body", b"")  # type: ignore[assignment]
                receive = replay(body, receive)
            await self._limiter.request(scope, scope["auth"], body)
        await self._app(scope, receive, send)


def _what(scope: Scope) -> What:
    path = str(scope.get("path_template") or scope["path"]).rstrip("/")
    if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
        if path == _ASKING:
            return What.QUESTIONS
        if path.startswith(_ASKING):
            return _BY_ENDING.get(path.rpartition("/")[2], What.REQUESTS)
    return What.REQUESTS


def _secret(caller: Caller) -> dict[Whom, str]:
    return {Whom.SECRET_KEY: caller.key_id}


def _visitor(body: bytes) -> str | None:
    if b'"visitor"' not in body:
        return None
    try:
        name = msgspec.json.decode(body, type=_Named).visitor
    except (msgspec.DecodeError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def _headers(rules: Sequence[RateLimit], standings: Sequence[Standing], at: datetime) -> Iterator[tuple[bytes, bytes]]:
    policies, left = [], []
    for rule, each in zip(rules, standings, strict=True):
        unit = ';qu="content-bytes"' if rule.what is What.BYTES else ""
        policies.append(f'"{rule.name}";q={rule.quota};w={int(rule.window.total_seconds())}{unit}')
        left.append(f'"{rule.name}";r={each.remaining};t={_seconds(each, at)}')
    yield b"ratelimit-policy", ", ".join(policies).encode()
    yield b"ratelimit", ", ".join(left).encode()


def _seconds(standing: Standing, at: datetime) -> int:
    return max(1, ceil((standing.ends_at - at).total_seconds()))
