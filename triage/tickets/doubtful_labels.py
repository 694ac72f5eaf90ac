"""The queue of labels that are probably wrong or missing, as `firstline-train relabel` writes it: JSON lines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from triage.durable_files import write_file
from triage.errors import DecisionsNotReadable
from triage.taxonomy.heads import can_be_declared
from triage.tickets.label_decisions import record, said_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from triage.tickets.fact_values import Said

ACCEPT, KEEP = "accept", "keep"
DECISIONS: Final = (ACCEPT, KEEP, None)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label to look at: the one filed (None: missing), the one proposed, how sure, why, and what was decided.

    Of a multi head both are lists in alphabetical order: all labels that the ticket has, and all that it should have.
    """

    id: str
    head: str
    label: Said
    proposed: Said
    """None only where a person wrote it into the queue and accepted it: the ticket shall have no label."""
    score: float
    evidence: tuple[str, ...]
    text: str
    decision: str | None = None

    @property
    def added(self) -> tuple[str, ...]:
        """Of a multi head, the labels that the ticket seems to lack."""
        return tuple(each for each in self.proposed or () if each not in (self.label or ()))

    @property
    def removed(self) -> tuple[str, ...]:
        """Of a multi head, the labels that the ticket seems to have wrongly."""
        return tuple(each for each in self.label or () if each not in (self.proposed or ()))


def write(path: Path, suspects: Sequence[Suspect]) -> None:
    """Write a queue, one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ({"rank": rank} | asdict(each) for rank, each in enumerate(suspects, start=1))
    write_file(path, b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))


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
            try:
                found.append(_suspect(row))
            except KeyError as problem:
                told = f"has no {problem.args[0]}: it is no line of a queue that `relabel` wrote"
                raise DecisionsNotReadable(path, number, told) from problem
            except ValueError as problem:
                raise DecisionsNotReadable(path, number, str(problem)) from problem
    return found


def _suspect(row: Mapping[str, Any]) -> Suspect:
    """Read one line. Raises `KeyError`, and `ValueError` with what is wrong."""
    label, proposed, decision = _said(row, "label"), _said(row, "proposed"), row.get("decision")
    ticket, head, text = _text(row, "id"), _text(row, "head"), _sound(row["text"])
    evidence, score = row["evidence"], row["score"]
    if not can_be_declared(head):
        raise ValueError(f"{head!r} is no name of a head")
    if not isinstance(evidence, list) or isinstance(score, bool) or not isinstance(score, int | float):
        raise ValueError("evidence is no list of texts, or score is no number")  # noqa: TRY004 - what a file says
    if decision not in DECISIONS:
        raise ValueError(f'decision is {decision!r}; write "{ACCEPT}", "{KEEP}" or null')
    if proposed is None and decision != ACCEPT:
        raise ValueError(f'proposed is null, which needs "decision": "{ACCEPT}": the ticket shall have no label')
    if None not in (label, proposed) and isinstance(label, tuple) != isinstance(proposed, tuple):
        raise ValueError("label and proposed must both be one label, or both a list")
    return Suspect(ticket, head, label, proposed, float(score), tuple(map(_sound, evidence)), text, decision)


def _said(row: Mapping[str, Any], name: str) -> Said:
    try:
        return said_of(row[name])
    except ValueError as problem:
        raise ValueError(f"{name} {problem}") from None


def _text(row: Mapping[str, Any], name: str) -> str:
    if not row[name]:
        raise ValueError(f"has no {name}")
    return _sound(row[name])


def _sound(text: object) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{text!r} stands where a text must be")  # noqa: TRY004 - what a file says
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("contains a character that is no valid Unicode (a lone surrogate)") from None
    return text
