"""`firstline-train import`: look at an export, and write down how to read it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from training.commands.options import FILE, declared_heads, home_option, json_option, mapping_option, print_json

if TYPE_CHECKING:
    from training.data.presets.importing import Understood

_SHOWN = 8


@click.command("import")
@click.argument("tickets", type=FILE, required=False)
@click.option("--tickets", "named", type=FILE, help="The same, as other commands take it.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the mapping there; default: beside the tickets, as NAME.mapping.toml.",
)
@click.option("--force", is_flag=True, help="Write over a mapping that is there already.")
@mapping_option
@home_option
@json_option
def import_(**options: Any) -> None:  # noqa: ANN401
    """Look at the tickets in TICKETS, show what was understood, and write a mapping for `fit` and the others.

    The helpdesk is found out from the columns; --preset names it, and --mapping says what is known better. Values that
    nobody understands, rows that cannot be used and labels with their counts are listed. Nothing is changed in TICKETS.

    TICKETS: .jsonl, .csv (either may be .gz) or .parquet.
    """
    from training.data.presets.importing import as_toml, understand

    tickets: Path | None = options["named"] or options["tickets"]
    if tickets is None or (options["named"] and options["tickets"]):
        raise click.UsageError("name one file of tickets: firstline-train import export.csv, or --tickets export.csv")
    out = options["out"] or tickets.with_name(f"{tickets.name.split('.', 1)[0]}.mapping.toml")
    if out.exists() and out.samefile(tickets):
        raise click.UsageError(f"{out} is the export itself; --out names another file")
    if out.exists() and not options["force"]:
        raise click.UsageError(f"{out} is there already; --force writes over it, --out names another file")
    heads = declared_heads(options)
    found = understand(tickets, options["mapping"], options["timezone"], options["preset"] or "auto", heads)
    out.write_text(as_toml(found), "utf-8")
    if options["as_json"]:
        print_json(_facts(found) | {"mapping": str(out)})
        return
    for line in _lines(
        found, options["mapping"]
    ):  # an export may hold what moves a terminal's cursor, or half a character
        click.echo("".join(each if each.isprintable() else "\ufffd" for each in line))
    if not found.export.tickets:
        click.echo(f"\nWritten: {out}. No ticket can be read yet: see to what stands above, then import with --force.")
        raise SystemExit(1)
    heads_of = f" --taxonomy {options['taxonomy']}" if options["taxonomy"] else ""
    then = f"firstline-train fit --tickets {tickets} --mapping {out}{heads_of} --out candidate"
    click.echo(f"\nWritten: {out}. Read it, then: {then}")


def _facts(found: Understood) -> dict[str, Any]:
    export = found.export
    return {
        "preset": found.preset,
        "columns": dict(found.mapping.columns),
        "unused": list(found.unused),
        "tickets": len(export.tickets),
        "quarantined": len(export.quarantined),
        "labels": {head: dict(counts) for head, counts in found.labels.items()},
        "unread": {each.field: each.rows for each in export.unread_values},
    }


def _lines(found: Understood, said: Path | None) -> list[str]:
    export = found.export
    as_it_is = "Read as it is: the columns have our names." if found.fields else "Nothing of it could be read."
    lines = [f"Read as {found.preset or f'{said} says'}." if found.preset or said else as_it_is, ""]
    width = max((len(each.name) for each in found.fields), default=0)
    column = max((len(each.column) for each in found.fields), default=0)
    lines += [
        f"  {each.name:<{width}}  {each.column:<{column}}  {each.filled:>4.0%}  {each.example}" for each in found.fields
    ]
    if found.unused:
        lines += ["", f"Not read: {', '.join(found.unused[:30])}{' …' if len(found.unused) > 30 else ''}."]
    lines += ["", f"{_read(found)}, {_of(len(export.quarantined), 'row')} quarantined."]
    lines += _reasons(found)
    for head, counts in found.labels.items():
        shown = ", ".join(f"{label} {count}" for label, count in list(counts.items())[:_SHOWN])
        tickets = found.tagged.get(head, sum(counts.values()))
        lines.append(f"{head}: {_of(len(counts), 'label')} on {_of(tickets, 'ticket')}: {shown}{_more(counts)}")
    if found.tags:
        lines.append(found.tags)
    return lines + [each.sentence for each in export.undeclared] + export.unread_sentences


def _reasons(found: Understood) -> list[str]:
    """Say why rows are quarantined, the most frequent reason first, and where it comes first."""
    first: dict[str, int] = {}
    counts = Counter(row.reason for row in found.export.quarantined)
    for row in found.export.quarantined:
        first.setdefault(row.reason, row.line)
    return [
        f"  {_of(count, 'row')}, {'first ' if count > 1 else ''}in line {first[reason]}: {reason}"
        for reason, count in counts.most_common(_SHOWN)
    ]


def _of(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _more(counts: dict[str, int] | Any) -> str:  # noqa: ANN401
    return f" and {len(counts) - _SHOWN} others" if len(counts) > _SHOWN else ""


def _read(found: Understood) -> str:
    tickets = found.export.tickets
    if not tickets:
        return "No ticket can be read" if found.export.quarantined else "There are no rows in it"
    times = [ticket.created_at for ticket in tickets if ticket.created_at]
    span = f"from {min(times):%Y-%m-%d} to {max(times):%Y-%m-%d}" if times else "without times"
    return f"{_of(len(tickets), 'ticket')} {span}"
