"""`firstline snapshot`: closed tickets to a file, while the service may run."""

import gzip
from pathlib import Path
from typing import IO, cast

import msgspec

from serving.database import read_only
from serving.tickets.snapshot import closed_tickets
from triage.closed_ticket import to_record


def export(database: Path | str, out: Path) -> int:
    """Write one JSON object a line, gzipped if the name ends so, and return how many; the file appears whole or not.

    Raises `DatabaseMissing`: there is no database to read.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    written = 0
    with read_only(database) as connection, _opened(part, packed=out.suffix == ".gz") as file:
        for ticket in closed_tickets(connection):
            file.write(msgspec.json.encode(to_record(ticket)) + b"\n")
            written += 1
    part.replace(out)
    return written


def _opened(path: Path, *, packed: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "wb")) if packed else path.open("wb")
