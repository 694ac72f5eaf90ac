"""`firstline backup` and `firstline restore`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Folder of everything kept (FIRSTLINE_HOME).")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--no-models", is_flag=True, help="Leave the bundles out: they can be fitted again.")
@_HOME
def backup(file: Path, home: Path | None, *, no_models: bool) -> None:
    """Write everything of one instant into FILE (.tar.gz): tables, keys, the current model and the one before.

    The service may run. It follows FIRSTLINE_DATABASE_URL. The file holds what customers wrote and the secrets of
    webhooks: guard it.
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
    """Put a backup into a new home, or with FIRSTLINE_DATABASE_URL into an empty database; all of it or nothing.

    Backups of SQLite and of PostgreSQL are alike: a desk can move from one to the other. Repeat the erasures that were
    asked for after the backup.
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
