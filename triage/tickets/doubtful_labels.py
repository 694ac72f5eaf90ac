"""The queue of labels that are probably wrong or missing, as `firstline-train relabel` writes it: JSON lines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from triage.errors import DecisionsNotReadable
from triage.tickets.label_decisions import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label to look at: the one filed (None: missing), the one proposed, how sure, why, and what was decided."""

    id: str
    head: str
    label: str | None
    proposed: str
    score: float
    evidence: tuple[str, ...]
    text: str
    decision: str | None = None


def write(path: Path, suspects: Sequence[Suspect]) -> None:
    """Write a queue, one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ({"rank": rank} | asdict(each) for rank, each in enumerate(suspects, start=1))
    path.write_bytes(b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))


def read(path: Path) -> list[Suspect]:
    """Read a queue, with what people have decided in it. Raises `DecisionsNotReadable`."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as problem:
        raise DecisionsNotReadable(path, None, problem.strerror or str(problem)) from problem
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = record(path, number, line)
            row.pop("rank", None)
            try:
                found.append(Suspect(**row | {"evidence": tuple(row["evidence"])}))
            except (TypeError, KeyError) as problem:
                raise DecisionsNotReadable(path, number, "is no line of a queue that `relabel` wrote") from problem
    return found
