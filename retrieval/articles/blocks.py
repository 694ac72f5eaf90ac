"""A block: a piece of visible text that is kept whole, whatever markup it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "text", "step", "item", "code", "row"]

_NOT_IN_A_SLUG = re.compile(r"[^\w\- ]+")
_OWN_ANCHOR = re.compile(r"(?<!\s)\s*+\{#([\w:.-]+)\}$")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of visible text that is kept whole."""

    kind: Kind
    text: str
    #: 1-6 for headings; how deep for steps and items, from 1; 1 for the head row of a table.
    level: int = 0
    #: What a numbered step's number is.
    number: int = 0
    #: Where a link can point: the id in the HTML, or what GitHub would make of a Markdown heading.
    anchor: str = ""


def slug(text: str) -> str:
    """Name a heading the way GitHub does: lower case, punctuation dropped, a hyphen for each space."""
    return _NOT_IN_A_SLUG.sub("", text.lower()).strip().replace(" ", "-")


class Anchors:
    """Names the headings of one Markdown document; a name that is taken gets a number."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, text: str, anchor: str) -> tuple[str, str]:
        """Return a heading's text and anchor; an anchor written as ``{#name}`` behind it is taken out of the text."""
        if anchor:
            return text, anchor
        if own := _OWN_ANCHOR.search(text):
            return text[: own.start()] or text, own[1]
        name = slug(text)
        times = self._taken[name] = self._taken.get(name, -1) + 1
        return text, f"{name}-{times}" if times else name
