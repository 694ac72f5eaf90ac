"""`firstline tag`: tag an export of any size."""

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
@click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
def tag(export: Path, bundle: Path | None, columns: tuple[str, ...], home: Path | None, **how: Any) -> None:  # noqa: ANN401
    """Tag the tickets of EXPORT, JSON Lines or CSV (either may be .gz), and write labels, team and tier to a file.

    Fields: id, subject, description, and optionally channel, language, plan, account. All processors work, and rows
    stay in order. A run that was stopped or killed goes on where it was when the same is started again. Nothing is
    stored in the home. Labels are those of `/v1/tags`, but none is put to a person for a check.
    """
    one_thread_for_each_product()
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from serving.backfill.reading import FIELDS, count
    from serving.backfill.running import Backfill

    named = dict(each.partition("=")[::2] for each in columns)
    if unknown := [name for name, column in named.items() if name not in FIELDS or not column]:
        raise click.UsageError(f"--column {unknown[0]}: write FIELD=COLUMN with one of {', '.join(FIELDS)}.")
    backfill = Backfill(Settings.from_environment(home=home), bundle)
    bar = Progress(
        TextColumn("Tagging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    )
    with bar, engine(how.pop("cluster"), how.pop("workers")) as chosen:
        task = bar.add_task("tag", total=count(export))
        counts = backfill.run(
            export, columns=named, engine=chosen, progress=lambda rows: bar.update(task, completed=rows), **how
        )
    click.echo(
        f"{counts.pop('rows', 0)} tickets tagged into {how['out']}; {counts.pop('problems', 0)} could not be read."
    )
    for name, number in sorted(counts.items()):
        click.echo(f"  {name} {number}")
