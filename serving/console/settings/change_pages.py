"""`/settings/changes`: the change log, with what differs and the way back; for admins."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.change_log.log import KINDS, ChangeLog
from serving.change_log.schemas import change_out, changes_csv
from serving.changes.edit import Edit
from serving.changes.errors import NewerChange, NoWayBack
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form, why
from serving.console.page import Page
from serving.http.auth import allows
from serving.http.spreadsheets.answering import csv_response
from serving.keys.api_keys import Scope

MESSAGES = {"undone": "It is as it was before that change. This is a change of its own, on top of the list."}
_PAGE, _EXPORTED = 50, 10_000


class ChangePages(ConsoleController):
    """The change log."""

    path = "/settings/changes"
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012 (Litestar reads it from the class)

    @reads(sync_to_thread=True)
    def changes(
        self, page: NamedDependency[Page], change_log: NamedDependency[ChangeLog], request: Request[Any, Any, Any]
    ) -> Response[str]:
        """List changes, newest first."""
        kind, subject = _asked(request)
        before = request.query_params.get("before") or None
        found = change_log.page(kind=kind, subject=subject, before=before, most=_PAGE)
        older = found[-1].id if len(found) == _PAGE else None
        return page.show(
            "settings/changes.html",
            messages=MESSAGES,
            changes=found,
            kinds=KINDS,
            kind=kind,
            subject=subject,
            older=older,
        )

    @reads("/export.csv", sync_to_thread=True)
    def export(self, change_log: NamedDependency[ChangeLog], request: Request[Any, Any, Any]) -> Response[Any]:
        """Return the newest changes as a file."""
        kind, subject = _asked(request)
        found = change_log.page(kind=kind, subject=subject, before=None, most=_EXPORTED)
        return csv_response(changes_csv([change_out(each) for each in found]), "changes")

    @reads("/{change_id:str}", sync_to_thread=True)
    def change(
        self, change_id: FromPath[str], page: NamedDependency[Page], change_log: NamedDependency[ChangeLog]
    ) -> Response[str]:
        """Show one change, what differs, and what taking it back would do."""
        return _shown(page, change_log, change_id)

    @post("/{change_id:str}/undo", sync_to_thread=True, status_code=303)
    def undo(
        self,
        change_id: FromPath[str],
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        change_log: NamedDependency[ChangeLog],
        edit: NamedDependency[Edit],
    ) -> Response[Any]:
        """Take a change back."""
        try:
            change_log.undo(change_id, why(edit, form), force=form.has("force"))
        except (NewerChange, NoWayBack) as refused:
            return _shown(page, change_log, change_id, problem=str(refused), status=409)
        return page.after("/settings/changes", "undone")


def _asked(request: Request[Any, Any, Any]) -> tuple[str | None, str | None]:
    """Return of which kind, and of what, changes are asked for."""
    kind = request.query_params.get("kind")
    return kind if kind in KINDS else None, request.query_params.get("subject") or None


def _shown(
    page: Page, change_log: ChangeLog, change_id: str, problem: str | None = None, status: int = 200
) -> Response[str]:
    change = change_log.find(change_id)
    undoing = None if change.way_back else change_log.undoing(change)
    return page.show(
        "settings/change.html",
        status=status,
        change=change,
        marked=_marked(change.difference),
        undoing=undoing,
        undone=_marked(undoing.difference if undoing else None),
        problem=problem,
    )


def _marked(difference: str | None) -> list[tuple[str, str]]:
    """Return the lines of a diff, each with what it is: the two lines of its head are left out."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], "same"), line) for line in (difference or "").splitlines()[2:]]
