"""`firstline tag`: tag an export of any size."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rich_click as click

from retrieval.chunks.opening import CLUSTER_HELP, engine
from serving.settings import Settings, one_thread_for_each_product

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("tag")
@click.argument("export", type=_FILE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help=".jsonl, .csv or .parquet.")
@click.option("--bundle", type=_FOLDER, help="A bundle's folder, instead of the current bundle.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Where a field has another name.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one for each processor.")
@click.option("--cluster", metavar="ADDRESS", help=CLUSTER_HELP)
@click.option("--force", is_flag=True, help="Begin anew, whatever --out holds.")
@click.option("--apply", "connection", metavar="NAME", help="Then bring labels and fields to this helpdesk of yours.")
@click.option("--suggestions", is_flag=True, help="With --apply: suggested labels too, not only the certified ones.")
@click.option("--yes", is_flag=True, help="With --apply: do it. Without, it is only counted.")
@click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
def tag(
    export: Path,
    bundle: Path | None,
    columns: tuple[str, ...],
    home: Path | None,
    connection: str | None,
    **how: Any,  # noqa: ANN401
) -> None:
    """Tag the tickets of EXPORT, JSON Lines or CSV (either may be .gz), and write labels, team and tier to a file.

    Fields: id, subject, description, and optionally channel, language, plan, account. All processors work, and rows
    stay in order. A run that was stopped or killed goes on where it was when the same is started again. Nothing is
    stored in the home. Labels are those of `/v1/tags`, but none is put to a person for a check.

    With --apply labels and fields are counted, and with --yes written to the tickets of that helpdesk, by their ids.
    """
    one_thread_for_each_product()
    from serving.backfill.reading import FIELDS

    named = dict(each.partition("=")[::2] for each in columns)
    if unknown := [name for name, column in named.items() if name not in FIELDS or not column]:
        raise click.UsageError(f"--column {unknown[0]}: write FIELD=COLUMN with one of {', '.join(FIELDS)}.")
    chosen, settings = (how.pop("suggestions"), how.pop("yes")), Settings.from_environment(home=home)
    if connection is None and any(chosen):
        raise click.UsageError("--suggestions and --yes say how to --apply.")
    if connection is not None:  # before hours of tagging, not after
        _to_be_applied(settings, connection, how["out"])
    if connection is None or not _is_tagged(export, how["out"], force=how["force"]):
        _tag(export, settings, bundle, columns=named, **how)
    if connection is not None:
        _apply(how["out"], settings, connection, *chosen)


def _to_be_applied(settings: Settings, connection: str, out: Path) -> None:
    from serving.backfill.applying import Applying

    if out.suffix.lower() != ".jsonl":
        raise click.UsageError(f"--apply reads JSON Lines: --out {out.with_suffix('.jsonl')}")
    Applying(settings, connection)


def _is_tagged(export: Path, out: Path, *, force: bool) -> bool:
    """Tell whether a run has written all tags already, after the export was last changed."""
    from serving.backfill.output import is_whole

    return not force and is_whole(out) and out.stat().st_mtime_ns >= export.stat().st_mtime_ns


def _tag(export: Path, settings: Settings, bundle: Path | None, **how: Any) -> None:  # noqa: ANN401
    from serving.backfill.reading import count
    from serving.backfill.running import Backfill

    backfill = Backfill(settings, bundle)
    with _bar("Tagging", count(export)) as progress, engine(how.pop("cluster"), how.pop("workers")) as chosen:
        counts = backfill.run(export, engine=chosen, progress=progress, **how)
    click.echo(
        f"{counts.pop('rows', 0)} tickets tagged into {how['out']}; {counts.pop('problems', 0)} could not be read."
    )
    for name, number in sorted(counts.items()):
        click.echo(f"  {name} {number}")


def _apply(tags: Path, settings: Settings, connection: str, suggestions: bool, yes: bool) -> None:  # noqa: FBT001
    from serving.backfill.applying import Applying, Choice

    choice, applying = Choice(suggestions), Applying(settings, connection)
    planned = applying.plan(tags, choice)
    number = planned.pop("tickets", 0)
    if not yes:
        click.echo(
            f"{number} tickets of {connection} would get labels or fields; nothing was written there. "
            "--yes writes them."
        )
        for name, count in sorted(planned.items()):
            click.echo(f"  {name} {count}")
        return
    with _bar("Applying", number) as progress:
        counts = applying.run(tags, choice, progress=progress)
    click.echo(f"{counts['written']} tickets of {connection} got labels or fields.")
    for name, count in sorted(counts.items()):
        click.echo(f"  {name} {count}")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much is done and how long the rest takes, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
