"""A block: a piece of visible text that is kept whole, whatever markup it was written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "text", "step", "item", "code", "row"]

_NOT_A_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of visible text that is kept whole."""

    kind: Kind
    text: str
    #: 1-6 for headings; how deep for steps and items, from 1.
    level: int = 0
    #: What a numbered step's number is.
    number: int = 0
    #: Where a link can point: the id in the HTML, or what GitHub would make of a Markdown heading.
    anchor: str = ""


def slug(text: str) -> str:
    """Name a heading the way Markdown renderers do: lower case, words joined by hyphens."""
    return _NOT_A_WORD.sub("-", text.lower()).strip("-")
