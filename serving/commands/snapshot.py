"""`firstline snapshot` and `firstline helpdesks`: export closed tickets, check helpdesk connections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click

from serving.settings import Settings

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="FILE.jsonl or FILE.jsonl.gz")
@click.option("--from", "connection", help="A connection of FIRSTLINE_HELPDESKS; default: this service's tickets.")
@click.option("--since", help="Only tickets closed since then, such as 2026-03-01 or 2026-03-01T09:30:00Z.")
@_HOME
def snapshot(out: Path, connection: str | None, since: str | None, home: Path | None) -> None:
    """Export closed tickets as training data for `firstline-train fit`. Works beside a running service.

    If it is interrupted, run the same command again: it continues where it stopped.
    """
    settings, begin = Settings.from_environment(home=home), _instant(since)
    with _counting(connection or "this desk") as told:
        if connection is None:
            from serving.tickets.snapshot import export

            written = export(settings.stored_in, out, begin, told)
        else:
            from serving.helpdesks.closed_tickets import export_from
            from serving.helpdesks.following.label_sources import ShownHere
            from serving.tagging.label_sources import shown
            from serving.tickets.store import load_all

            written = export_from(settings, connection, out, begin or _EVER, ShownHere(load_all, shown), told)
    click.echo(f"{written.rows:,} closed {'ticket' if written.rows == 1 else 'tickets'} in {out}.")
    for problem, count in sorted(written.bad.items(), key=lambda each: -each[1])[:10]:
        click.echo(f"left out {count:,}: {problem}", err=True)


@click.group()
def helpdesks() -> None:
    """Check the helpdesk connections in FIRSTLINE_HELPDESKS, and preview what they would get."""


@helpdesks.command("check")
@click.option("--ticket", metavar="NAME:ID", help="Also show what this ticket would get, and its fields there.")
def check(ticket: str | None) -> None:
    """Check each connection: our user there, where values go, where a customer's plan comes from. Shows no secret."""
    from serving.helpdesks.checking import checked

    report = checked(Settings.from_environment(), ticket)
    click.echo("\n".join(map(_plain, report.lines)))
    if report.faults:
        raise SystemExit(1)


@helpdesks.command("preview")
@click.argument("name")
@click.option("--ticket", help="Id of a ticket there: it is read from the helpdesk.")
@click.option(
    "--file",
    "payload",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A saved webhook body (JSON) of a new ticket: nothing is called.",
)
@click.option("--text", help="The text of a ticket that is in no helpdesk yet: nothing is called.")
@click.option("--subject", default="", help="The subject of --text.")
@_HOME
def preview(
    name: str, ticket: str | None, payload: Path | None, text: str | None, subject: str, home: Path | None
) -> None:
    """Show what Firstline would write for one ticket of the connection NAME. Writes nothing, here or there.

    Reads the ticket, tags it with the bundle that serves (without one: the sample's), and prints each field with its
    value and the internal note. No service has to run.

        firstline helpdesks preview zendesk --ticket 4711

        firstline helpdesks preview zendesk --file body.json

        firstline helpdesks preview zendesk --subject "Export is empty" --text "Since this morning, every one."
    """
    if sum(each is not None for each in (ticket, payload, text)) != 1:
        raise click.UsageError("Give one of --ticket ID, --file PAYLOAD.json and --text TEXT.")
    from serving.clock import SystemClock
    from serving.composition import preview_of
    from serving.process import assemble

    clock = SystemClock()
    shown = preview_of(assemble(Settings.from_environment(home=home), clock))
    if ticket is not None:
        lines = shown.of_ticket(name, ticket, clock.now())
    elif payload is not None:
        lines = shown.of_payload(name, payload.read_bytes(), clock.now())
    else:
        lines = shown.of_text(name, subject, text or "", clock.now())
    click.echo("\n".join(map(_plain, lines)))


@helpdesks.command("waiting")
@_HOME
def waiting(home: Path | None) -> None:
    """List tickets that are not up to date in a helpdesk, since when, and why the last attempt failed."""
    from serving.clock import SystemClock
    from serving.helpdesks.waiting import silent
    from serving.helpdesks.waiting import waiting as listed
    from serving.policy.policies import load

    settings = Settings.from_environment(home=home)
    quiet = silent(settings.helpdesks, *load(settings.policies).helpdesk_names)
    lines = listed(settings.stored_in, SystemClock().now(), quiet)
    click.echo("\n".join(map(_plain, lines)) or "Nothing waits.")


def _plain(line: str) -> str:
    """Return a line without what a terminal obeys: strangers wrote part of it."""
    return "".join(each if each.isprintable() else "�" for each in line)


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
