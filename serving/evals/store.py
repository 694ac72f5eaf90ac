"""Golden questions and their runs in the database."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from retrieval.articles.golden_questions import FILE
from serving.changes import records
from serving.changes.edit import Edit
from serving.storage.ids import new_id
from serving.storage.model_tables import eval_runs, golden_questions

Origin = Literal["desk", "index", "sample"]
KEPT_RUNS: Final = 20
_ID: Final = "desk"
_RUN: Final = tuple(column.name for column in eval_runs.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The questions that apply, as TOML."""

    toml: str
    version: int
    origin: Origin
    taken_over: str | None
    updated_at: datetime
    key_id: str | None


class Result(Struct, frozen=True, kw_only=True):
    """What came of one question; `key` names it."""

    key: str
    passed: bool
    said: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All questions asked once."""

    id: str
    at: datetime
    state: str
    version: int
    articles_version: str
    model: str
    passed: int
    failed: int
    results: Sequence[Result]


def read(connection: sa.Connection) -> Stored | None:
    """Return the questions, None where there never were any."""
    columns = [each for each in golden_questions.columns if each.name != "id"]
    row = connection.execute(sa.select(*columns)).mappings().first()
    return None if row is None else Stored(**row)


def put(connection: sa.Connection, toml: str, edit: Edit, *, over: int | None) -> int | None:
    """Store what an editor wrote over the version that they read (None: any); None where it is another by now."""
    before = read(connection)
    version = before.version if before else 0
    if over is not None and over != version:
        return None
    if before is not None and before.toml == toml:
        return version
    taken_over = before.taken_over if before else None
    values = {"toml": toml, "origin": "desk", "taken_over": taken_over, "updated_at": edit.at, "key_id": edit.key_id}
    records.record(connection, "questions", FILE, edit, before=before.toml if before else None, after=toml)
    return _write(connection, version, values)


def take_over(connection: sa.Connection, toml: str | None, origin: Origin, at: datetime) -> bool:
    """Store the questions of an index, once for each file; one without any takes away only what came with an index."""
    before = read(connection)
    digest = None if toml is None else hashlib.sha256(toml.encode()).hexdigest()
    if before is None and toml is None:
        return False
    if before is not None:
        is_known = before.taken_over == digest and not (before.origin == "sample" and origin != "sample")
        if is_known or (toml is None and before.origin == "desk"):
            return False
    values = {"toml": toml or "", "origin": origin, "taken_over": digest, "updated_at": at, "key_id": None}
    _write(connection, before.version if before else 0, values)
    return True


def last_runs(connection: sa.Connection, most: int = KEPT_RUNS) -> list[Run]:
    """Return the last runs, the newest first."""
    asked = sa.select(eval_runs).order_by(eval_runs.c.id.desc()).limit(most)
    return [_run(row) for row in connection.execute(asked).mappings()]


def last_counts(connection: sa.Connection) -> tuple[str, int, int] | None:
    """Return the state of the last run, and how many questions passed and failed; None before the first run."""
    asked = sa.select(eval_runs.c.state, eval_runs.c.passed, eval_runs.c.failed).order_by(eval_runs.c.id.desc())
    row = connection.execute(asked.limit(1)).first()
    return None if row is None else (row.state, row.passed, row.failed)


def add_run(connection: sa.Connection, run: Run) -> bool:
    """Keep a run and forget old ones; False where another process has asked the same meanwhile."""
    if (last := last_counts(connection)) is not None and last[0] == run.state:
        return False
    values = {name: getattr(run, name) for name in _RUN if name != "results"}
    connection.execute(eval_runs.insert().values(**values, results=msgspec.to_builtins(run.results)))
    kept = sa.select(eval_runs.c.id).order_by(eval_runs.c.id.desc()).limit(KEPT_RUNS)
    oldest = connection.execute(kept).scalars().all()[-1]
    connection.execute(eval_runs.delete().where(eval_runs.c.id < oldest))
    return True


def run_id(at: datetime) -> str:
    """Return a new run's id."""
    return new_id("evr", at)


def _write(connection: sa.Connection, version: int, values: dict[str, Any]) -> int:
    following = version + 1
    changed = golden_questions.update().where(golden_questions.c.id == _ID)
    if not connection.execute(changed.values(version=following, **values)).rowcount:
        connection.execute(golden_questions.insert().values(id=_ID, version=following, **values))
    return following


def _run(row: sa.RowMapping) -> Run:
    return Run(**{**row, "results": msgspec.convert(row["results"], list[Result])})
