"""`firstline backup` and `firstline restore`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--no-models", is_flag=True, help="Leave out the bundles.")
@_HOME
def backup(file: Path, home: Path | None, *, no_models: bool) -> None:
    """Back up the database, keys and models into FILE (.tar.gz): the current bundle and the previous one.

    Works beside a running service. Uses FIRSTLINE_DATABASE_URL if set. The file contains customers' texts and webhook
    secrets: protect it.
    """
    from serving.backup.backup import back_up

    settings = Settings.from_environment(home=home)
    with _showing() as told:
        manifest = back_up(settings, file, SystemClock().now(), told, models=not no_models)
    rows = sum(table.rows for table in manifest.tables.values())
    click.echo(f"{rows:,} rows in {file}, {manifest.tables['tickets'].rows:,} tickets among them.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_HOME
def restore(file: Path, home: Path | None) -> None:
    """Restore a backup into a new home or, with FIRSTLINE_DATABASE_URL, an empty database. All or nothing.

    Backups of SQLite and PostgreSQL have the same format, so a desk can move between them. Repeat the erasures that are
    newer than the backup.
    """
    from serving.backup.restore import restore as put

    settings = Settings.from_environment(home=home)
    with _showing() as told:
        manifest = put(file, settings, told)
    where = "The PostgreSQL database and " if settings.database_url else ""
    click.echo(
        f"{where}{settings.home}: {manifest.tables['tickets'].rows:,} tickets as of {manifest.created_at.isoformat()}. "
        "Repeat erasures that are newer (`firstline erase`)."
    )


@contextmanager
def _showing() -> Iterator[Callable[[str, int, int | None], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Opening", total=None)
        yield lambda what, done, total: progress.update(task, description=what, completed=done, total=total)
