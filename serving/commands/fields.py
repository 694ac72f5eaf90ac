"""`firstline fields`: try the declared fields on a text."""

import json
from pathlib import Path

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings

HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def fields() -> None:
    """Try the declared fields on a text; a mistake in fields.toml is named."""


@fields.command("try")
@click.argument("text")
@click.option("--subject", default="", help="The ticket's subject; TEXT is its description.")
@click.option("--file", "path", type=FILE, help="Another fields.toml; default: the desk's own.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list, as the API returns it.")
@HOME
def try_fields(text: str, subject: str, path: Path | None, home: Path | None, *, as_json: bool) -> None:
    """Show which fields TEXT gives. Nothing is stored."""
    from msgspec import to_builtins

    from serving.policy import policies, ticket_fields
    from triage.fields.finding import WrittenText, found

    settings = Settings.from_environment(home=home)
    desk = policies.load(settings.policies)
    declared = ticket_fields.read(path, desk.heads) if path else desk.fields
    values = ticket_fields.fields_out(found(declared, WrittenText(subject, text), SystemClock().now().date()))
    if as_json:
        click.echo(json.dumps(to_builtins(values), ensure_ascii=False))
        return
    for each in values:
        state = "valid" if each.valid else f"not valid: {each.problem}"
        click.echo(f"{each.name}\t{each.value}\t{each.source} {each.start}-{each.end} {each.as_written!r}\t{state}")
    if not values:
        names = ", ".join(rule.name for rule in declared.rules)
        click.echo(f"No field found. Declared are {names or 'none'}.", err=True)
