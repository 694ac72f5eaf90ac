"""What commands share: where the home is, and who changes something from the command line."""

import os
import pwd
from contextlib import suppress
from pathlib import Path

import rich_click as click

from serving.changes.edit import Edit
from serving.clock import SystemClock

HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
BECAUSE = click.option("--because", metavar="REASON", help="Why, for the change log (GET /v1/audit).")


def edit_here(because: str | None) -> Edit:
    """Return the circumstances of a change by this command: the account that runs it, now."""
    by = "command line"
    with suppress(KeyError):  # in a container the account may have no name
        by = f"{pwd.getpwuid(os.getuid()).pw_name} at the {by}"
    return Edit(at=SystemClock().now(), by=by, because=because)
