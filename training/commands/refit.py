"""`firstline-train refit`: snapshot, doctor, fit, gates and shadow, for every night."""

from __future__ import annotations

from typing import Any

import rich_click as click

from training.commands.options import ANY, FILE, FOLDER, encoder_option, home_option, now


@click.command()
@click.option("--out", type=FOLDER, help="Folder for the bundle; default: HOME/candidate.")
@click.option("--articles", type=ANY, help="Knowledge base: also learn when an article answers.")
@click.option("--config", type=FILE, help="refit.toml; every setting has a default.")
@click.option("--overlay", type=FILE, help="Accepted corrections of labels, as `relabel --accept` writes them.")
@click.option("--shadow", is_flag=True, help="Let the bundle tag live tickets silently if the gates pass it.")
@click.option("--fresh", is_flag=True, help="Take a new snapshot even where an earlier refit was killed.")
@encoder_option
@home_option
def refit(**options: Any) -> None:  # noqa: ANN401 - click's options
    """Refit for the night: snapshot, doctor, fit and gates, and with --shadow start the bundle as a shadow.

    What serves stays as it is: the bundle is added with the gates' verdict, and the console makes it current. Killed at
    any moment, the same command goes on with the first stage that was not finished; a stage whose inputs are as they
    were is not run again. Exit code 1 if a stage fails or the gates refuse: no later stage runs.
    """
    from training.nightly import chain
    from training.nightly.stages import Wanted

    fresh, out = options.pop("fresh"), options.pop("out") or options["home"] / "candidate"
    wanted = Wanted(out=out, **options)
    chain.run(wanted, now, lambda line: click.echo(f"refit: {line}", err=True), fresh=fresh)
    click.echo(f"{wanted.out} passed the gates; make it current in the console, or with `firstline-train promote`.")
