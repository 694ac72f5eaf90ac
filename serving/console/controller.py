"""What every page of the console shares: who may open it, its form, and its page when something is refused."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit

from litestar import Controller, HttpMethod, Request, Response, route
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from serving.console.forms import URL_ENCODED, form_of
from serving.console.page import Page, page_of, rendered
from serving.http import problems
from serving.http.auth import CONSOLE, allows
from serving.http.errors import SignInNeeded
from serving.keys.api_keys import Scope

_READS = (HttpMethod.GET, HttpMethod.HEAD)


def reads(path: str | None = None, **given: Any) -> route:  # noqa: ANN401 (what `route` takes)
    """Declare a page or a file, which a browser gets and a link checker only asks the headers of."""
    return route(path, http_method=_READS, **given)


def _sign_in(request: "Request[Any, Any, Any]", _: Exception) -> Response[Any]:
    """Lead to the form, and from there back to the page that was asked for, or whose form was sent.

    A stream of events just ends: 204 is how its browser is told, which else complains of a page in place of a stream.
    """
    if request.headers.get("accept") == "text/event-stream":
        return Response(None, status_code=204)
    query = request.scope["query_string"].decode("latin-1")
    here = request.scope["path"] + (f"?{query}" if query else "")
    back = here if request.method in _READS else urlsplit(request.headers.get("referer", "")).path
    return Redirect(f"/sign-in?next={quote(back)}" if back.strip("/") else "/sign-in", status_code=303)


def answer_outside(request: "Request[Any, Any, Any]", error: HTTPException) -> Response[Any]:
    """Answer what no route takes: with a page where a browser asks for one, else as the API does."""
    is_page = not request.scope["path"].startswith("/v1/") and "text/html" in request.headers.get("accept", "")
    return _refused(request, error) if is_page else problems.answer_http(request, error)


def _refused(request: "Request[Any, Any, Any]", error: Exception) -> Response[Any]:
    """Show what the API would answer as a page."""
    if isinstance(error, HTTPException):
        problem = problems.answer_http(request, error)
    else:
        problem = problems.answer(request, error)
    content = cast("Mapping[str, object]", problem.content)
    values: dict[str, Any] = {
        "title": content["title"],
        "detail": content["detail"],
        "errors": content.get("errors", []),
    }
    status = problem.status_code or 500
    if "console_session" in request.scope["state"]:
        page = Page(request, request.app.state.context.clock.now())
        shown = page.show("pages/refused.html", status=status, **values)
    else:
        shown = rendered("pages/refused_outside.html", status, **values)
    shown.headers.update(problem.headers)
    return shown


# Of routes that people see in a browser.
SHOWN: ExceptionHandlersMap = {HTTPException: _refused, Exception: _refused}


class ConsoleController(Controller):
    """A room of the console: for agents and admins who have signed in."""

    opt = CONSOLE | {"media_types": (URL_ENCODED,)}
    guards = [allows(Scope.AGENT)]  # noqa: RUF012 (Litestar reads these from the class)
    include_in_schema = False
    dependencies = {  # noqa: RUF012
        "page": Provide(page_of, sync_to_thread=False),
        "form": Provide(form_of),
    }
    exception_handlers = {SignInNeeded: _sign_in, **SHOWN}  # noqa: RUF012
