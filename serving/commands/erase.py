"""`firstline erase`: the same as `POST /v1/erasures`, for a home that no service has open."""

import json
import shlex
from pathlib import Path

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings
from serving.storage.errors import HomeInUse, ServiceHasIt


@click.command()
@click.option("--email", help="Erase the person with this address.")
@click.option("--visitor", help="Erase the visitor whom your page calls so, and the tickets of their sessions.")
@click.option("--account", help="Erase everybody of this account.")
@click.option("--ticket", help="Erase one ticket, by its id here or at the helpdesk it came from.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
def erase(*, yes: bool, home: Path | None, **whose: str | None) -> None:
    """Erase a customer's texts and identity from tables, index and training data. Tickets stay, without texts.

    This cannot be undone. Models forget with the next refit, and `promote` checks it. If a service has the home open,
    this prints the command that asks the service; the service need not be stopped.
    """
    given = [each for each in whose.values() if each is not None]
    if len(given) != 1 or not given[0].strip():
        raise click.UsageError("Give exactly one of --email, --visitor, --account and --ticket.")
    if not yes:
        click.confirm("This cannot be undone. Erase?", abort=True, err=True)
    settings = Settings.from_environment(home=home)
    try:
        counts = _erased(settings, **whose)
    except HomeInUse:
        raise ServiceHasIt(_line(settings.url, **whose)) from None
    click.echo("Erased: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items()) + ".")


def _line(url: str, **whose: str | None) -> str:
    """Return the line that has the running service do it, ready to be pasted."""
    body = shlex.quote(json.dumps({name: value for name, value in whose.items() if value is not None}))
    headers = '-H "Authorization: Bearer $KEY" -H "Content-Type: application/json"'
    return f"curl -X POST {url}/v1/erasures {headers} -d {body}"


def _erased(settings: Settings, **whose: str | None) -> dict[str, int]:
    from serving.composition import slices
    from serving.erasure import ErasureSubject
    from serving.privacy.erasing import Erasing
    from serving.process import assemble

    clock = SystemClock()
    context = assemble(settings, clock)
    erasing = next(each.dependencies["erasing"] for each in slices(context) if "erasing" in each.dependencies)
    assert isinstance(erasing, Erasing)  # noqa: S101 (for the type)
    context.database.open()
    try:
        return dict(erasing.erase(ErasureSubject(**whose), at=clock.now(), actor="command line").counts)
    finally:
        context.database.close()
