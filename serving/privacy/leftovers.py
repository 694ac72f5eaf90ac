"""Files in the home folder derived from tickets: exports, label queues, a candidate bundle."""

import gzip
import json
import shutil
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from triage.durable_files import write_file
from triage.errors import FileNotReadable
from triage.reading import bounded_files
from triage.text.mentions import Mention
from triage.tickets.tombstones import FILE

_CANDIDATE, _CARE, _AUDITS, _CHECKUP = "candidate", "care", "audits", "doctor.json"
_OF_BUNDLES = ("cases/cases.jsonl", "holdout.jsonl", "answered.jsonl")


class Swept(NamedTuple):
    """What a sweep did."""

    changed: int
    """Files that were changed or deleted."""
    refused: list[str]
    """Files that could not be searched, each with why: they may still name somebody."""


def sweep(home: Path, ids: Collection[str], mention: Mention | None = None) -> Swept:
    """Take erased tickets, and the lines that mention somebody, out of them.

    What cannot be changed (a sealed bundle that does not serve, a report on all tickets) is deleted: a command makes it
    anew. Bundles that serve or served are for `firstline-train promote`.
    """
    folders = (home, home / _CARE, home / _AUDITS)
    lists = [path for folder in folders for kind in ("*.jsonl", "*.jsonl.gz") for path in sorted(folder.glob(kind))]
    erased, changed, refused = set(ids), 0, list[str]()
    clean = [partial(_filtered, path) for path in lists if path.name != FILE]
    for each in (*clean, partial(_without_candidate, home / _CANDIDATE)):
        try:
            changed += each(erased, mention)
        except (FileNotReadable, OSError) as problem:
            refused.append(str(problem))
    checkup = home / _CARE / _CHECKUP
    if checkup.is_file() and _names(checkup.read_bytes(), erased, mention):
        checkup.unlink()
        changed += 1
    return Swept(changed, refused)


def _filtered(path: Path, ids: set[str], mention: Mention | None) -> bool:
    if not _holds(path, ids, mention):
        return False
    kept = (line for line in bounded_files.lines(path) if not _is_gone(line, ids, mention))

    def fill(file: IO[bytes]) -> None:
        if bounded_files.is_gzip(path):
            with gzip.GzipFile("", "wb", fileobj=file) as packed:
                packed.writelines(kept)
        else:
            file.writelines(kept)

    write_file(path, fill)
    return True


def _without_candidate(candidate: Path, ids: set[str], mention: Mention | None) -> bool:
    if not any(_holds(candidate / name, ids, mention) for name in _OF_BUNDLES):
        return False
    shutil.rmtree(candidate)
    return True


def _holds(path: Path, ids: set[str], mention: Mention | None) -> bool:
    return path.is_file() and any(_is_gone(line, ids, mention) for line in bounded_files.lines(path))


def _is_gone(line: bytes, ids: set[str], mention: Mention | None) -> bool:
    return _id(line) in ids or (mention is not None and mention.is_in(line))


def _names(content: bytes, ids: set[str], mention: Mention | None) -> bool:
    text = content.decode("utf-8", "replace")
    return any(f'"{each}"' in text for each in ids) or (mention is not None and mention.is_in(content))


def _id(line: bytes) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return str(row.get("id", "")) if isinstance(row, dict) else ""
