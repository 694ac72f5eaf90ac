"""`firstline snapshot` and `firstline helpdesks`: export closed tickets, check helpdesk connections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click

from serving.settings import Settings

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Folder of everything kept (FIRSTLINE_HOME).")
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="FILE.jsonl or FILE.jsonl.gz")
@click.option("--from", "connection", help="A connection of FIRSTLINE_HELPDESKS; without it, this service's tickets.")
@click.option("--since", help="Only what was closed since then, such as 2026-03-01 or 2026-03-01T09:30:00Z.")
@_HOME
def snapshot(out: Path, connection: str | None, since: str | None, home: Path | None) -> None:
    """Write closed tickets in the form that `firstline-train fit` reads; the service may run meanwhile.

    What is interrupted goes on where it was when the same command is given again.
    """
    settings, begin = Settings.from_environment(home=home), _instant(since)
    with _counting(connection or "this desk") as told:
        if connection is None:
            from serving.tickets.export import export

            written = export(settings.stored_in, out, begin, told)
        else:
            from serving.helpdesks.closed_tickets import export_from

            written = export_from(settings, connection, out, begin or _EVER, told)
    click.echo(f"{written.rows:,} closed tickets in {out}.")
    for problem, count in sorted(written.bad.items(), key=lambda each: -each[1])[:10]:
        click.echo(f"left out {count:,}: {problem}", err=True)


@click.group()
def helpdesks() -> None:
    """Look at the connections to other helpdesks that FIRSTLINE_HELPDESKS names."""


@helpdesks.command("check")
def check() -> None:
    """Ask each desk who we are there, and say what it can take and what goes into a note; no secret is shown."""
    from serving.helpdesks.checking import checked

    report = checked(Settings.from_environment())
    click.echo("\n".join(report.lines))
    if report.faults:
        raise SystemExit(1)


@helpdesks.command("waiting")
@_HOME
def waiting(home: Path | None) -> None:
    """List the tickets that a desk does not show as they are, since when, and why the last attempt failed."""
    from serving.clock import SystemClock
    from serving.helpdesks.waiting import waiting as listed

    lines = listed(Settings.from_environment(home=home).stored_in, SystemClock().now())
    click.echo("\n".join(lines) or "Nothing waits.")


@contextmanager
def _counting(name: str) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,} tickets"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Closed tickets of {name}", total=None)
        yield lambda done: progress.update(task, completed=done)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--since {text!r}: write a day or an instant, such as 2026-03-01T09:30:00Z.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
