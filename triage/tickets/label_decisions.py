"""Decisions of people on labels of closed tickets: the lines of a label overlay, which a refit lays over its export.

A file of JSON lines that only grows: a header with the format's version, then one line a decision: which ticket, which
head, the label it had, the label it gets, who decided, when. Of a multi head both are lists. A later line undoes an
earlier one by naming its label as the old one. A line whose two labels are the same says that a person looked and kept
the label.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from triage.durable_files import flush_folder
from triage.errors import BadClosedTicket, DecisionsNotReadable
from triage.taxonomy.heads import can_be_declared
from triage.tickets.closed_ticket import read_labels
from triage.tickets.fact_values import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
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
    """Return the decisions in the bytes of an overlay; a last line that a kill cut short is left out.

    Raises `DecisionsNotReadable`.
    """
    lines = [(number, line) for number, line in enumerate(_whole(data).splitlines(), start=1) if line.strip()]
    header = record(path, *lines[0]) if lines else {}
    if header.get("format") != FORMAT:
        raise DecisionsNotReadable(path, 1, f'the first line must say {{"format": "{FORMAT}"}}')
    return tuple(_decision(path, number, line) for number, line in lines[1:])


def append(path: Path, decisions: Iterable[Decision], at: datetime) -> None:
    """Add decisions, making the file where there is none. Raises `DecisionsNotReadable` when it is no overlay."""
    decide(path, lambda _: decisions, at)


def decide(path: Path, following: Callable[[tuple[Decision, ...]], Iterable[Decision]], at: datetime) -> None:
    """Add what follows from the decisions so far, and return when it is on the disk.

    Of several people who decide at the same time each sees what the others have decided. Raises `DecisionsNotReadable`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before = file.read()
        whole = _whole(before)
        rows: list[dict[str, Any]] = [asdict(each) for each in following(parse(path, whole) if whole.strip() else ())]
        if not whole.strip():
            rows.insert(0, {"format": FORMAT, "created_at": at.isoformat()})
        unended = b"\n" if whole and not whole.endswith(b"\n") else b""  # an editor may leave out the last end of line
        lines = b"".join(json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n" for row in rows)
        file.truncate(len(whole))
        file.write(unended + lines)
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.parent)


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
    """Read a label, a list of labels, or null, by the rules of a closed ticket's labels. Raises `ValueError`."""
    if written is None:
        return None
    if not isinstance(written, str | list) or not all(isinstance(each, str) for each in written):
        raise ValueError("must be a label or a list of labels, or null for none")
    try:
        found = read_labels("label", written)
    except BadClosedTicket as problem:
        raise ValueError(problem.problem) from problem
    if found is None:
        raise ValueError("is empty; write null for none")
    return found if isinstance(found, str) else listed(found)


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
    except UnicodeDecodeError as problem:
        raise DecisionsNotReadable(path, number, "is not UTF-8; save the file as UTF-8") from problem
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
        except KeyError:
            raise DecisionsNotReadable(path, number, f"has no {name}; write null for none") from None
        except ValueError as problem:
            raise DecisionsNotReadable(path, number, f"{name} {problem}") from None
    return Decision(**said, **words)  # type: ignore[arg-type]


def _whole(data: bytes) -> bytes:
    """Return the lines of a file without a last one that a kill cut short: nobody was shown that it is saved."""
    end = data.rfind(b"\n") + 1
    try:
        json.loads(data[end:] or b"{}")
    except (ValueError, RecursionError):
        return data[:end]
    return data
