"""Decisions of people on labels of closed tickets: the lines of a label overlay, which a refit lays over its export.

A file of JSON lines that only grows: a header with the format's version, then one line a decision: which ticket, which
head, the label it had, the label it gets, who decided, when. Of a multi head both are lists. A later line undoes an
earlier one by naming its label as the old one. A line whose two labels are the same says that a person looked and kept
the label.
"""

from __future__ import annotations

import fcntl
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from triage.errors import DecisionsNotReadable
from triage.taxonomy.heads import can_be_declared
from triage.tickets.fact_values import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

FORMAT = "firstline-overlay/1"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on one label, or on the labels of a multi head; None: no label, or no list so far."""

    id: str
    head: str
    was: Said
    label: Said
    by: str
    at: str


def read(path: Path) -> tuple[Decision, ...]:
    """Read the decisions of an overlay, in their order. Raises `DecisionsNotReadable`."""
    try:
        return parse(path, path.read_bytes())
    except OSError as problem:
        raise DecisionsNotReadable(path, None, problem.strerror or str(problem)) from problem


def parse(path: Path, data: bytes) -> tuple[Decision, ...]:
    """Return the decisions in the bytes of an overlay. Raises `DecisionsNotReadable`."""
    lines = [(number, line) for number, line in enumerate(data.splitlines(), start=1) if line.strip()]
    header = record(path, *lines[0]) if lines else {}
    if header.get("format") != FORMAT:
        raise DecisionsNotReadable(path, 1, f'the first line must say {{"format": "{FORMAT}"}}')
    return tuple(_decision(path, number, line) for number, line in lines[1:])


def append(path: Path, decisions: Iterable[Decision], at: datetime) -> None:
    """Add decisions, making the file where there is none. Raises `DecisionsNotReadable` when it is no overlay."""
    if path.exists() and path.stat().st_size:
        read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two people may review at the same time
        rows: list[dict[str, Any]] = [asdict(each) for each in decisions]
        if not file.tell():
            rows.insert(0, {"format": FORMAT, "created_at": at.isoformat()})
        file.write(b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))


def decided(decisions: Iterable[Decision]) -> set[tuple[str, str]]:
    """Return ticket and head of everything that a person has decided on and not taken back."""
    chains: dict[tuple[str, str], list[Decision]] = {}
    for each in decisions:
        chains.setdefault((each.id, each.head), []).append(each)
    return {key for key, chain in chains.items() if chain[-1].label != chain[0].was or chain[-1].was == chain[-1].label}


def undone(decisions: Sequence[Decision], by: str, at: datetime) -> list[Decision]:
    """Return the decisions that take others back, the last first."""
    return [
        replace(each, was=each.label, label=each.was, by=by, at=at.isoformat())
        for each in reversed(decisions)
        if each.was != each.label
    ]


def said_of(written: object) -> Said:
    """Read a label, a list of labels, or null. Raises `ValueError`."""
    if isinstance(written, list) and all(isinstance(each, str) for each in written):
        return listed(written)
    if not isinstance(written, str | None):
        raise ValueError(written)  # noqa: TRY004 - what a file says, not what code passes
    return written


def listed(labels: Iterable[str]) -> tuple[str, ...]:
    """Return a list of labels in the order in which lists are compared: each once, in alphabetical order."""
    return tuple(sorted(set(labels)))


def in_words(said: Said) -> str:
    """Return a label, or several, in words."""
    return said if isinstance(said, str) else ", ".join(said or ()) or "none"


def record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises `DecisionsNotReadable`."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise DecisionsNotReadable(path, number, f"is not JSON ({problem})") from problem
    if not isinstance(found, dict):
        raise DecisionsNotReadable(path, number, "is not a JSON object")
    return found


def _decision(path: Path, number: int, line: bytes) -> Decision:
    found = record(path, number, line)
    words = {name: found.get(name) for name in ("id", "head", "by", "at")}
    for name, value in words.items():
        if not isinstance(value, str) or not value:
            raise DecisionsNotReadable(path, number, f"has no {name}")
    if not can_be_declared(str(words["head"])):
        raise DecisionsNotReadable(path, number, f"{words['head']!r} is no name of a head")
    said: dict[str, Said] = {}
    for name in ("was", "label"):
        try:
            said[name] = said_of(found[name])
        except (KeyError, ValueError):
            told = f"{name} must be a label or a list of labels, or null for none"
            raise DecisionsNotReadable(path, number, told) from None
    return Decision(**said, **words)  # type: ignore[arg-type]
