"""Shortening a text: on one line for a sentence of ours, or in the middle, where head and tail count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUN = 8  # lines of a table or a log that stay as they are
_ENDS_KEPT = 3
_HEAD_SHARE = 0.65
_MACHINE = re.compile(
    r"\s{0,12}(?:\d{4}-\d\d-\d\d[ T]|\[?\d{1,2}:\d\d:\d\d|\[\d{4}|\w{3} \d{1,2} \d\d:\d\d|at [\w.$<>/]{2,200}[( ]"
    r"|File \"|Caused by:|Traceback|#\d{1,4}\s|\.{3} \d|\||[\]}{)(\[]|0x[0-9a-f]|(?:DEBUG|INFO|WARN|TRACE|ERROR)\b"
    r"|[\w.$]{1,100}(?:Error|Exception)\b|[\"'][\w.-]{1,60}[\"']\s?:)|\S{60,}\s*$|(?:[^\t|;,]{0,60}[\t|;,]){4}",
)
_LONG_TOKEN = re.compile(r"\S{400,}+")


def shortened(text: str, length: int) -> str:
    """Return the text on one line, at most so many characters long; an ellipsis marks where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def without_runs(text: str) -> str:
    """Return the text with tables, logs and stack traces cut in their middle, and words of 400 characters cut off."""
    text = _LONG_TOKEN.sub(lambda match: f"{match[0][:60]}…", text)
    kept: list[str] = []
    for run, is_machine in _runs(text.split("\n")):
        if is_machine and len(run) > _RUN:
            kept += [*run[:_ENDS_KEPT], "…", *run[-_ENDS_KEPT:]]
        else:
            kept += run
    return "\n".join(kept)


def prose(text: str) -> str:
    """Return the lines that a person wrote: no logs, tables and stack traces, unless there is nothing else."""
    return "\n".join(line for line in text.split("\n") if not _MACHINE.match(line)).strip() or text


def _runs(lines: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    run: list[str] = []
    was = False
    for line in lines:
        is_machine = _MACHINE.match(line) is not None
        if run and is_machine != was:
            yield run, was
            run = []
        was = is_machine
        run.append(line)
    yield run, was


def head_and_tail(text: str, length: int) -> str:
    """Return a text of at most so many characters: its beginning and, behind an ellipsis, its end."""
    if len(text) <= length:
        return text
    head = text[: int(length * _HEAD_SHARE)]
    tail = text[len(text) - (length - len(head) - 3) :]
    return f"{head[: head.rfind(' ') + 1 or None].rstrip()} … {tail[tail.find(' ') + 1 :].lstrip()}"
