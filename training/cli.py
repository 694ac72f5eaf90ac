"""The command `firstline-train`. Results go to stdout, progress to stderr; heavy imports wait for their command."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from training.progress import Bars
from triage.errors import FirstlineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.workshop import Workshop

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
ANY = click.Path(exists=True, path_type=Path)
TICKETS_HELP = "Closed tickets: .jsonl, .csv (either may be .gz) or .parquet, with the columns of docs/formats.md."

home_option = click.option(
    "--home", type=FOLDER, default=Path("var"), envvar="FIRSTLINE_HOME", show_default=True, show_envvar=True,
    help="Folder with the encoder, the models and the vectors at hand.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
encoder_option = click.option("--encoder", type=FOLDER, help="Encoder folder instead of HOME/encoder/int8.")
mapping_option = click.option(
    "--mapping", type=FILE, help='TOML with [columns], a line for each renamed one: description = "Body".'
)


class Instant(click.ParamType):  # type: ignore[type-arg]
    """An RFC 3339 instant with its time zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read it as UTC."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant; write 2026-03-01T00:00:00Z", param, ctx)
        if instant.tzinfo is None:
            whole = value if len(value) > len("2026-03-01") else f"{value}T00:00:00"
            self.fail(f"{value!r} has no time zone; write {whole}Z or {whole}+01:00", param, ctx)
        return instant.astimezone(UTC)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="firstline")
def cli() -> None:
    """Refit Firstline's models from closed tickets.

    The usual round is `fit` (a bundle with its report), `promote` (through the gates, then it serves), and if it
    disappoints `rollback`. A running service swaps within a second, without dropping a request.
    """


@cli.command()
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option("--out", type=FOLDER, required=True, help="Folder for the bundle; an earlier bundle there is replaced.")
@click.option("--config", type=FILE, help="refit.toml; every setting has a default, unknown ones are refused.")
@click.option("--until", type=Instant(), help="Learn only from tickets created before this instant.")
@click.option("--articles", type=ANY, help="Knowledge base: learn from the tickets when an article answers, too.")
@mapping_option
@encoder_option
@home_option
@json_option
def fit(**options: Any) -> None:  # noqa: ANN401 - click's options, read one by one below
    """Fit a head for each label that the tickets carry, measure it on the newest, write bundle and report.

    Split is by time: the oldest tickets fit, newer ones calibrate, and the heads are fitted on both. The newest measure
    and certify, and are not learnt from: a certificate is of the very head that serves. Compared with the model that
    serves now, and with the rule that always says the most frequent label.
    """
    from training import config, refit, report
    from training.closed_tickets import read_mapping

    started = time.perf_counter()
    workshop = _workshop(options)
    plan = refit.Plan(
        tickets=options["tickets"],
        out=options["out"],
        at=datetime.now(UTC),  # noqa: TID251 - the command is where training's clock is read
        config=config.read(options["config"]),
        columns=read_mapping(options["mapping"]),
        until=options["until"],
    )
    encoder = workshop.encoder(options["encoder"])
    tools = refit.Tools(
        encoder=encoder,
        vectors=workshop.vectors(encoder),
        bars=workshop.bars,
        current=workshop.current(),
        encode=workshop.encode,
        answers=workshop.answers(options["articles"], encoder) if options["articles"] else None,
    )
    done = refit.refit(plan, tools)
    heads = {head: {**entry["metrics"], "trivial": entry["trivial"]} for head, entry in done.facts["heads"].items()}
    seconds = round(time.perf_counter() - started, 1)
    if options["as_json"]:
        _print_json({**heads, "bundle": done.version, "path": str(plan.out), "seconds": seconds})
        return
    for line in report.lines(done.facts):
        click.echo(line)
    click.echo(f"Bundle {done.version[:12]} in {plan.out} after {seconds} s; its report: {plan.out / 'report.html'}")
    click.echo(f"To let it serve: firstline-train promote --bundle {plan.out} --home {options['home']}")


@cli.command()
@click.option("--bundle", type=FOLDER, required=True, help="As written by `fit`.")
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option("--since", type=Instant(), help="Only tickets created from this instant on.")
@click.option("--until", type=Instant(), help="Only tickets created before this instant.")
@click.option("--out-of-scope", type=FILE, help="JSON lines of texts that belong to no label: adds ood_auroc.")
@mapping_option
@home_option
@json_option
def evaluate(**options: Any) -> None:  # noqa: ANN401
    """Measure a bundle on closed tickets that it was not fitted on."""
    from training import bundle_evaluation, closed_tickets
    from triage import bundle as bundles

    started = time.perf_counter()
    workshop = _workshop(options)
    bundle = bundles.load(options["bundle"])
    export = closed_tickets.read(options["tickets"], mapping=closed_tickets.read_mapping(options["mapping"]))
    export = export.between(options["since"], options["until"]).without_spam()
    foreign = bundle_evaluation.read_foreign(options["out_of_scope"])
    heads = bundle_evaluation.evaluate(bundle, export.tickets, workshop.encode, foreign=foreign)
    result = {**heads, "bundle": bundle.id, "seconds": round(time.perf_counter() - started, 2)}
    if options["as_json"]:
        _print_json(result)
        return
    for head, figures in heads.items():
        plain = {key: value for key, value in figures.items() if key != "per_class"}
        click.echo(f"{head}: " + ", ".join(f"{key} {_rounded(value)}" for key, value in plain.items()))
    if not heads:
        click.echo("The tickets carry none of the labels that the bundle knows.")


@cli.command("evaluate-answers")
@click.option("--articles", type=ANY, required=True, help="Folder of Markdown files, or JSON lines.")
@click.option("--questions", type=FILE, required=True, help="JSON lines: id, question, relevant (article ids), grades.")
@click.option("--tickets", type=FILE, help="Closed tickets to learn from: which article solved which question.")
@click.option("--until", type=Instant(), help="Learn from tickets created before, ask the questions from then on.")
@encoder_option
@home_option
@json_option
def evaluate_answers(**options: Any) -> None:  # noqa: ANN401
    """Measure finding and answering on questions whose articles are known."""
    from training import answer_metrics, closed_tickets

    workshop = _workshop(options)
    asking = answer_metrics.Asking(options["articles"], options["questions"], options["until"])
    tickets = closed_tickets.read(options["tickets"]).tickets if options["tickets"] else None
    encoder = workshop.encoder(options["encoder"])
    with workshop.bars.bar("Asking questions", 1) as progress:
        found = answer_metrics.evaluate_answers(asking, encoder, tickets=tickets, progress=progress)
    if options["as_json"]:
        _print_json(found)
        return
    for name, value in found.items():
        click.echo(f"{name}: {_rounded(value)}")


@cli.command()
@click.option("--bundle", type=FOLDER, required=True, help="As written by `fit`.")
@click.option("--accept-dropped-labels", is_flag=True, help="Let labels vanish that the current model has.")
@home_option
@json_option
def promote(**options: Any) -> None:  # noqa: ANN401
    """Let a bundle serve, if it passes the gates; each gate says why. Exit code 1 when it is refused."""
    from training import promotion

    workshop = _workshop(options)
    verdict = promotion.judge(
        options["bundle"],
        workshop.current(),
        workshop.encode,
        accept_dropped_labels=options["accept_dropped_labels"],
    )
    if verdict.promoted:
        workshop.registry.make_current(workshop.registry.add(options["bundle"]))
    if options["as_json"]:
        _print_json({"promoted": verdict.promoted, **asdict(verdict)})
    else:
        for gate in verdict.gates:
            click.echo(f"{'passed ' if gate.passed else 'REFUSED'}  {gate.name}: {gate.reason}")
        name = (verdict.version or str(options["bundle"]))[:12]
        click.echo(f"{name} is current now." if verdict.promoted else f"{name} is not promoted; nothing has changed.")
    if not verdict.promoted:
        sys.exit(1)


@cli.command()
@home_option
def rollback(home: Path) -> None:
    """Let the model serve again that was current before this one."""
    from triage.registry import Registry

    click.echo(f"{Registry(home / 'models').rollback()[:12]} is current again.")


@cli.command()
@click.option("--bundle", type=FOLDER, help="As written by `fit`; without it, the current model.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Copy the HTML report here.")
@home_option
def report(bundle: Path | None, out: Path | None, home: Path) -> None:
    """Print a bundle's figures and say where its HTML report lies."""
    from training.report import lines
    from triage import bundle as bundles
    from triage.registry import Registry

    folder = bundle or Registry(home / "models").current()
    if folder is None:
        raise click.UsageError(f"{home} has no current model: give --bundle, or promote one.")
    found = bundles.load(folder)
    for line in lines(found.manifest):
        click.echo(line)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(found.read("report.html"))
    click.echo(f"Report: {out or folder / 'report.html'}")


@cli.command()
@click.option("--out", type=FOLDER, default=Path("var/encoder"), show_default=True, help="Receives fp32/ and int8/.")
@click.option("--source", help="Hugging Face id, or a folder with ONNX or weights; without it, the packaged MiniLM.")
def encoder(out: Path, source: str | None) -> None:
    """Build the sentence encoder as ONNX, fp32 and int8, without torch."""
    from training.encoder_export import export

    for precision, folder in export(out, source=source).items():
        click.echo(f"{precision}: {folder}")


@cli.command()
@click.option("--out", type=FOLDER, default=Path("datasets/public"), show_default=True, help="Receives a file a set.")
@click.option("--manifest", type=FILE, default=Path("datasets/manifest.toml"), show_default=True, help="Which sets.")
@click.option("--only", multiple=True, help="Name of a set; repeatable. Without it, all.")
@click.option("--accept-hash", is_flag=True, help="Take a set whose sha256 the manifest leaves open, and print it.")
def data(out: Path, manifest: Path, only: tuple[str, ...], *, accept_hash: bool) -> None:
    """Fetch public data sets by URL and sha256, and convert them to closed tickets."""
    from training import data_sets

    bars = Bars()
    failed = data_sets.fetch_all(manifest, out, bars, data_sets.Wish(only, accept_hash=accept_hash))
    for problem in failed:
        click.echo(str(problem), err=True)
    if failed:
        sys.exit(1)


def main() -> None:
    """Run the command; what Firstline refuses is one line on stderr and exit code 1."""
    try:
        cli()
    except FirstlineError as refusal:
        click.echo(f"firstline-train: {refusal}", err=True)
        sys.exit(1)


def _workshop(options: Mapping[str, Any]) -> Workshop:
    from training.workshop import Workshop

    return Workshop(options["home"], Bars())


def _print_json(result: Mapping[str, Any]) -> None:
    click.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
