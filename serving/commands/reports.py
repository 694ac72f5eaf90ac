"""`firstline reports`: print reports, and count their days anew."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import rich_click as click

from serving.clock import SystemClock
from serving.commands.sla import Instant
from serving.settings import Settings
from serving.storage.errors import DatabaseMissing, HomeInUse

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.reports.deflection import By
    from serving.storage.database import Database

T = TypeVar("T")
_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
_STOP_IT = (
    "The service has this database open, and counts again by itself what has changed. Stop it to count every day anew."
)


@click.group()
def reports() -> None:
    """Print reports as tables or CSV, and count their days anew.

    Printing works beside a running service and changes nothing.
    """


def _window(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a report."""
    for option in (
        _HOME,
        click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a row for each figure."),
        click.option("--until", type=Instant(), help="Before this time; default: now."),
        click.option("--since", type=Instant(), help="From this time on; default: 28 days before the end."),
    ):
        command = option(command)
    return command


@reports.command()
@_window
def kpis(since: datetime | None, until: datetime | None, home: Path | None, *, as_csv: bool) -> None:
    """Print the KPIs with their n, 95 % intervals and targets."""
    from serving.commands.report_tables import kpis_table
    from serving.reports.deflection import DeflectionNumbers
    from serving.reports.export import kpis_csv
    from serving.reports.facts import FactStore
    from serving.reports.kpis import Kpis
    from serving.reports.rollups.refreshing import Rollups

    with _reading(home) as (database, at):
        rollups = Rollups(database)
        numbers = Kpis(FactStore(database), rollups.tickets, DeflectionNumbers(rollups.sessions))
        found = numbers.report(since, until, at=at)
    click.echo(kpis_csv(found) if as_csv else kpis_table(found), nl=not as_csv)


@reports.command()
@click.option(
    "--by", type=click.Choice(["channel", "language", "brand", "article", "week"]), help="In groups, besides."
)
@_window
def deflection(
    since: datetime | None, until: datetime | None, by: str | None, home: Path | None, *, as_csv: bool
) -> None:
    """Print the deflection ladder, and how sessions ended."""
    from serving.commands.report_tables import deflection_table
    from serving.reports.deflection import DeflectionNumbers
    from serving.reports.export import deflection_csv
    from serving.reports.rollups.refreshing import Rollups

    with _reading(home) as (database, at):
        numbers = DeflectionNumbers(Rollups(database).sessions)
        found = numbers.report(since, until, cast("By | None", by), at=at)
    click.echo(deflection_csv(found) if as_csv else deflection_table(found), nl=not as_csv)


@reports.command()
@_window
def experiment(since: datetime | None, until: datetime | None, home: Path | None, *, as_csv: bool) -> None:
    """Print what answers save, by the holdout; --since is by default where its share was set."""
    from serving.commands.report_tables import experiment_table
    from serving.reports.experiments.csv_rows import experiment_csv
    from serving.reports.experiments.facts import ArmFacts
    from serving.reports.experiments.report import ExperimentNumbers

    with _reading(home) as (database, at):
        found = ExperimentNumbers(ArmFacts(database)).report(since, until, at=at)
    click.echo(experiment_csv(found) if as_csv else experiment_table(found), nl=not as_csv)


@reports.command()
@_window
def searches(since: datetime | None, until: datetime | None, home: Path | None, *, as_csv: bool) -> None:
    """Print the top terms, weekly, of searches without a result."""
    from serving.commands.report_tables import searches_table
    from serving.reports.searches import Searches, searches_csv

    with _reading(home) as (database, at):
        found = Searches(database).report(since, until, at=at)
    click.echo(searches_csv(found) if as_csv else searches_table(found), nl=not as_csv)


@reports.command()
@_HOME
def rebuild(home: Path | None) -> None:
    """Count every past day anew from the facts.

    Nobody needs this as a rule: each change of a fact is noted, and its days are counted again within a minute. With
    PostgreSQL it runs beside the service. If it is interrupted, reports stay right, and the service does the rest.
    """
    from serving.process import database_of
    from serving.reports.rollups.refreshing import Rollups

    settings = Settings.from_environment(home=home)
    if settings.database_url is None and not settings.database_path.exists():
        raise DatabaseMissing(settings.database_path)
    database = database_of(settings)
    try:
        database.open()
    except HomeInUse:
        raise click.ClickException(_STOP_IT) from None
    try:
        done = Rollups(database).rebuild(SystemClock().now(), _say)
    finally:
        database.close()
    click.echo("Every day is counted anew." if done else "Another process is at it, and does the rest.")


def _say(part: str, done: int, n: int) -> None:
    if done == 0 or sys.stderr.isatty():
        click.echo(f"{part}: {done} of {n} pieces", err=True)


class _Snapshot:
    """The part of a database that reports use: they only read."""

    def __init__(self, connection: "sa.Connection") -> None:
        self._connection = connection

    def read(self, operation: Callable[["sa.Connection"], T]) -> T:
        """Run the operation on the snapshot."""
        return operation(self._connection)


@contextmanager
def _reading(home: Path | None) -> Iterator[tuple["Database", datetime]]:
    """Open a home to read beside a running service, as it is now; a wrong window is said as a wrong option."""
    from serving.errors import InvalidRequest
    from serving.storage.database import read_only

    try:
        with read_only(Settings.from_environment(home=home).stored_in) as connection:
            yield cast("Database", _Snapshot(connection)), SystemClock().now()
    except InvalidRequest as refused:
        raise click.UsageError(" ".join(f"--{each.field}: {each.message}" for each in refused.errors)) from None
