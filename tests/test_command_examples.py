"""The help of each command ends with an example, and every option in it exists."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest

from serving.cli import cli as firstline
from training.cli import cli as firstline_train


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield path, command
    for name, each in inner.items():
        yield from commands(each, f"{path} {name}")


ALL = dict([*commands(firstline, "firstline"), *commands(firstline_train, "firstline-train")])


@pytest.mark.parametrize("path", ALL)
def test_the_help_ends_with_an_example_that_the_command_takes(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ALL[path]
    assert (command.epilog or "").startswith(f"Example: {path}")
    words = shlex.split(command.epilog.removeprefix("Example: "))[len(path.split()) :]
    monkeypatch.setattr(click.Path, "convert", lambda _self, value, _param, _context: value)  # its files are nowhere
    command.make_context(path, words)
