"""`/settings/keys`: make and revoke keys; for admins."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from serving.changes.edit import Edit
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form, why
from serving.console.page import Page
from serving.context import Context
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import allows
from serving.keys.api_keys import Scope
from serving.keys.new_key import NewKey, create

SCOPES = {
    Scope.AGENT: "agents and helpdesks: tickets, articles, reports, this console",
    Scope.TAG: "programs that only ask for tags",
    Scope.WIDGET: "pages of a website; everybody may read it",
    Scope.ADMIN: "everything: keys, webhooks, models, erasure",
}
MESSAGES = {"revoked": "The key is revoked. Requests that show it are refused from now on."}
_ORDER = list(SCOPES)


class KeyPages(ConsoleController):
    """API keys."""

    path = "/settings/keys"
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012 (Litestar reads it from the class)

    @reads(sync_to_thread=True)
    def keys(self, page: NamedDependency[Page], context: NamedDependency[Context]) -> Response[str]:
        """List the keys, without their secrets."""
        return _shown(page, context)

    @post(sync_to_thread=True, status_code=200)
    def create(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        context: NamedDependency[Context],
        edit: NamedDependency[Edit],
    ) -> Response[str]:
        """Make a key and show its secret, this once."""
        given = {"scope": form.text("scope"), "name": form.text("name"), "origins": form.text("origins")}
        try:
            scope = Scope(given["scope"])
        except ValueError:
            return _shown(page, context, given=given, errors=[FieldError("scope", "Choose what the key may do.")])
        try:
            made = create(context.keys, context.secret, scope, given["name"], given["origins"].split(), why(edit, form))
        except InvalidRequest as refused:
            return _shown(page, context, given=given, errors=refused.errors)
        context.telemetry.event("key.created", key=made.id, scope=scope.value, by=page.session.caller.key_id)
        return _shown(page, context, made=made)

    @post("/{key_id:str}/revoke", sync_to_thread=True, status_code=303)
    def revoke(
        self,
        key_id: FromPath[str],
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        edit: NamedDependency[Edit],
        context: NamedDependency[Context],
    ) -> Redirect:
        """End a key."""
        context.keys.revoke(key_id, at=edit.at, edit=why(edit, form))
        context.telemetry.event("key.revoked", key=key_id, by=page.session.caller.key_id)
        return page.after("/settings/keys", "revoked")


def _shown(page: Page, context: Context, made: NewKey | None = None, **form: Any) -> Response[str]:  # noqa: ANN401
    found = sorted(context.keys.list(), key=lambda each: (each.revoked_at is not None, _ORDER.index(Scope(each.scope))))
    values = {"given": {"scope": "agent", "name": "", "origins": ""}, "errors": []} | form
    problems = dict.fromkeys(values["given"], "") | {each.field: each.message for each in values["errors"]}
    return page.show(
        "settings/keys.html",
        messages=MESSAGES,
        status=400 if values["errors"] else 200,
        keys=found,
        scopes=SCOPES,
        made=made,
        given=values["given"],
        problems=problems,
    )
