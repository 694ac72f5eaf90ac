"""Files in the home folder derived from tickets: exports, label queues, a candidate bundle."""

import gzip
import json
import shutil
from collections.abc import Collection
from pathlib import Path

from triage.durable_files import write_file
from triage.text.mentions import Mention
from triage.tickets.tombstones import FILE

_CANDIDATE, _CARE, _AUDITS, _CHECKUP = "candidate", "care", "audits", "doctor.json"
_OF_BUNDLES = ("cases/cases.jsonl", "holdout.jsonl", "answered.jsonl")


def sweep(home: Path, ids: Collection[str], mention: Mention | None = None) -> int:
    """Take erased tickets, and the lines that mention somebody, out of them; return how many were changed or deleted.

    What cannot be changed (a sealed bundle that does not serve, a report on all tickets) is deleted: a command makes it
    anew. Bundles that serve or served are for `firstline-train promote`.
    """
    folders = (home, home / _CARE, home / _AUDITS)
    lists = [path for folder in folders for kind in ("*.jsonl", "*.jsonl.gz") for path in sorted(folder.glob(kind))]
    erased = set(ids)
    changed = sum(_filtered(path, erased, mention) for path in lists if path.name != FILE)
    checkup = home / _CARE / _CHECKUP
    if checkup.is_file() and _names(checkup.read_bytes(), erased, mention):
        checkup.unlink()
        changed += 1
    candidate = home / _CANDIDATE
    if any(_is_gone(line, erased, mention) for name in _OF_BUNDLES for line in _lines(candidate / name)):
        shutil.rmtree(candidate)
        changed += 1
    return changed


def _filtered(path: Path, ids: set[str], mention: Mention | None) -> bool:
    lines = _lines(path)
    kept = [line for line in lines if not _is_gone(line, ids, mention)]
    if len(kept) == len(lines):
        return False
    content = b"".join(kept)
    write_file(path, gzip.compress(content) if path.suffix == ".gz" else content)
    return True


def _lines(path: Path) -> list[bytes]:
    if not path.is_file():
        return []
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError):  # not one of ours, or still being written
        return []
    return content.splitlines(keepends=True)


def _is_gone(line: bytes, ids: set[str], mention: Mention | None) -> bool:
    return _id(line) in ids or (mention is not None and mention.is_in(line))


def _names(content: bytes, ids: set[str], mention: Mention | None) -> bool:
    text = content.decode("utf-8", "replace")
    return any(f'"{each}"' in text for each in ids) or (mention is not None and mention.is_in(content))


def _id(line: bytes) -> str:
    try:
        row = json.loads(line)
    except ValueError:
        return ""
    return str(row.get("id", "")) if isinstance(row, dict) else ""
