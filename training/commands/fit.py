"""`firstline-train fit`: from closed tickets to a bundle."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import rich_click as click
from msgspec import to_builtins

from training.commands.options import (
    ANY,
    FILE,
    FOLDER,
    TICKETS_HELP,
    Instant,
    changes_option,
    cluster_option,
    encoder_option,
    home_option,
    json_option,
    mapping_of,
    mapping_option,
    now,
    open_home,
    overlay_option,
    predictions_option,
    print_json,
    second_encoder_option,
)

if TYPE_CHECKING:
    from training.config import RefitConfig
    from training.home import Home
    from training.refit import Done, Plan


@click.command()
@click.option("--tickets", type=FILE, help=TICKETS_HELP + " Not needed with --taxonomy.")
@click.option("--out", type=FOLDER, required=True, help="Folder for the bundle; replaces an earlier bundle there.")
@click.option("--config", type=FILE, help="refit.toml; every setting has a default, unknown ones are refused.")
@click.option("--until", type=Instant(), help="Learn only from tickets created before this instant.")
@click.option("--articles", type=ANY, help="Knowledge base: also learn when an article answers.")
@click.option(
    "--audit",
    type=FILE,
    help="Answers of an audit, which certify the new heads; default: HOME/audits/answers.jsonl, where there is one.",
)
@click.option(
    "--cascade",
    is_flag=True,
    help="Let words alone decide what they are sure of, without the encoder; the same as [cascade] enabled = true.",
)
@predictions_option
@changes_option
@overlay_option
@mapping_option
@encoder_option
@second_encoder_option
@cluster_option
@home_option
@json_option
def fit(**options: Any) -> None:  # noqa: ANN401 - click's options, read one by one below
    """Fit a head for each label field, measure it on the newest tickets, write bundle and report.

    Tickets are split by time: the oldest fit, newer ones calibrate, and the final heads are fitted on both. The newest
    measure and certify and are not learnt from, so a certificate is for the head that serves. A desk with few tickets
    a label is cross-fitted instead: all of its tickets teach, see docs/certificates.md. The report compares with the
    current model and with the most frequent label. Every fit is a run: see `firstline-train runs`.
    """
    from training import refit
    from training.audit import answers
    from training.data import label_overlay as overlay
    from training.report import page as report
    from training.runs import predictions
    from triage.taxonomy import changes_file as taxonomy_changes_file
    from triage.taxonomy import labels as taxonomy
    from triage.tickets import tombstones

    if not options["tickets"] and not options["taxonomy"]:
        raise click.UsageError("Give --tickets, or --taxonomy for a desk that has no closed tickets yet.")
    started = time.perf_counter()
    workspace = open_home(options)
    options["audit"] = audit = options["audit"] or workspace.home / answers.FOLDER / answers.FILE
    plan = refit.Plan(
        tickets=options["tickets"],
        taxonomy=taxonomy.read(options["taxonomy"]) if options["taxonomy"] else None,
        out=options["out"],
        at=now(),
        config=_config(options),
        mapping=mapping_of(options),
        until=options["until"],
        changes=taxonomy_changes_file.read(options["changes"]) if options["changes"] else None,
        erased=tombstones.read(workspace.home),
        overlay=overlay.read(options["overlay"]) if options["overlay"] else None,
        answers=answers.read(audit) if audit.is_file() else None,
    )
    if options["predictions"]:
        predictions.check(options["predictions"])
    done, run_id = _recorded(options, plan, workspace)
    seconds = round(time.perf_counter() - started, 1)
    if options["as_json"]:
        heads = done.manifest.heads.items()
        measured = {head: {**to_builtins(each.metrics), "trivial": to_builtins(each.trivial)} for head, each in heads}
        print_json({**measured, "bundle": done.version, "run": run_id, "path": str(plan.out), "seconds": seconds})
        return
    for line in report.lines(done.manifest):
        click.echo(line)
    said = f"Bundle {done.version[:12]} in {plan.out} after {seconds} s; its report: {plan.out / 'report.html'}"
    said += f"\nRun {run_id}: firstline-train runs show last --home {options['home']}"
    click.echo(f"{said}\nTo let it serve: firstline-train promote --bundle {plan.out} --home {options['home']}")


def _recorded(options: dict[str, Any], plan: Plan, workspace: Home) -> tuple[Done, str]:
    """Refit as a run, and return what was written and the run's id."""
    from training import refit
    from training.runs import folder as runs
    from training.runs import inputs, predictions

    encoder, current = workspace.encoder(options["encoder"]), workspace.current()
    tools = refit.Tools(
        encoder=encoder,
        vectors=workspace.vectors(encoder),
        bars=workspace.bars,
        current=current,
        encode=workspace.encode,
        answers=workspace.answers(options["articles"], encoder) if options["articles"] else None,
        second=workspace.second(options["second_encoder"], options["articles"]),
        seen=workspace.seen(options["encoder"]),
    )
    tools.vectors.forget(plan.erased.vectors)
    runs.forget(workspace.home, plan.erased)
    data = inputs.hashes(options, encoder=encoder.fingerprint, current=current.id if current else None)
    with runs.recorded(workspace.home, runs.Begun(inputs.parameters(options, plan.config), data), now) as run:
        done = refit.refit(plan, replace(tools, bars=runs.RecordedBars(tools.bars, run)))
        run.keep(done.manifest, plan.out, done.predicted)
        if options["predictions"]:
            predictions.export(options["predictions"], done.predicted)
    return done, run.run.id


def _config(options: dict[str, Any]) -> RefitConfig:
    from training import config

    chosen = config.read(options["config"])
    return replace(chosen, cascade=config.Cascade(enabled=True)) if options["cascade"] else chosen
