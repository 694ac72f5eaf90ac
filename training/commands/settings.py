"""`firstline-train config`: every setting of a refit with what it means, as a refit.toml to read and to change."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import rich_click as click

from training.commands.options import FILE
from training.config import RefitConfig, as_toml, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WIDTH = 118


@click.command()
@click.option(
    "--show", is_flag=True, default=True, help="Print every setting with its value and what it means; the default."
)
@click.option("--config", "path", type=FILE, help="A refit.toml whose settings are shown instead of their defaults.")
@click.option("--taxonomy", type=FILE, help="A taxonomy.toml whose heads are listed on top.")
def config(path: Path | None, taxonomy: Path | None, *, show: bool) -> None:  # noqa: ARG001 (it is what the command does)
    """Print every setting of a refit as a refit.toml, with its default or as your file says.

    A file that holds what nobody understands is refused. Pass it with --config to `fit`, or as CONFIG to `make train`.
    """
    settings = read(path)
    if taxonomy is not None:
        click.echo("".join(f"# {line}\n" for line in _heads(taxonomy)))
    click.echo(commented(settings), nl=False)


def _heads(path: Path) -> Iterator[str]:
    """Say which heads a taxonomy declares."""
    from triage.taxonomy import labels

    found = labels.read(path)
    yield f"Heads of {path.name}:"
    for head in found.declared:
        of = f" of {', '.join(head.levels)}" if head.levels else f": {', '.join(head.order)}" if head.order else ""
        yield f"  {head.name} ({head.kind}{of})"


def commented(config: RefitConfig) -> str:
    """Write every setting with its value and, above it, what it means."""
    lines: list[str] = []
    for section in fields(config):
        values = getattr(config, section.name)
        said = _said_of(type(values))
        lines += ["", *_comment(said[""]), f"[{section.name}]"]
        for each in fields(values):
            lines += [*_comment(said.get(each.name, "")), f"{each.name} = {as_toml(getattr(values, each.name))}"]
    return "\n".join(lines[1:]) + "\n"


def _said_of(kind: type[Any]) -> dict[str, str]:
    """Return the docstrings of a class's fields by name, and its own under an empty name."""
    definition = next(node for node in ast.walk(ast.parse(inspect.getsource(kind))) if isinstance(node, ast.ClassDef))
    said = {"": " ".join((ast.get_docstring(definition) or "").split())}
    for field, below in pairwise(definition.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            said[field.target.id] = " ".join(ast.literal_eval(below.value).split())
    return said


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in textwrap.wrap(text, _WIDTH))
