"""`firstline-train audit`: people check a head's labels until it is shown how many are wrong."""

from __future__ import annotations

import secrets
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from training.commands.options import FILE, FOLDER, home_option, json_option, now, open_home, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.audit.desk import DeskAudit
    from training.home import Home
    from triage.model.bundle import Bundle

_PATH = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--bundle", type=FOLDER, help="As written by `fit`; default: the current bundle.")
@click.option("--head", "heads", multiple=True, help="Only this label field; default: all that have no certificate.")
@click.option("--quotes", is_flag=True, help="Check the answers that articles give, instead of labels.")
@click.option("--answers", type=_PATH, help="The log of answers; default: HOME/audits/answers.jsonl.")
@click.option("--by", envvar="USER", default="reviewer", show_default=True, help="Who answers; stands in the log.")
@click.option("--all", "exhaustive", is_flag=True, help="A new log: answer for every ticket, then use the exact test.")
@click.option("--seed", help="A new log: decides the order of asking; default: drawn at random.")
@click.option(
    "--export", "export_to", type=_PATH, help="Write questions: .csv, .jsonl, .json (Label Studio) or .prodigy.jsonl."
)
@click.option("--questions", type=click.IntRange(1), default=100, show_default=True, help="With --export: how many.")
@click.option(
    "--import",
    "import_from",
    type=FILE,
    help="Take answers from such a file, filled in with a label, both, neither or cannot_tell.",
)
@click.option("--certify", is_flag=True, help="Ask nothing: issue what the answers so far certify.")
@click.option("--out", type=FOLDER, help="Folder for the certified bundle; default: a new version in HOME/models.")
@home_option
@json_option
def audit(**options: Any) -> None:  # noqa: ANN401 - click's options, read one by one
    """Check labels of held-out tickets, until a head is shown to be wrong in at most 5 % of what it would apply.

    Closed tickets carry wrong labels, so a head that is better than they are cannot be certified by them. Here a person
    looks at some of those tickets. The screen shows a ticket, and for each label field the label of the model and that
    of the closed ticket, in random order and without saying which is which. Where both say the same, one is shown.

    \b
      1 2   this label is right            n  neither is right (counts as wrong)
      b     both are fine                  c  cannot tell (counts as wrong)
      t     type another label             s  skip for now
      u     undo                           q  stop; everything so far is saved

    Of a head with several labels a ticket (tags) a digit ticks a label or takes the tick back; Enter saves the ticks.

    Stop whenever you like, look at the result as often as you like: the test allows for it. The next call goes on where
    you stopped. A fifth of the tickets comes twice, which measures how steady the answers are. It takes about 100 to
    400 tickets a head; the screen says how many more. In later refits the answers count for tickets that are still held
    out. The usual steps are `make train`, `make audit`, `make promote`.
    """  # noqa: D301 - click's mark is a control character
    from training.audit import exchange, quoted_answers, screens
    from training.audit.answers import append
    from training.audit.keyboard import Keyboard

    workspace = open_home(options)
    bundle, log = _bundle(options, workspace), options["answers"] or _log(options, workspace)
    labels = {quoted_answers.HEAD: quoted_answers.OPTIONS} if options["quotes"] else _labels(bundle)
    desk = _desk(options, workspace, bundle, log)
    if options["import_from"]:
        found = exchange.read(options["import_from"], desk, labels, options["by"], now())
        append(log, found.answers)
        for answer in found.answers:
            desk.take(answer)
        click.echo(f"{len(found.answers)} tickets answered in {log}{found.left_out_in_words}", err=True)
    if options["export_to"]:
        written = exchange.write(options["export_to"], desk, options["questions"])
        if written:
            click.echo(f"{written} questions in {options['export_to']}. Take the answers in with --import.", err=True)
            return
        click.echo("There is nothing left to ask.", err=True)
    elif not (options["certify"] or options["import_from"]):
        screen = quoted_answers.AnswersSitting if options["quotes"] else screens.Sitting
        with Keyboard() as keys:
            screen(desk, log, labels, options["by"], now).run(keys, workspace.bars.console)
    screens.end(desk, workspace.bars.console)
    _issue(options, workspace, bundle, desk)


def _log(options: Any, workspace: Home) -> Path:  # noqa: ANN401
    from training.audit import answers, quoted_answers

    return workspace.home / answers.FOLDER / (quoted_answers.FILE if options["quotes"] else answers.FILE)


def _bundle(options: Any, workspace: Home) -> Bundle:  # noqa: ANN401
    from triage.model import bundle as bundles

    folder = options["bundle"] or workspace.registry.current()
    if folder is None:
        raise click.UsageError(f"{workspace.home} has no current model: give --bundle, or promote one.")
    return bundles.load(folder)


def _labels(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    return bundle.manifest.spoken_labels()


def _desk(options: Any, workspace: Home, bundle: Bundle, log: Path) -> DeskAudit:  # noqa: ANN401
    """Return the audit of a bundle with the answers so far. Raises `NothingToAudit`."""
    from training.answers import quoted_answers
    from training.audit.answers import Header, read, start
    from training.audit.desk import DeskAudit
    from training.audit.population import auditable
    from training.audit.quoted_answers import AnswersAudit, populations
    from training.bundles import held_out
    from triage.tickets import tombstones

    erased = tombstones.read(workspace.home)
    if options["quotes"]:
        kind: type[DeskAudit] = AnswersAudit
        found = populations(bundle.manifest.answers or None, quoted_answers.read(bundle), erased)
    else:
        kind, found = DeskAudit, auditable(bundle.manifest, held_out.read(bundle), erased, options["heads"])
    made = {"seed": options["seed"] or secrets.token_hex(8), "exhaustive": options["exhaustive"]}
    if log.exists() and (options["seed"] or options["exhaustive"]):
        raise click.UsageError(
            f"{log} has begun already, with an order of its own; --seed and --all are for a new log."
        )
    start(log, Header(created_at=now().isoformat(timespec="seconds"), **made))
    return kind(found, read(log).without(erased), bundle.manifest.label_history().changes)


def _issue(options: Any, workspace: Home, bundle: Bundle, desk: DeskAudit) -> None:  # noqa: ANN401
    """Write the certificates into a new version of the bundle, and say how to let it serve."""
    from training.audit import quoted_answers
    from training.audit.certifying import Audit, reissued
    from triage.model.assessment import in_words
    from triage.tickets import tombstones

    days = int(tomllib.loads(bundle.read("refit.toml").decode()).get("certificate", {}).get("days", 90))
    issue = Audit(desk.answers, now(), days, tombstones.read(workspace.home))
    earned = [(each.population, each.certified) for each in desk.statuses() if each.certified]
    version = folder = None
    if earned:
        quoted = [(population.ladder.slice, found) for population, found in earned]

        def write(out: Path) -> str:
            if options["quotes"]:
                return quoted_answers.reissued(bundle, quoted, now(), days, out).id
            return reissued(bundle, issue, out).id

        folder, version = _written(options["out"], workspace, write)
    if options["as_json"]:
        found = {
            of.name if not of.ladder.slice else f"{of.head}, {in_words(of.ladder.slice)}": {
                "threshold": each.threshold,
                "asked": each.asked,
                "wrong": each.k,
            }
            for of, each in earned
        }
        print_json({"certified": found, "bundle": version, "path": str(folder) if folder else None})
    elif version:
        click.echo(f"Bundle {version[:12]} in {folder}: the weights of {bundle.id[:12]}, with these certificates.")
        click.echo(f"To let it serve: firstline-train promote --bundle {folder} --home {workspace.home}")
    elif any(each.open or each.left for each in desk.statuses()):
        click.echo(
            "Nothing is certified yet: the bundle stays as it is. The answers are kept; go on with the same command."
        )
    else:
        click.echo(
            "Nothing is certified, and no further answer about these tickets can change that: the bundle stays as it "
            "is. The answers are kept; audit the next refit, which holds out newer tickets."
        )


def _written(out: Path | None, workspace: Home, write: Callable[[Path], str]) -> tuple[Path, str]:
    """Write the bundle into a folder, or as a new version into the home; return where it lies, and its id."""
    if out is not None:
        return out, write(out)
    workspace.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.home, prefix=".audited-") as folder:
        write(Path(folder) / "bundle")
        version = workspace.registry.add(Path(folder) / "bundle")
    return workspace.registry.path(version), version
