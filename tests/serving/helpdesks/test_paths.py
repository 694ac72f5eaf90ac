"""Whatever a helpdesk says that an id is, it is one segment of a path there, and leads nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import serving.helpdesks.vendors
from serving.helpdesks.port.errors import DeskFault
from serving.helpdesks.port.paths import is_id, segment
from serving.helpdesks.port.port import Remote
from serving.helpdesks.vendor_table import KINDS
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk

STRANGE = ("../../users/me", "7/merge", "7?force=true", "7#x", "%2e%2e/users", "..%2Fme", "a b", "ü:1", "\\..\\x")
ADAPTERS = sorted(kind for kind in KINDS if kind != "standard")  # which has no API
OURS = {"kind", "what", "path", "_API", "_CRM", "_INBOX"}  # names of what the adapters themselves put into a path
ASKED: dict[str, Callable[[Any, str], Any]] = {
    "read": lambda desk, it: desk.read(it),
    "fetch": lambda desk, it: desk.fetch(it),
    "thread": lambda desk, it: desk.thread(it),
    "update": lambda desk, it: desk.update(Remote(id=it, values={}), {"priority": "high", "tags": ("a",)}),
    "note": lambda desk, it: desk.note(it, "Hm."),
    "edit_note": lambda desk, it: desk.edit_note("7", it, "Hm."),
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("kind", ADAPTERS)
def test_an_id_of_any_letters_is_one_segment_of_every_path(kind: str, strange: str) -> None:
    asked_with = set()
    for name, ask in ASKED.items():
        recorder = RecordingTransport()
        with suppress(DeskFault, KeyError, TypeError, ValueError, NotImplementedError, AttributeError):  # no answers
            ask(a_desk(kind, recorder), strange)
        for call in recorder.calls:
            segments = call.path.split("/")
            assert not {".", "..", "me", "users", "merge"} & set(segments)
            assert not set("?#\\ ") & set(call.path)
            if any(strange in unquote(each) for each in segments):
                asked_with.add(name)
    assert {"read", "fetch"} <= asked_with


@pytest.mark.parametrize("strange", [".", "..", ""])
@pytest.mark.parametrize("kind", ADAPTERS)
def test_what_no_quoting_makes_an_id_is_never_asked_for(kind: str, strange: str) -> None:
    recorder = RecordingTransport()
    with pytest.raises(ValueError, match="is no id"):
        a_desk(kind, recorder).read(strange)
    assert recorder.calls == []
    assert not is_id(strange)


def test_a_plain_id_stays_as_it_is() -> None:
    assert [segment(each) for each in ("4711", "SD-12", "c_1.2~x")] == ["4711", "SD-12", "c_1.2~x"]


def unquoted() -> Iterator[str]:
    """List what adapters put into a path without `segment`."""
    for file in sorted(Path(serving.helpdesks.vendors.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.JoinedStr) or not _is_path(node):
                continue
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    said = ast.unparse(part.value)
                    if not said.startswith(("segment(", "self.connection.options[")) and said not in OURS:
                        yield f"{file.name}:{node.lineno} {said}"


def _is_path(node: ast.JoinedStr) -> bool:
    first, *rest = node.values
    if isinstance(first, ast.Constant):
        return str(first.value).startswith("/")
    is_rooted = isinstance(first, ast.FormattedValue) and ast.unparse(first.value) in OURS
    return is_rooted and any(isinstance(each, ast.Constant) and str(each.value).startswith("/") for each in rest)


def test_nothing_from_outside_is_in_a_path_unquoted() -> None:
    assert list(unquoted()) == []
