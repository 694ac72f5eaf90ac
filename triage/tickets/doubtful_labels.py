"""The queue of labels that are probably wrong or missing, as `firstline-train relabel` writes it: JSON lines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from triage.errors import DecisionsNotReadable
from triage.tickets.label_decisions import record, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from triage.tickets.fact_values import Said


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label to look at: the one filed (None: missing), the one proposed, how sure, why, and what was decided.

    Of a multi head both are lists in alphabetical order: all labels that the ticket has, and all that it should have.
    """

    id: str
    head: str
    label: Said
    proposed: str | tuple[str, ...]
    score: float
    evidence: tuple[str, ...]
    text: str
    decision: str | None = None

    @property
    def added(self) -> tuple[str, ...]:
        """Of a multi head, the labels that the ticket seems to lack."""
        return tuple(each for each in self.proposed if each not in (self.label or ()))

    @property
    def removed(self) -> tuple[str, ...]:
        """Of a multi head, the labels that the ticket seems to have wrongly."""
        return tuple(each for each in self.label or () if each not in self.proposed)


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
                said = {name: said_of(row[name]) for name in ("label", "proposed")}
                found.append(Suspect(**row | said | {"evidence": tuple(row["evidence"])}))
            except (TypeError, KeyError, ValueError) as problem:
                raise DecisionsNotReadable(path, number, "is no line of a queue that `relabel` wrote") from problem
    return found
