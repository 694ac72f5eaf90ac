"""`firstline demo-data`: the sample's year in an empty home."""

from pathlib import Path

import rich_click as click

from serving.changes.edit import Edit
from serving.clock import SystemClock
from serving.settings import Settings
from serving.storage.errors import HomeInUse

_SAMPLE = Path(__file__).parents[3] / "datasets" / "sample"
_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")


@click.command("demo-data")
@click.option("--if-empty", is_flag=True, help="Do nothing, without an error, where somebody has worked already.")
@_HOME
def demo_data(home: Path | None, *, if_empty: bool) -> None:
    """Fill an empty home with the sample's year, as if a desk had worked until now.

    Tickets, sessions, ratings and an outage of yesterday. Texts and labels are the sample's, with their times moved;
    what agents and customers said in between, the models' confidences and the sessions' outcomes are made up.
    """
    from serving.commands.demo import filling, sample
    from serving.keys.api_keys import Scope
    from serving.keys.installation_secret import InstallationSecret
    from serving.keys.new_key import create
    from serving.policy.policies import load
    from serving.process import database_of, opened_keys

    settings, at = Settings.from_environment(home=home), SystemClock().now()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = database_of(settings)
    try:
        database.open()
    except HomeInUse:
        raise click.ClickException("The service has this home open: stop it first.") from None
    try:
        if if_empty and not filling.is_empty(database):
            click.echo("This home has tickets or sessions already: no demo data was added.")
            return
        found = sample.read(_SAMPLE, settings.sample / "index", at)
        filling.fill(database, load(settings.policies), found, at, lambda text: click.echo(text, err=True))
    finally:
        database.close()
    with opened_keys(settings, SystemClock()) as keys:
        made = create(keys, InstallationSecret(settings.secret_path), Scope.ADMIN, "demo", (), Edit(at=at, by="demo"))
    click.echo(f"A year of a desk lies in {settings.home}. This key opens the console; it is shown only now:")
    click.echo(made.key)
