"""`firstline jobs`: list, show, revive and drop jobs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import rich_click as click

from serving.settings import Settings
from serving.storage.errors import HomeInUse

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.backlog.store import JobRow

T = TypeVar("T")
_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API returns it.")
_ID = click.argument("job_id")
_ASK_IT = (
    "The service has this database open: ask it instead, with an admin key, "
    "POST /v1/jobs/{0}/revive or DELETE /v1/jobs/{0}."
)
_FIRST = 50


@click.group()
def jobs() -> None:
    """List background jobs, and revive or drop dead ones.

    A failed job is retried on its schedule. After the last attempt it is dead: it blocks nothing and is kept for 30
    days with the reason. Find dead jobs with `list`, see one with `show`, fix the cause and `revive` it; `drop` a job
    that is no longer needed. A dead `webhook.deliver` is an event that an endpoint did not receive.
    """


@jobs.command("list")
@click.option("--state", type=click.Choice(["dead", "waiting", "running"]), default="dead", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=_FIRST, show_default=True, help="At most this many.")
@_JSON
@_HOME
def list_jobs(state: str, limit: int, home: Path | None, *, as_json: bool) -> None:
    """List jobs, newest first. Works beside a running service."""
    from serving.backlog import store

    found = _read(home, lambda connection: store.page(connection, state, None, limit))
    click.echo(_json(found) if as_json else _table(found, state))


@jobs.command("show")
@_ID
@_JSON
@_HOME
def show(job_id: str, home: Path | None, *, as_json: bool) -> None:
    """Show one job and the ids it refers to. Works beside a running service."""
    from msgspec.structs import asdict

    from serving.backlog import store
    from serving.backlog.schemas import job_out

    found = _read(home, lambda connection: store.find(connection, job_id))
    if as_json:
        click.echo(_json([found], alone=True))
        return
    shown = asdict(job_out(found))
    click.echo("\n".join(f"{name:<11}{_told(value)}" for name, value in shown.items()))


@jobs.command("revive")
@_ID
@_HOME
def revive(job_id: str, home: Path | None) -> None:
    """Run a dead job again, from its first attempt."""
    from serving.backlog import store
    from serving.clock import SystemClock

    found = _write(home, job_id, lambda connection: store.revive(connection, job_id, SystemClock().now()))
    click.echo(f"{found.id} ({found.kind}) waits again: a worker takes it within a second.")


@jobs.command("drop")
@_ID
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@_HOME
def drop(job_id: str, home: Path | None, *, yes: bool) -> None:
    """Delete a dead job for good: its work is not done."""
    from serving.backlog import store

    if not yes:
        click.confirm(f"This cannot be undone. Drop {job_id}?", abort=True, err=True)
    _write(home, job_id, lambda connection: store.drop(connection, job_id))
    click.echo(f"{job_id} is gone.")


def _read(home: Path | None, operation: Callable[["sa.Connection"], T]) -> T:
    from serving.storage.database import read_only

    with read_only(Settings.from_environment(home=home).stored_in) as connection:
        return operation(connection)


def _write(home: Path | None, job_id: str, operation: Callable[["sa.Connection"], T]) -> T:
    from serving.process import database_of

    database = database_of(Settings.from_environment(home=home))
    try:
        database.open()
    except HomeInUse:
        raise click.ClickException(_ASK_IT.format(job_id)) from None
    try:
        return database.write(operation)
    finally:
        database.close()


def _json(found: list["JobRow"], *, alone: bool = False) -> str:
    import msgspec

    from serving.backlog.schemas import job_out

    told = [job_out(piece) for piece in found]
    return msgspec.json.format(msgspec.json.encode(told[0] if alone else told)).decode()


def _table(found: list["JobRow"], state: str) -> str:
    from rich.console import Console
    from rich.table import Table

    if not found:
        return f"No {state} jobs."
    table = Table("id", "kind", "subject", "tries", "fault", "since", box=None, pad_edge=False)
    for piece in found:
        row = piece.id, piece.kind, piece.subject, str(piece.attempts), piece.fault or "", _told(piece.created_at)
        table.add_row(*row)
    console = Console(width=160)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip()


def _told(value: object) -> str:
    from datetime import datetime

    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else "" if value is None else str(value)
