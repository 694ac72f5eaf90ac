"""`/settings/jobs`: what is still to be done, and what was given up; for admins."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from serving.backlog import store
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.page import Page
from serving.errors import NotFound
from serving.http.auth import allows
from serving.keys.api_keys import Scope
from serving.storage.database import Database

STATES = {"dead": "given up", "waiting": "waiting", "running": "running"}
MESSAGES = {
    "revived": "The job runs again from its first attempt.",
    "dropped": "The job is deleted.",
}
_PAGE = 50


class JobPages(ConsoleController):
    """The job queue."""

    path = "/settings/jobs"
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012 (Litestar reads it from the class)

    @reads(sync_to_thread=True)
    def jobs(
        self, page: NamedDependency[Page], database: NamedDependency[Database], request: Request[Any, Any, Any]
    ) -> Response[str]:
        """List the jobs in a state, newest first."""
        state = request.query_params.get("state", "dead")
        state = state if state in STATES else "dead"
        before = request.query_params.get("before")
        found = database.read(lambda connection: store.page(connection, state, before, _PAGE))
        return page.show(
            "settings/jobs.html",
            messages=MESSAGES,
            jobs=found,
            state=state,
            states=STATES,
            older=found[-1].id if len(found) == _PAGE else None,
        )

    @post("/{job_id:str}/{action:str}", sync_to_thread=True, status_code=303)
    def act(
        self,
        job_id: FromPath[str],
        action: FromPath[str],
        page: NamedDependency[Page],
        form: NamedDependency[Form],  # noqa: ARG002 (it proves where it came from)
        database: NamedDependency[Database],
    ) -> Redirect:
        """Run a dead job again, or delete it."""
        if action == "revive":
            database.write(lambda connection: store.revive(connection, job_id, page.at))
            return page.after("/settings/jobs", "revived")
        if action == "drop":
            database.write(lambda connection: store.drop(connection, job_id))
            return page.after("/settings/jobs", "dropped")
        raise NotFound(kind="action", id=action)
