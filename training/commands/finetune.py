"""`firstline-train finetune`: adapt the encoder to a desk's labels and compare it with the original."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import rich_click as click

from training.commands.options import (
    ANY,
    FILE,
    FOLDER,
    TICKETS_HELP,
    Instant,
    home_option,
    json_option,
    mapping_of,
    mapping_option,
    now,
    open_home,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.finetune_trial import Outcome

MINUTES = click.FloatRange(min=0, min_open=True)


@click.command()
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option(
    "--out", type=FOLDER, required=True, help="Folder for encoders, weights, and the bundles frozen/ and tuned/."
)
@click.option("--head", "heads", multiple=True, help="Only this label field; repeatable. Default: all.")
@click.option("--config", type=FILE, help="refit.toml, as for `fit`.")
@click.option("--until", type=Instant(), help="Learn only from tickets created before this instant.")
@click.option("--articles", type=ANY, help="Knowledge base: learn from the tickets when an article answers, too.")
@click.option("--minutes", type=MINUTES, default=10.0, show_default=True, help="Time limit.")
@click.option("--steps", type=click.IntRange(min=1), help="At most this many steps; default: three passes.")
@mapping_option
@home_option
@json_option
def finetune(**options: Any) -> None:  # noqa: ANN401 - click's options
    """Fine-tune the encoder on the labels of closed tickets, and say whether it is better.

    It learns from the oldest tickets only: neither encoder nor heads see those that calibrate or measure. Heads are
    fitted on both encoders and compared on the same newest tickets. Needs torch: run `make finetune`.
    """
    from training.encoder.finetune import Budget, require_lab

    require_lab()
    from training import config
    from training import finetune_trial as tuning
    from training.refit import Plan
    from triage.tickets import tombstones

    started = time.perf_counter()
    workspace = open_home(options)
    plan = Plan(
        tickets=options["tickets"],
        out=options["out"],
        at=now(),
        config=config.read(options["config"]),
        mapping=mapping_of(options),
        until=options["until"],
        erased=tombstones.read(workspace.home),
    )
    wish = tuning.TrialPlan(
        plan=plan,
        heads=options["heads"],
        budget=Budget(options["minutes"], options["steps"]),
        articles=options["articles"],
    )
    outcome = tuning.tune(wish, workspace)
    seconds = round(time.perf_counter() - started, 1)
    if options["as_json"]:
        print_json(record(outcome) | {"seconds": seconds})
        return
    for line in lines(outcome, options["home"]):
        click.echo(line)


def record(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON: per head accuracy and macro-F1, frozen and tuned, on the same tickets."""
    heads = {
        head: {
            "n": pair.n,
            "frozen": {"accuracy": pair.current_accuracy, "macro_f1": pair.current_macro_f1},
            "tuned": {"accuracy": pair.accuracy, "macro_f1": pair.macro_f1},
            "won": pair.only_new_right,
            "lost": pair.only_current_right,
            "gain": [pair.gain.low, pair.gain.high],
        }
        for head, pair in outcome.heads.items()
    }
    return {
        "heads": heads,
        "won": outcome.won,
        "adapted": asdict(outcome.adapted),
        "learnt_from": outcome.learnt_from,
        "tuned": str(outcome.tuned),
        "frozen": str(outcome.frozen),
        "encoder": str(outcome.encoder),
    }


def lines(outcome: Outcome, home: Path) -> Iterator[str]:
    """Yield an outcome for people: a table, the verdict, and the command that comes next."""
    did = outcome.adapted
    yield (
        f"Adapted on {outcome.learnt_from} tickets: {did.steps} steps in {did.seconds:.0f} s on {did.device}, "
        f"loss {did.loss[0]:.3f} to {did.loss[1]:.3f}"
    )
    yield f"{'accuracy / macro-F1':<22}{'n':>7}{'frozen':>16}{'fine-tuned':>16}   won  lost   gain, 95 %"
    for head, pair in outcome.heads.items():
        frozen = f"{pair.current_accuracy:.4f}/{pair.current_macro_f1:.4f}"
        tuned = f"{pair.accuracy:.4f}/{pair.macro_f1:.4f}"
        gain = f"   {pair.gain.low:+.3f} to {pair.gain.high:+.3f}"
        yield f"{head:<22}{pair.n:>7}{frozen:>16}{tuned:>16}{pair.only_new_right:>6}{pair.only_current_right:>6}{gain}"
    if not outcome.won:
        yield "The adapted encoder does not clearly win on tickets that it has not seen: keep the published one."
        return
    yield f"It wins. To let it serve: firstline-train promote --bundle {outcome.tuned} --home {home}"
    yield f"Later refits on it: firstline-train fit --encoder {outcome.encoder} ..."
