"""`firstline policies`: look at a change of policy files before it counts, and apply it with who and why."""

from pathlib import Path

import rich_click as click

from serving.commands.here import HOME, edit_here
from serving.settings import Settings

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group()
def policies() -> None:
    """Compare policy files with those in force, and apply them with a reason.

    `firstline replay --policy FOLDER` tries them on past tickets first.
    """


@policies.command()
@FOLDER
@HOME
def check(folder: Path, home: Path | None) -> None:
    """Check the files of FOLDER, and show how they differ from those in force."""
    from serving.change_log.applying import compared

    click.echo(compared(folder, Settings.from_environment(home=home)) or "They are the same as those in force.")


@policies.command()
@FOLDER
@click.option("--because", metavar="REASON", required=True, help="Why, for the change log (GET /v1/audit).")
@HOME
def apply(folder: Path, because: str, home: Path | None) -> None:
    """Copy the files of FOLDER over those that FIRSTLINE_POLICIES names; the change log says who and why.

    Files that FOLDER lacks stay as they are. Restart `firstline serve` to decide by them.
    """
    from serving.change_log.applying import apply as apply_files

    if not because.strip():
        raise click.UsageError('--because says why, such as --because "support is open on Saturdays now"')
    changed = apply_files(folder, Settings.from_environment(home=home), edit_here(because))
    click.echo(f"Applied: {', '.join(changed)}. Restart `firstline serve`." if changed else "Nothing differs.")
