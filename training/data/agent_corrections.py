"""Agents' corrections of tags, as lines {id, head, label, actor, at}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.errors import DecisionsNotReadable
from triage.taxonomy.heads import can_be_declared
from triage.tickets.label_decisions import record

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Corrected:
    """The label that an agent chose, who and when (in words)."""

    label: str
    actor: str
    at: str | None


def read(path: Path | None) -> dict[tuple[str, str], Corrected]:
    """Read the last correction of each ticket and head; no file is no corrections.

    A line without an actor is refused: what no person stands behind (a customer's click) is no label.
    Raises `DecisionsNotReadable`.
    """
    if path is None:
        return {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError as problem:
        raise DecisionsNotReadable(path, None, problem.strerror or str(problem)) from problem
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = record(path, number, line)
        for name in ("id", "head", "label", "actor"):
            if not isinstance(row.get(name), str) or not row[name].strip():
                raise DecisionsNotReadable(path, number, f"has no {name}")
        if not can_be_declared(row["head"]):
            raise DecisionsNotReadable(path, number, f"{row['head']!r} is no name of a head")
        at = row.get("at")
        found[row["id"], row["head"]] = Corrected(row["label"], row["actor"], at if isinstance(at, str) else None)
    return found
