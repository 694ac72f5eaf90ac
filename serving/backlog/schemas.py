"""Response bodies of the job routes."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from serving.backlog.store import JobRow

State = Literal["waiting", "running", "dead"]


class JobOut(Struct, kw_only=True):
    """A job; `record` has the ids it refers to, `fault` says why its last attempt failed."""

    id: str
    kind: str
    subject: str
    state: State
    attempts: int
    fault: str | None
    created_at: datetime
    run_at: datetime
    record: dict[str, Any]


class JobList(Struct, kw_only=True):
    """A page of jobs, newest first."""

    jobs: list[JobOut]
    next_cursor: str | None


def job_out(piece: JobRow) -> JobOut:
    """Return a job as it is answered."""
    return JobOut(**{name: getattr(piece, name) for name in JobOut.__struct_fields__})
