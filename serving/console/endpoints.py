"""Signing in and out, the console's own files, and the stream that tells pages of changes."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio.to_thread
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Stream

from serving.console import asset_files
from serving.console.controller import SHOWN, ConsoleController, reads
from serving.console.forms import URL_ENCODED, Form
from serving.console.live import Changes
from serving.console.page import Page, rendered
from serving.context import Context
from serving.errors import NotFound
from serving.http.auth import COOKIE, PUBLIC, is_from_here
from serving.http.errors import FormNotProven
from serving.http.rate_limits import RateLimiter
from serving.http.server.admission import LIVE
from serving.keys.api_keys import Caller
from serving.keys.console_sessions import LASTS
from serving.settings import Settings

_ONE = anyio.CapacityLimiter(1)  # who guesses keys keeps no thread from others
_LONGEST = 200  # letters of an address to return to
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

Next = Annotated[str, QueryParameter(name="next", description="Where to go then")]


class SignInController(Controller):
    """The page where a browser signs in."""

    path = "/sign-in"
    opt = PUBLIC | {"media_types": (URL_ENCODED,)}
    include_in_schema = False
    exception_handlers = SHOWN

    @reads(sync_to_thread=False)
    def page(self, settings: NamedDependency[Settings], next_: Next = "/") -> Response[str]:
        """Show the form."""
        return rendered("pages/sign_in.html", next=_inside(next_), refused=False, desk_brand=settings.brand)

    @post(status_code=303)
    async def sign_in(
        self,
        request: Request[Any, Any, Any],
        context: NamedDependency[Context],
        limiter: NamedDependency[RateLimiter],
    ) -> Response[Any]:
        """Begin a session, or show the form again."""
        if not is_from_here(request):  # another site could sign a browser in to its own account
            raise FormNotProven
        form = Form.read(await request.body())
        at, key = context.clock.now(), form.text("key")
        session = await anyio.to_thread.run_sync(context.sessions.begin, key, at, limiter=_ONE) if key else None
        to = _inside(form.text("next", "/"))
        if session is None:
            await limiter.unproven(request.scope, _ONE)
            return rendered("pages/sign_in.html", 401, next=to, refused=True, desk_brand=context.settings.brand)
        return Redirect(to, status_code=303, cookies=[_cookie(request, session.token, int(LASTS.total_seconds()))])


class SignOutController(ConsoleController):
    """Where a session ends."""

    path = "/sign-out"

    @post(status_code=303)
    async def sign_out(
        self,
        request: Request[Any, Any, Any],
        page: NamedDependency[Page],
        form: NamedDependency[Form],  # noqa: ARG002 (it proves where it came from)
        context: NamedDependency[Context],
    ) -> Redirect:
        """End the session here and in the browser."""
        await anyio.to_thread.run_sync(context.sessions.end, page.session.token)
        return Redirect("/sign-in", status_code=303, cookies=[_cookie(request, "", 0)])


class LiveController(ConsoleController):
    """The stream of changes."""

    path = LIVE

    @get()
    async def stream(self, changes: NamedDependency[Changes], caller: NamedDependency[Caller]) -> Stream:
        """Stream an event after each change."""
        changes.refuse_if_full(caller.key_id)
        return Stream(
            changes.stream(caller.key_id), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )


class AssetController(Controller):
    """Style sheet, script and icon."""

    path = "/console"
    opt = PUBLIC
    include_in_schema = False

    @reads("/{name:str}", sync_to_thread=False)
    def file(self, name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return a file."""
        if name not in asset_files.KINDS:
            raise NotFound("file", name)
        return asset_files.file(name).response(request, asset_files.KINDS[name], FOR_EVER)


def _cookie(request: "Request[Any, Any, Any]", token: str, seconds: int) -> Cookie:
    """Return the session's cookie; over TLS, also behind a proxy that says so, it never leaves TLS."""
    secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    return Cookie(key=COOKIE, value=token, max_age=seconds, path="/", httponly=True, secure=secure, samesite="lax")


def _inside(path: str) -> str:
    """Return a path of this service; anything else is the first page."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    outside = parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//") or "\\" in path
    return "/" if outside or len(path) > _LONGEST or not path.isprintable() else path
