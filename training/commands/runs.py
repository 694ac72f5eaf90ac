"""`firstline-train runs`: what fits were made of, what came out, and how two compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from msgspec import to_builtins

from training.commands.options import home_option, json_option, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from training.runs.record import Run


@click.group(invoke_without_command=True)
@home_option
@json_option
@click.pass_context
def runs(context: click.Context, home: Path, *, as_json: bool) -> None:
    """List the fits of this home: each is a run with parameters, data hashes, figures and artefacts.

    Of each head: accuracy/macro-F1 on so many held-out tickets. A run is running, finished, failed (with its reason),
    or killed. Ids may be shortened; `last` is the newest that finished.
    """
    from training.runs import folder

    if context.invoked_subcommand is not None:
        return
    found = folder.runs(home)
    if as_json:
        print_json({"runs": to_builtins(found)})
        return
    for run in found:
        click.echo(_line(run))
    if not found:
        click.echo(f"There is no run in {home / folder.FOLDER}; `firstline-train fit` makes one.")


@runs.command()
@click.argument("run_id", metavar="ID")
@home_option
@json_option
def show(run_id: str, home: Path, *, as_json: bool) -> None:
    """Show all that is known of a run."""
    from training.runs import comparing, folder

    run = folder.find(home, run_id)
    if as_json:
        print_json(to_builtins(run))
        return
    click.echo(_line(run))
    for name, scores in (*run.metrics.items(), *run.lists.items()):
        figures = ", ".join(f"{key} {_said(value)}" for key, value in to_builtins(scores).items())
        click.echo(f"  {name}: {figures}")
    for name, value in comparing.flat(run):
        click.echo(f"  {name}: {_said(value)}")


@runs.command()
@click.argument("first")
@click.argument("second")
@home_option
@json_option
def compare(first: str, second: str, home: Path, *, as_json: bool) -> None:
    """Compare two runs on the tickets that both held out, with paired intervals, and show what went in differently.

    Intervals are of SECOND minus FIRST: above zero the second is better.
    """
    from training.runs import comparing, folder

    ours, theirs = folder.find(home, first), folder.find(home, second)
    found = comparing.compare(folder.predicted(home, ours), folder.predicted(home, theirs))
    changed = list(comparing.differences(ours, theirs))
    if as_json:
        heads = {head: {**to_builtins(each), "verdict": each.verdict} for head, each in found.items()}
        print_json({"first": ours.id, "second": theirs.id, "heads": heads, "differences": changed})
        return
    click.echo(f"{ours.id} against {theirs.id}")
    for line in comparing.sentences(found):
        click.echo(line)
    if not found:
        click.echo("They held out no ticket in common: nothing can be compared.")
    for name, before, after in changed:
        click.echo(f"  {name}: {_said(before)} → {_said(after)}")


@runs.command()
@click.option("--keep", type=click.IntRange(0), required=True, metavar="N", help="Keep the newest N runs.")
@home_option
def remove(keep: int, home: Path) -> None:
    """Delete older runs: their records and predictions, not the bundles."""
    from training.runs import folder

    gone = folder.remove(home, keep)
    click.echo(f"{len(gone)} runs deleted.")


@runs.command()
@click.argument("run_id", metavar="ID")
@click.option("--mlflow", "uri", envvar="MLFLOW_TRACKING_URI", required=True, help="Tracking server or store.")
@click.option("--experiment", default="firstline", show_default=True, help="Made where it is missing.")
@home_option
def send(run_id: str, uri: str, experiment: str, home: Path) -> None:
    """Send a run to MLflow: parameters, figures, model card, settings and predictions, but no text of a ticket."""
    from training.runs import folder, mlflow_sink

    run = folder.find(home, run_id)
    click.echo(f"{run.id} is run {mlflow_sink.send(home, run, uri, experiment)} of {experiment}.")


def _line(run: Run) -> str:
    found = [(name, each.accuracy, each.macro_f1, each.n) for name, each in run.metrics.items()]
    found += [(name, each.micro_f1, each.macro_f1, each.n) for name, each in run.lists.items()]
    scores = "; ".join(f"{name} {_said(first)}/{_said(macro_f1)} on {n}" for name, first, macro_f1, n in found)
    bundle = run.artefacts.get("bundle_id", "")[:12]
    doing = f"{run.stage}: {run.reason}" if run.state == "failed" else run.stage if run.state != "finished" else ""
    return "  ".join(filter(None, [run.id, run.state, bundle, scores, doing]))


def _said(value: object) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
