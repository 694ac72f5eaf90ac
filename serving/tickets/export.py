"""`firstline snapshot`: export closed tickets to a file while the service may run."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from serving import training_file
from serving.storage.database import read_only
from serving.tickets.snapshot import closed_page


def export(
    database: Path | str, out: Path, since: datetime | None = None, told: Callable[[int], None] | None = None
) -> training_file.WriteProgress:
    """Write the tickets that were closed since, and return how many; the file appears whole or not.

    Raises `DatabaseMissing`: there is no database to read.
    """

    def source(cursor: str | None) -> training_file.Page:
        with read_only(database) as connection:
            return closed_page(connection, since, cursor)

    # Of an address without its password, which has no place in the notes beside the file.
    where = database.resolve() if isinstance(database, Path) else make_url(database).render_as_string()
    return training_file.write(out, source, f"{where} {since}", told)
