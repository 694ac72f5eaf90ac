"""One app for each brand behind one port, and the rule by which a request finds its brand.

1. `/brands/NAME/…` names the brand; the app sees the rest of the path.
2. The host names it, where a brand's `brand.toml` has this host.
3. Elsewhere the key names it: the bearer key by its id, a session of the console by its cookie, and a browser that asks
   whether it may send a publishable key by its origin.
4. What names no brand is for the deployment's own home.

What the address says is never overruled by a key: each app knows only its own keys. So a mistake here can make a
request fail, and cannot show a brand's data to another.
"""

from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from serving.app import create_app
from serving.brands.running import Brands
from serving.clock import Clock
from serving.configuration.brand_folders import FOLDER
from serving.context import Context
from serving.http.auth import COOKIE
from serving.http.server.refusals import problem
from serving.http.server.unread_bodies import UnreadBodies
from serving.keys.api_keys import id_of
from serving.keys.console_sessions import ConsoleSessions, brand_of
from serving.peers.crew import Crew
from serving.settings import Settings

_PREFIX = f"/{FOLDER}/"


class Deployment:
    """The app of a process: the deployment's own home, and its brands."""

    def __init__(self, settings: Settings, clock: Clock, crew: Crew | None = None) -> None:
        self.own = create_app(settings, clock=clock, crew=crew)
        self.brands = Brands(self.own)
        self.own.on_startup.append(self.brands.start)
        self.own.on_shutdown.append(self.brands.stop)
        self.own.state.context.sessions.elsewhere = self._sessions_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app of the request's brand answer it."""
        if scope["type"] != ScopeType.HTTP:
            await self.own(scope, receive, send)
            return
        app = self._app_for(scope)
        await app(scope, receive, send)

    def leave(self) -> None:
        """Be ready no more: this process is about to end."""
        for app in (self.own, *(each.app for each in self.brands.serving.values())):
            app.state.probes.leave()

    def _app_for(self, scope: Scope) -> ASGIApp:
        """Return the app of the brand that the request names; the prefix is taken from its path."""
        path = scope["path"]
        if not (self.brands.serving or self.brands.refused or path.startswith(_PREFIX)):
            return self.own
        name = self._brand_of_host(_host_of(scope))
        if path.startswith(_PREFIX):
            of_host = name
            name, _, rest = path.removeprefix(_PREFIX).partition("/")
            if not (name in self.brands.serving or name in self.brands.refused) or of_host not in {"", name}:
                return _Refusal(HTTPStatus.NOT_FOUND, "not-found", "There is no such brand at this address.")
            scope["path"] = f"/{rest}"
        if not name:
            return self._by_key(scope)
        return _other_brand() if self._has_key_of_another(scope, name) else self._app_of(name)

    def _brand_of_host(self, host: str | None) -> str:
        """Return the brand that a host names, even one that does not serve now; empty: none."""
        serving = (name for name, each in self.brands.serving.items() if host in each.hosts)
        refused = (name for name, each in self.brands.refused.items() if host in each.hosts)
        return next(serving, next(refused, ""))

    def _has_key_of_another(self, scope: Scope, name: str) -> bool:
        """Tell what the app would only call an unknown key."""
        key, running = _key_of(scope), self.brands.serving.get(name)
        if not key or running is None or running.context.keys.find(key):
            return False
        return any(each.keys.find(key) for each in self._contexts())

    def _by_key(self, scope: Scope) -> ASGIApp:
        if key := _key_of(scope):
            having = [each for each in self._contexts() if each.keys.holder(id_of(key))]
            if len(having) > 1:  # one home is a copy of the other
                words = "Several brands have this key: name one by its host, or by /brands/NAME/ before the path."
                return _Refusal(HTTPStatus.CONFLICT, "brand-not-clear", words)
            if not having and self.brands.refused:
                return _not_ready("No brand that serves knows this key, and one does not serve at this moment.")
            return self._app_of(having[0].settings.brand) if having else self.own
        if scope.get("method") == "OPTIONS":
            origin = _header(scope, b"origin")
            asked = (each for each in self._contexts() if origin in each.keys.origins())
            return self._app_of(next((each.settings.brand for each in asked), ""))
        return self._app_of(brand_of(_cookie_of(scope)))

    def _app_of(self, brand: str) -> ASGIApp:
        running = self.brands.serving.get(brand)
        if brand in self.brands.refused or (running is not None and running.is_leaving):
            return _not_ready(f"The brand {brand} does not serve at this moment.")
        return running or self.own

    def _contexts(self) -> list[Context]:
        return [self.own.state.context, *(each.context for each in self.brands.serving.values())]

    def _sessions_of(self, key: str) -> ConsoleSessions | None:
        """Return where a key of a brand signs in to the console, when it does so at an address that names no brand."""
        having = [each.context for each in self.brands.serving.values() if each.context.keys.find(key)]
        return having[0].sessions if len(having) == 1 else None


def _other_brand() -> "_Refusal":
    return _Refusal(HTTPStatus.FORBIDDEN, "other-brand", "This key belongs to another brand than the address.")


class _Refusal:
    """Answers for a request that has no brand."""

    def __init__(self, status: HTTPStatus, slug: str, detail: str) -> None:
        self._status, (self._headers, self._body) = status, problem(status, slug, detail)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await UnreadBodies(self._answer)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": int(self._status), "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def _not_ready(detail: str) -> _Refusal:
    return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "brand-not-ready", detail)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for each, value in scope["headers"] if each == name), "")


def _host_of(scope: Scope) -> str | None:
    try:
        return (urlsplit(f"//{_header(scope, b'host')}").hostname or "").rstrip(".")
    except ValueError:  # brackets that are never closed
        return None


def _key_of(scope: Scope) -> str:
    scheme, _, key = _header(scope, b"authorization").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _cookie_of(scope: Scope) -> str:
    try:
        found = SimpleCookie(_header(scope, b"cookie")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
