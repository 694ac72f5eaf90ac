"""`firstline-train doctor | relabel`: find problems in tickets and wrong labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from msgspec import to_builtins

from training.commands.options import (
    FILE,
    FOLDER,
    TICKETS_HELP,
    encoder_option,
    home_option,
    json_option,
    mapping_of,
    mapping_option,
    now,
    open_home,
    overlay_option,
    print_json,
)

if TYPE_CHECKING:
    from triage.model.refit_record import OverlayCounts

_PATH = click.Path(dir_okay=False, path_type=Path)
_SHOWN = 10


@click.command()
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option("--out", type=FOLDER, help="Folder for doctor.json and label_next.jsonl.")
@click.option("--next", "most", type=click.IntRange(1), default=50, show_default=True, help="Tickets to label next.")
@overlay_option
@mapping_option
@encoder_option
@home_option
@json_option
def doctor(**options: Any) -> None:  # noqa: ANN401 - click's options, read one by one
    """Check the tickets: problems, how serious they are, what to do, and which tickets to label next."""
    from training.data_quality import doctor
    from training.data_quality import inputs as material
    from training.data_quality import terminal as doctor_page

    workspace = open_home(options)
    checkup = doctor.examine(
        material.gather(options, mapping_of(options), workspace), now(), options["most"], workspace.bars
    )
    if options["out"] is not None:
        doctor.write(options["out"], checkup)
    if options["as_json"]:
        print_json(checkup.to_record())
        return
    doctor_page.show(checkup)
    if options["out"] is not None:
        click.echo(f"Tickets to label next: {options['out'] / doctor.NEXT}")


@click.command()
@click.option("--tickets", type=FILE, help=TICKETS_HELP)
@click.option(
    "--out", type=_PATH, help="File for the queue: one JSON line per doubtful label, most likely errors first."
)
@click.option("--head", metavar="NAME", help="Only this label field.")
@click.option("--corrections", type=FILE, help="Agents' corrections: JSON Lines of id, head, label, actor, at.")
@click.option("--most", type=click.IntRange(1), default=500, show_default=True, help="Longest queue.")
@click.option("--accept", type=FILE, help="A queue with decisions to apply; needs --overlay.")
@click.option("--review", is_flag=True, help="With --accept: decide in the terminal, one key per ticket.")
@click.option(
    "--export",
    "export_to",
    type=_PATH,
    help="With --accept: write what is undecided there as tasks, .json (Label Studio) or .prodigy.jsonl.",
)
@click.option(
    "--import",
    "import_from",
    type=FILE,
    help="With --accept and --overlay: take decisions from such a file, annotated.",
)
@click.option("--undo", metavar="ID", help="Undo the overlay's changes to a ticket; needs --overlay.")
@click.option("--by", default="reviewer", show_default=True, help="With --accept: who decides.")
@click.option("--overlay", type=_PATH, help="Accepted corrections: read, and with --accept added to.")
@mapping_option
@encoder_option
@home_option
@json_option
def relabel(**options: Any) -> None:  # noqa: ANN401
    """Rank labels that are probably wrong or missing, with evidence; or apply decisions on them.

    A ticket's list of labels (a multi head) is one line: the list that it has, and the one that it should have.

    In the queue, set "decision" of a line to "accept" (takes "proposed", which you may edit) or "keep", or use
    --review. Decisions go into an overlay: the export is not changed, and `fit --overlay` learns from both.
    """
    if options["undo"] is not None:
        _undo(options)
    elif options["accept"] is not None and options["export_to"] is not None:
        _export(options)
    elif options["accept"] is not None:
        _take_over(options)
    elif options["tickets"] is None or options["out"] is None:
        raise click.UsageError("Give --tickets and --out for a queue, or --accept and --overlay to take one over.")
    else:
        _rank(options)


def _rank(options: Any) -> None:  # noqa: ANN401
    from training.data import agent_corrections as corrections
    from training.data_quality import inputs as material
    from training.data_quality import label_errors as relabel
    from training.data_quality import list_errors
    from training.data_quality.list_errors import sentences
    from triage.tickets import doubtful_labels, label_decisions

    workspace = open_home(options)
    corrected = corrections.read(options["corrections"])
    found = material.gather(options, mapping_of(options), workspace)
    wanted, mapping = options["head"], found.export.mapping
    if wanted and wanted not in (known := (*mapping.labels, *mapping.multi)):
        raise click.UsageError(f"{wanted} is no head; there are {', '.join(known)}.")
    heads = ([] if wanted in mapping.multi else [wanted]) if wanted else list(found.desk.learnt)
    with workspace.bars.bar("Doubting labels", 2) as progress:
        ranked = relabel.queue(found.desk, heads, corrected, found.decided)
        progress(1, 2)
        lists = {
            each.head: queue
            for each in found.lists
            if wanted in (None, each.head) and (queue := list_errors.queue(found.desk, each, found.decided)) is not None
        }
        progress(2, 2)
    together = [*ranked.suspects, *(suspect for each in lists.values() for suspect in each.suspects)]
    suspects = sorted(together, key=lambda each: (-each.score, each.id, each.head))[: options["most"]]
    doubtful_labels.write(options["out"], suspects)
    if options["as_json"]:
        kept = {"queue": str(options["out"]), "lines": len(suspects), "overlay": to_builtins(found.export.overlay)}
        wrong = dict(ranked.wrong) | {head: each.wrong for head, each in lists.items()}
        labelled = dict(ranked.labelled) | {head: each.labelled for head, each in lists.items()}
        by_label = {head: to_builtins(each.labels) for head, each in lists.items()}
        print_json({**kept, "estimated_wrong": wrong, "labelled": labelled, "by_label": by_label})
        return
    for line in sentences(ranked, lists):
        click.echo(line)
    for each in suspects[:_SHOWN]:
        click.echo(
            f"{each.score:.2f}  {each.id}  {each.head}: "
            f"{label_decisions.in_words(each.label)} → {label_decisions.in_words(each.proposed)}"
        )
        click.echo(f"      {'; '.join(each.evidence)}")
    _tell(found.export.overlay)
    click.echo(
        f"{len(suspects)} lines in {options['out']}. Next: relabel --accept {options['out']} --review --overlay …"
    )


def _take_over(options: Any) -> None:  # noqa: ANN401
    from training.data import label_overlay as overlay
    from training.data_quality import exchange, review
    from triage.tickets import doubtful_labels, label_decisions

    if options["overlay"] is None:
        raise click.UsageError("--accept needs --overlay, the file that receives the decisions.")
    suspects = queue = doubtful_labels.read(options["accept"])
    said, not_asked = exchange.Imported([], 0)
    if options["import_from"] is not None:
        said, not_asked = exchange.read(options["import_from"], suspects)
    if options["review"]:
        suspects = review.ask(suspects, open_home(options).bars)
        doubtful_labels.write(options["accept"], suspects)
    known = overlay.read(options["overlay"]).decided() if options["overlay"].exists() else set()
    at, decisions = now(), []
    for who, each in [*((None, each) for each in suspects), *said]:
        if (each.id, each.head) not in known:
            decisions += review.decisions([each], who or options["by"], at)
    label_decisions.append(options["overlay"], decisions, at)
    changed = sum(each.was != each.label for each in decisions)
    new = review.new_labels(decisions, queue)
    if options["as_json"]:
        kept = {"changed": changed, "kept": len(decisions) - changed, "not_asked": not_asked, "new_labels": new}
        print_json({"overlay": str(options["overlay"]), **kept})
        return
    left_out = f"; {not_asked} answers left out: the queue does not ask about them" if not_asked else ""
    click.echo(f"{changed} labels changed and {len(decisions) - changed} confirmed in {options['overlay']}{left_out}.")
    for head, labels in new.items():
        click.echo(
            f"{head}: no line of the queue has {', '.join(map(repr, labels))}. To take a typing mistake back: "
            f"relabel --undo ID --overlay {options['overlay']}"
        )


def _export(options: Any) -> None:  # noqa: ANN401
    from training.data_quality import exchange
    from triage.tickets import doubtful_labels

    n = exchange.write(options["export_to"], doubtful_labels.read(options["accept"]))
    click.echo(
        f"{n} tasks in {options['export_to']}. Next: relabel --accept {options['accept']} --import FILE --overlay …"
    )


def _undo(options: Any) -> None:  # noqa: ANN401
    from training.data import label_overlay as overlay

    if options["overlay"] is None:
        raise click.UsageError("--undo needs --overlay, the file that holds the change.")
    from triage.tickets import label_decisions

    at = now()
    standing = overlay.read(options["overlay"]).last_change(options["undo"])
    label_decisions.append(options["overlay"], label_decisions.undone(standing, options["by"], at), at)
    click.echo(f"{len(standing)} changes of {options['undo']} taken back in {options['overlay']}.")


def _tell(applied: OverlayCounts | None) -> None:
    """Say how an overlay fits an export."""
    if applied is not None:
        refused = "".join(f"; {n} left out: {why}" for why, n in applied.refused.items())
        click.echo(f"Overlay {applied.file}: {applied.changed} labels changed{refused}")
