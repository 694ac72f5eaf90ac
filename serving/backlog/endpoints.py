"""`/v1/jobs`: list, revive and drop jobs."""

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from serving.backlog import store
from serving.backlog.schemas import JobList, JobOut, State, job_out
from serving.clock import Clock
from serving.http.auth import allows
from serving.http.fields import Cursor
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.storage.database import Database

Which = Annotated[
    State, QueryParameter(name="state", description="Waiting, running or dead jobs (dead: the last attempt failed)")
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Jobs on a page")]
Stored = NamedDependency[Database]


class JobController(Controller):
    """Jobs of this service; for admins."""

    path = "/v1/jobs"
    tags = ["jobs"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012

    @get(summary="List jobs", sync_to_thread=True, responses=problem_responses(400, body=False))
    def page(self, database: Stored, which: Which = "dead", cursor: Cursor = None, limit: Limit = 50) -> JobList:
        """List jobs in a state, newest first."""
        found = database.read(lambda connection: store.page(connection, which, cursor, limit))
        following = found[-1].id if len(found) == limit else None
        return JobList(jobs=[job_out(piece) for piece in found], next_cursor=following)

    @get("/{job_id:str}", summary="Read a job", sync_to_thread=True, responses=problem_responses(404))
    def read(self, job_id: FromPath[str], database: Stored) -> JobOut:
        """Return a job; a finished job no longer exists."""
        return job_out(database.read(lambda connection: store.find(connection, job_id)))

    @post(
        "/{job_id:str}/revive",
        summary="Revive a dead job",
        status_code=202,
        sync_to_thread=True,
        responses=problem_responses(404),
    )
    def revive(self, job_id: FromPath[str], database: Stored, clock: NamedDependency[Clock]) -> JobOut:
        """Run a dead job again, now and from its first attempt."""
        return job_out(database.write(lambda connection: store.revive(connection, job_id, clock.now())))

    @delete("/{job_id:str}", summary="Drop a dead job", sync_to_thread=True, responses=problem_responses(404))
    def drop(self, job_id: FromPath[str], database: Stored) -> None:
        """Delete a dead job for good."""
        database.write(lambda connection: store.drop(connection, job_id))
