"""Files in the home folder derived from tickets: exports, label queues, a candidate bundle."""

import gzip
import json
import shutil
from collections.abc import Collection
from pathlib import Path

from triage.durable_files import write_file
from triage.tickets.tombstones import FILE

_CANDIDATE, _CARE, _CHECKUP = "candidate", "care", "doctor.json"
_OF_BUNDLES = ("cases/cases.jsonl", "holdout.jsonl")


def sweep(home: Path, ids: Collection[str]) -> int:
    """Take erased tickets out of them, line by line, and return how many files were changed or deleted.

    What cannot be changed (a sealed bundle that does not serve, a report on all tickets) is deleted: a command makes it
    anew. Bundles that serve or served are for `firstline-train promote`.
    """
    folders = (home, home / _CARE)
    lists = [path for folder in folders for kind in ("*.jsonl", "*.jsonl.gz") for path in sorted(folder.glob(kind))]
    changed = sum(_filtered(path, ids) for path in lists if path.name != FILE)
    checkup = home / _CARE / _CHECKUP
    if checkup.is_file() and any(f'"{each}"' in checkup.read_text("utf-8", "replace") for each in ids):
        checkup.unlink()
        changed += 1
    candidate = home / _CANDIDATE
    if any(_ids_in(candidate / name) & set(ids) for name in _OF_BUNDLES):
        shutil.rmtree(candidate)
        changed += 1
    return changed


def _filtered(path: Path, ids: Collection[str]) -> bool:
    lines = _lines(path)
    kept = [line for line in lines if _id(line) not in ids]
    if len(kept) == len(lines):
        return False
    content = b"".join(kept)
    write_file(path, gzip.compress(content) if path.suffix == ".gz" else content)
    return True


def _lines(path: Path) -> list[bytes]:
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError):  # not one of ours, or still being written
        return []
    return content.splitlines(keepends=True)


def _ids_in(path: Path) -> set[str]:
    return {_id(line) for line in _lines(path)} if path.is_file() else set()


def _id(line: bytes) -> str:
    try:
        row = json.loads(line)
    except ValueError:
        return ""
    return str(row.get("id", "")) if isinstance(row, dict) else ""
