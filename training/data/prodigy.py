"""Tasks for Prodigy's `choice` interface as JSON Lines, and its answers (`prodigy db-out`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from triage.errors import DecisionsNotReadable
from triage.tickets.label_decisions import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ENDING: Final = ".prodigy.jsonl"
Row = tuple[int, str, dict[str, tuple[str, ...]], str | None]
"""Of a file of answers: number of the row, ticket, by head what was chosen, and by whom."""
_WRONG: Final = 'is no task of Prodigy with "meta" (id, head), "accept" and "answer"'


def task(ticket: str, head: str, text: str, options: Sequence[str], *, several: bool = False) -> str:
    """Return one line: a question about one label field of a ticket; it does not say who gave which label.

    Of a multi head `several` options may be chosen.
    """
    choices = [{"id": option, "text": option} for option in options]
    row: dict[str, Any] = {"text": f"{head}: {text}", "options": choices, "meta": {"id": ticket, "head": head}}
    if several:
        row["meta"]["several"] = True
        row["config"] = {"choice_style": "multiple"}
    return json.dumps(row, ensure_ascii=False) + "\n"


def answers(path: Path) -> Iterator[Row]:
    """Yield line, ticket, what was chosen for each label field, and by whom; of rejected or ignored tasks nothing.

    Raises `DecisionsNotReadable`.
    """
    found: dict[tuple[str, str | None], tuple[int, dict[str, tuple[str, ...]]]] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        row = record(path, number, line)
        ticket, head = _meta(path, number, row)
        who = row.get("_annotator_id") or row.get("_session_id")
        own = found.setdefault((ticket, f"Prodigy {who}" if who else None), (number, {}))[1]
        own[head] = _chosen(path, number, row)
    for (ticket, who), (number, given) in found.items():
        yield number, ticket, given, who


def _meta(path: Path, number: int, row: dict[str, Any]) -> tuple[str, str]:
    meta = row.get("meta")
    if not isinstance(meta, dict) or not all(isinstance(meta.get(name), str) for name in ("id", "head")):
        raise DecisionsNotReadable(path, number, _WRONG)
    return meta["id"], meta["head"]


def _chosen(path: Path, number: int, row: dict[str, Any]) -> tuple[str, ...]:
    """Return the option that was chosen, or several where they may be; nothing where the task was not accepted."""
    accepted = row.get("accept", [])
    if not isinstance(accepted, list) or not all(isinstance(each, str) for each in accepted):
        raise DecisionsNotReadable(path, number, _WRONG)
    if row.get("answer") != "accept" or not accepted:
        return ()
    if len(accepted) > 1 and not row["meta"].get("several"):
        raise DecisionsNotReadable(path, number, f"{len(accepted)} options are chosen; choose one")
    return tuple(accepted)
