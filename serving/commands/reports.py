"""`firstline reports`: count the days of reports anew."""

import sys
from pathlib import Path

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings
from serving.storage.errors import DatabaseMissing, HomeInUse

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
_STOP_IT = (
    "The service has this database open, and counts again by itself what has changed. Stop it to count every day anew."
)


@click.group()
def reports() -> None:
    """Count the days of reports anew."""


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
