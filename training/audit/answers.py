"""The log of an audit: what people said is right about held-out tickets, one JSON line an answer, only ever added to.

The first line names the format and the seed of the order in which tickets are asked. Each other line is one ticket: for
every head that was asked the labels that the person accepts. No text of a ticket is kept, only a hash of it, so that an
answer is not taken for one about another ticket of the same id. A line that undoes takes back the ticket's last one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from triage.durable_files import flush_folder
from triage.errors import DecisionsNotReadable
from triage.instants import from_text
from triage.tickets.tombstones import SEEN_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from triage.taxonomy.changes import Changes
    from triage.tickets.tombstones import Erased

FORMAT = "firstline-audit/1"
FOLDER, FILE = "audits", "answers.jsonl"
Kind = Literal["label", "both", "neither", "cannot_tell"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Verdict(Struct, frozen=True, kw_only=True):
    """What a person says of one head's label: `labels` are those that are right (none: none is, or nobody can tell)."""

    kind: Kind
    labels: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    """In the order in which they were shown."""


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the log."""

    id: str
    """Of the ticket."""
    heads: Mapping[str, Verdict] = {}
    who: str
    at: str
    text: Annotated[str, Meta(pattern="^[0-9a-f]+$")] | None = None
    """Hash of the ticket's text; None: not compared."""
    repeat: bool = False
    """Whether the ticket was shown a second time: that measures the person and does not count in the test."""
    undo: bool = False


class Header(Struct, frozen=True, kw_only=True):
    """The first line of the log."""

    format: str = FORMAT
    seed: str
    created_at: str
    exhaustive: bool = False
    """Whether it was decided at the start to answer for every ticket: then the exact test is used, and no other."""
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What a log says, after everything that was taken back."""

    header: Header
    lines: tuple[Answer, ...] = ()
    _first: dict[tuple[str, str], Answer] = field(default_factory=dict)
    _by_text: dict[tuple[str, str, str | None], Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, header: Header, lines: Iterable[Answer]) -> Answers:
        """Take back what was undone; of several answers about a head's label of a ticket, the first counts."""
        kept: list[Answer] = []
        for line in lines:
            if not line.undo:
                kept.append(line)
                continue
            last = next((i for i in reversed(range(len(kept))) if kept[i].id == line.id), None)
            if last is not None:
                del kept[last]
        found = cls(header, tuple(kept))
        for line in kept:
            for head in () if line.repeat else line.heads:
                found._first.setdefault((line.id, head), line)
                found._by_text.setdefault((line.id, head, line.text), line)
        return found

    def find(self, ticket: str, head: str, text: str) -> Answer | None:
        """Return the first answer about a head's label of a ticket with this text; one about another text is none."""
        return self._by_text.get((ticket, head, text_digest(text))) or self._by_text.get((ticket, head, None))

    def first(self, ticket: str, head: str) -> Answer | None:
        """Return the answer that counts."""
        return self._first.get((ticket, head))

    def without(self, erased: Erased) -> Answers:
        """Leave out the tickets that customers had erased."""
        kept = (line for line in self.lines if line.id not in erased.ids and not _said(erased, line.text))
        return Answers.of(self.header, kept)

    def repeated(self) -> set[str]:
        """Return the tickets that were shown twice."""
        return {line.id for line in self.lines if line.repeat}


def accepts(answer: Answer, head: str, label: str, changes: Changes) -> bool:
    """Tell whether an answer accepts a label, in today's words."""
    since = from_text(answer.at, "at")
    return label in {changes.trace(head, each, since).label for each in answer.heads[head].labels}


def text_digest(text: str) -> str:
    """Return the hash by which a text is known again; the tombstones of erased tickets have the same."""
    return digest(text, SEEN_BYTES).hex()


def read(path: Path) -> Answers:
    """Read a log; a last line that a kill cut short is left out. Raises `DecisionsNotReadable`."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise DecisionsNotReadable(path, None, problem.strerror or str(problem)) from problem
    numbered = [(n, line) for n, line in enumerate(data.split(b"\n")[:-1], start=1) if line.strip()]
    if not numbered:
        raise DecisionsNotReadable(path, 1, "is empty; the first line must name the format and the seed")
    header = _decoded(path, *numbered[0], Header)
    if header.format != FORMAT:
        raise DecisionsNotReadable(path, 1, f'format is {header.format!r}; this version reads "{FORMAT}"')
    lines = [_decoded(path, *each, Answer) for each in numbered[1:]]
    for (number, _), line in zip(numbered[1:], lines, strict=True):
        try:
            from_text(line.at, "at")
        except ValueError as problem:
            raise DecisionsNotReadable(path, number, str(problem)) from problem
    return Answers.of(header, lines)


def start(path: Path, header: Header) -> None:
    """Make the log where there is none; of several who start it at once, one does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _append(path, [header], only_first=True)


def append(path: Path, answers: Iterable[Answer]) -> None:
    """Add answers, and return when they are on the disk."""
    _append(path, answers)


def _append(path: Path, rows: Iterable[Struct], *, only_first: bool = False) -> None:
    texts = (json.dumps(msgspec.to_builtins(row), ensure_ascii=False) for row in rows)
    data = b"".join(text.encode(errors="replace") + b"\n" for text in texts)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two people may answer at the same time
        file.seek(0)
        before = file.read()
        whole = before.rfind(b"\n") + 1
        if only_first and whole:
            return
        file.truncate(whole)  # without what a kill left: nobody was shown that it is saved
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.parent)


def _decoded(path: Path, number: int, line: bytes, kind: type[Any]) -> Any:  # noqa: ANN401 - one of two records
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise DecisionsNotReadable(path, number, str(problem)) from problem


def _said(erased: Erased, text: str | None) -> bool:
    return text is not None and int(text, 16) in erased.seen
