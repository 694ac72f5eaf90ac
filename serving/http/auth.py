"""Authentication: who calls, and what the key's scope allows."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

import anyio.to_thread
from litestar.connection import ASGIConnection, Request
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import HeaderParameter
from litestar.types import ASGIApp, Guard

from serving.changes.edit import LONGEST_REASON, Edit
from serving.clock import Clock
from serving.http.errors import (
    FormNotProven,
    HostNotServed,
    KeyMissing,
    KeyNotKnown,
    OriginNotAllowed,
    ScopeTooNarrow,
    SignInNeeded,
)
from serving.http.rate_limits import RateLimiter
from serving.keys.api_keys import SAME_ORIGIN, Caller, KeyStore, Scope
from serving.keys.console_sessions import ConsoleSession, ConsoleSessions

PUBLIC = {"public": True}  # the opt of a route that needs no key
CONSOLE = {"console": True}  # the opt of a page of the console: its caller is known by a cookie
COOKIE = "firstline_console"
_SESSION = "console_session"
Reason = Annotated[
    str | None,
    HeaderParameter(
        name="Change-Reason",
        description="Why, for the change log (`GET /v1/audit`)",
        required=False,
        max_length=LONGEST_REASON,
    ),
]
_CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})


class Authentication(AbstractAuthenticationMiddleware):
    """Finds the caller of every route that is not public: by the bearer key, or on the console by the cookie."""

    def __init__(
        self, app: ASGIApp, keys: KeyStore, sessions: ConsoleSessions, limiter: RateLimiter, clock: Clock
    ) -> None:
        # OPTIONS too: the guards ask for a caller, and preflights of known origins are answered before.
        super().__init__(app, exclude_from_auth_key="public", exclude=["^/schema"], exclude_http_methods=[])
        self._keys, self._limiter, self._one_at_a_time = keys, limiter, anyio.CapacityLimiter(1)
        self._sessions, self._clock = sessions, clock

    async def authenticate_request(self, connection: "ASGIConnection") -> AuthenticationResult:  # type: ignore[type-arg]
        """Return the caller.

        Raises `KeyMissing`: no bearer key was sent. Raises `KeyNotKnown`: the key does not exist or was revoked.
        Raises `DatabaseUnavailable`: nobody can tell now. Raises `OriginNotAllowed`: a publishable key was sent from
        another page than it was made for. Raises `QuotaExceeded`: too many keys of this address were not known.
        Raises `SignInNeeded` or `FormNotProven`: on the console.
        """
        if connection.route_handler.opt.get("console"):
            return await self._signed_in(connection)
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise KeyMissing
        caller = self._keys.find(key.strip())
        if caller is None:
            await self._limiter.unproven(connection.scope, self._one_at_a_time)
            # One at a time: who guesses keys keeps no thread and no connection from others.
            caller = await anyio.to_thread.run_sync(self._keys.look_up, key.strip(), limiter=self._one_at_a_time)
        if caller is None:
            raise KeyNotKnown
        if caller.is_publishable:
            caller = replace(caller, origin=_origin_of(caller, connection))
        return AuthenticationResult(user=caller.key_id, auth=caller)

    async def _signed_in(self, connection: "ASGIConnection") -> AuthenticationResult:  # type: ignore[type-arg]
        token = connection.cookies.get(COOKIE)
        if not token:
            raise SignInNeeded
        session = await anyio.to_thread.run_sync(self._sessions.find, token, self._clock.now())
        if session is None:
            await self._limiter.unproven(connection.scope, self._one_at_a_time)
            raise SignInNeeded
        if str(connection.scope.get("method")) not in _CHANGES_NOTHING and not is_from_here(connection):
            raise FormNotProven
        connection.scope["state"][_SESSION] = session
        return AuthenticationResult(user=session.caller.key_id, auth=session.caller)


def allows(*scopes: Scope) -> Guard:
    """Return a guard that lets these scopes pass, and admin; `async`, as Litestar calls a plain one on a thread."""
    allowed = {*scopes, Scope.ADMIN}

    async def guard(connection: "ASGIConnection", _: BaseRouteHandler) -> None:  # type: ignore[type-arg]
        caller: Caller = connection.auth
        if caller.scope not in allowed:
            raise ScopeTooNarrow(caller.scope, sorted(allowed))

    return guard


def caller_of(request: Request) -> Caller:  # type: ignore[type-arg]
    """Return who calls; the dependency `caller`."""
    caller: Caller = request.auth
    return caller


def edit_of(caller: NamedDependency[Caller], clock: NamedDependency[Clock], reason: Reason = None) -> Edit:
    """Return the circumstances of a change; the dependency `edit`."""
    because = _as_written(reason.strip()) if reason else None
    return Edit(at=clock.now(), by=caller.name or caller.key_id, key_id=caller.key_id, because=because or None)


def _as_written(header: str) -> str:
    """Return a header's UTF-8, which HTTP hands over byte by byte as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def session_of(request: Request) -> ConsoleSession:  # type: ignore[type-arg]
    """Return the session of a page of the console."""
    session: ConsoleSession = request.scope["state"][_SESSION]
    return session


def is_from_here(connection: "ASGIConnection") -> bool:  # type: ignore[type-arg]
    """Tell whether a form was sent by a page of this very service; every browser of today says so."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = connection.headers.get("origin")
    return origin is not None and _host_of(origin) == connection.headers.get("host", "").lower()


def _origin_of(caller: Caller, connection: "ASGIConnection") -> str:  # type: ignore[type-arg]
    """Return the origin of the page that calls, if the key allows it.

    Raises `OriginNotAllowed`: it does not. A browser names no origin when a page reads from its own, but says so.
    """
    origin, host = connection.headers.get("origin"), connection.headers.get("host", "").lower()
    bound = [each for each in caller.origins if each != SAME_ORIGIN]
    if origin in bound:
        return str(origin)
    if origin is None and connection.headers.get("sec-fetch-site") == "same-origin":
        here = next((each for each in bound if _host_of(each) == host), None)
        if here is not None:
            return here
        origin = f"{connection.url.scheme}://{host}"
    is_here = origin is not None and _host_of(origin) == host and _is_own(host, connection)
    if host and SAME_ORIGIN in caller.origins and is_here:
        return f"{SAME_ORIGIN} {host}"
    raise OriginNotAllowed(origin)


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # a caller may write anything there
        return None


async def own_host(connection: "ASGIConnection", _: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Let a page be opened only under a name of this service; a guard.

    Raises `HostNotServed`: it was opened under another name.
    """
    host = connection.headers.get("host", "")
    if not _is_own(host, connection):
        raise HostNotServed(host, sorted(_served(connection)))


def _is_own(host: str, connection: "ASGIConnection") -> bool:  # type: ignore[type-arg]
    try:
        return urlsplit(f"//{host}").hostname in _served(connection)
    except ValueError:  # brackets that are never closed
        return False


def _served(connection: "ASGIConnection") -> frozenset[str]:  # type: ignore[type-arg]
    hosts: frozenset[str] = connection.app.state.context.settings.demo_hosts
    return hosts
