"""Render pages: one layout, the reader's session, and a policy under which nothing inline and nothing foreign runs."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import jinja2
from litestar import MediaType, Request, Response
from litestar.response import Redirect

from serving.console import asset_files
from serving.console.queue.phrases import actor_name
from serving.console.words import in_reading_order, when
from serving.http.auth import session_of
from serving.http.code_marks import code
from serving.keys.api_keys import Scope

HEADERS = {
    # Scripts, styles and forms of this service only: whatever a customer wrote, it cannot run here.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",  # a browser names the origin of a form only where it may name the referrer
}
MENU = (
    ("overview", "/", "Overview"),
    ("queue", "/queue", "Queue"),
    ("articles", "/articles", "Articles"),
    ("reports", "/reports", "Reports"),
    ("models", "/models", "Models"),
    ("settings", "/settings", "Settings"),
)
_DONE = "done"


class Page:
    """The next page of a session."""

    def __init__(self, request: "Request[Any, Any, Any]", at: datetime) -> None:
        self._request, self.at = request, at
        self.session = session_of(request)

    @property
    def is_admin(self) -> bool:
        """Whether the reader may change settings and models."""
        return self.session.caller.scope is Scope.ADMIN

    def show(
        self,
        template: str,
        *,
        messages: Mapping[str, str] | None = None,
        status: int = 200,
        **values: object,
    ) -> Response[str]:
        """Render a template of a room, such as `queue/list.html`.

        Parameters
        ----------
        template
            Its name; the part before the slash is the entry of the menu that is marked.
        messages
            Sentences by the word that a redirect put into `?done=`: what was done is said once, on the next page.
        status
            Of the response.
        **values
            What the template names, beside the session's own: `caller`, `is_admin`, `form_token`, `at`.

        Returns
        -------
        Response
            The page.
        """
        said = (messages or {}).get(self._request.query_params.get(_DONE, ""))
        return rendered(
            template,
            status,
            caller=self.session.caller,
            is_admin=self.is_admin,
            form_token=self.session.form_token,
            room=template.partition("/")[0],
            desk_brand=self._request.app.state.context.settings.brand,
            done=said,
            at=self.at,
            **values,
        )

    def after(self, path: str, done: str | None = None) -> Redirect:
        """Return to a page after a form, so that reloading sends nothing twice; `done` names what it then says."""
        mark = "&" if "?" in path else "?"
        return Redirect(f"{path}{mark}{_DONE}={done}" if done else path, status_code=303)


def page_of(request: "Request[Any, Any, Any]") -> Page:
    """Return the page of a request; the dependency `page`."""
    return Page(request, request.app.state.context.clock.now())


def rendered(template: str, status: int = 200, **values: object) -> Response[str]:
    """Render a template for somebody who may not be signed in."""
    page = _environment().get_template(template).render(**{"menu": MENU, "desk_brand": ""} | values)
    return Response(page, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("serving.console", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=in_reading_order,
    )
    environment.globals["asset"] = asset_files.address
    environment.filters |= {"when": when, "code": code, "actor": actor_name}
    return environment
