"""HTML to blocks: the sanitiser puts it in order and takes out what nobody sees, so the reading cannot fail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from retrieval.articles.blocks import Anchors, Block, Kind
from retrieval.articles.html_tags import VOID, Tag, tokens
from retrieval.articles.sanitiser import harmless, shallow

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
#: A new line of text begins and ends here.
BREAKS: Final = frozenset(
    {"p", "div", "section", "article", "aside", "main", "header", "footer", "blockquote", "figure", "figcaption",
     "body", "details", "summary", "dl", "dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tfoot",
     "tr", "pre", "hr",
     "form"}
    | HEADINGS.keys()
)  # fmt: skip
#: Inside a cell these end it: the table is there for the layout, and what follows is read as if it stood alone.
LAYOUT: Final = frozenset({"ol", "pre", "table"} | HEADINGS.keys())
ROWS: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
CELLS: Final = frozenset({"td", "th"})
CELL_JOINT: Final = " | "
CONTENTS: Final = frozenset({"toc", "table-of-contents", "tableofcontents"})
MAX_DEPTH: Final = 500

_EMPTY_LINES = re.compile(r"\A(?:[^\S\n]*+\n)++")


def read_html(body: str, *, slugs: bool = False) -> list[Block]:
    """Read the visible blocks of an HTML fragment or page; `slugs` name the headings that have no id of their own."""
    reader = _Reader(slugs=slugs)
    for token in tokens(harmless(shallow(body))):
        if isinstance(token, str):
            reader.text(token)
        elif token.closes:
            reader.end(token.name)
        else:
            reader.start(token)
    reader.flush()
    return reader.blocks


@dataclass
class _List:
    ordered: bool
    number: int


@dataclass
class _Open:
    """What is open at a place in the document."""

    lists: list[_List] = field(default_factory=list)
    heading: int = 0
    anchor: str = ""
    preformatted: int = 0
    fresh_item: bool = False
    #: Of the row that is open: how many cells have begun, whether one is open, and whether it is the table's head.
    cells: int = 0
    in_cell: bool = False
    is_head: bool = False


class _Reader:
    def __init__(self, *, slugs: bool) -> None:
        self._anchors = Anchors() if slugs else None
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._open = _Open()
        #: The elements that are open within one that is not read.
        self._unread: list[str] = []

    def start(self, token: Tag) -> None:
        """Read a tag that opens an element."""
        tag, named = token.name, token.attributes
        if self._unread:
            if tag not in VOID:
                self._unread.append(tag)
        elif tag == "nav" or CONTENTS & {named.get("id", "").lower(), *named.get("class", "").lower().split()}:
            self.flush()
            if tag not in VOID:
                self._unread.append(tag)
        elif tag == "br":
            self._pieces.append("\n" if self._open.preformatted else " ")
        elif tag in CELLS:
            self._start_cell(tag)
        elif tag in BREAKS:
            self._break(tag)
            self._start(tag, named)
        else:
            self._start_inline(tag, named)

    def end(self, tag: str) -> None:
        """Read a tag that closes an element."""
        if self._unread:
            if tag in self._unread:
                del self._unread[len(self._unread) - 1 - self._unread[::-1].index(tag) :]
        elif tag in BREAKS:
            self._break(tag)
            self._end(tag)

    def text(self, text: str) -> None:
        """Read what stands between two tags."""
        if not self._unread:
            self._pieces.append(text)

    def flush(self) -> None:
        """End the block that is being read."""
        text = "".join(self._pieces)
        self._pieces.clear()
        at = self._open
        text = _EMPTY_LINES.sub("", text.rstrip()) if at.preformatted else " ".join(text.split())
        if at.cells:
            text = text.rstrip(" |")
            text = text if CELL_JOINT in text.strip(" |") else text.lstrip(" |")
        if text.strip():
            self.blocks.append(self._block(text))
            at.fresh_item = False
        at.cells, at.in_cell, at.is_head = 0, False, False

    def _break(self, tag: str) -> None:
        """End the block at a tag that begins a line of its own; inside a cell of a table it is only a space."""
        if self._open.in_cell and tag not in ROWS | LAYOUT:
            self._pieces.append(" ")
        else:
            self.flush()

    def _start_cell(self, tag: str) -> None:
        at = self._open
        if at.cells:
            self._pieces.append(CELL_JOINT)
        at.cells, at.in_cell, at.is_head = at.cells + 1, True, at.is_head or tag == "th"

    def _start_inline(self, tag: str, named: Mapping[str, str]) -> None:
        at = self._open
        if "data-for" in named and self._pieces and self._pieces[-1][-1:].isalnum():
            self._pieces.append(" ")  # one wording for each platform, written without a gap
        if at.heading and not at.anchor and tag in ("a", "span"):
            at.anchor = named.get("id") or named.get("name") or ""

    def _block(self, text: str) -> Block:
        at = self._open
        if at.heading:
            return self._heading(text)
        if at.preformatted:
            return Block("code", text)
        if at.lists and at.fresh_item:
            kind: Kind = "step" if at.lists[-1].ordered else "item"
            return Block(kind, text, level=len(at.lists), number=at.lists[-1].number if kind == "step" else 0)
        if at.cells and CELL_JOINT in text:
            return Block("row", text, level=1 if at.is_head else 0)
        return Block("text", text)

    def _heading(self, text: str) -> Block:
        anchor = self._open.anchor
        if self._anchors is not None:
            text, anchor = self._anchors.of(text, anchor)
        return Block("heading", text, level=self._open.heading, anchor=anchor)

    def _start(self, tag: str, named: Mapping[str, str]) -> None:
        at = self._open
        if at.in_cell:
            return
        if tag in HEADINGS:
            at.heading, at.anchor = HEADINGS[tag], named.get("id", "")
        elif tag in ("ol", "ul") and len(at.lists) < MAX_DEPTH:
            start = named.get("start", "1")
            at.lists.append(_List(ordered=tag == "ol", number=int(start[:9]) - 1 if start[:9].isdecimal() else 0))
        elif tag == "li":
            at.fresh_item = True
            if at.lists:
                at.lists[-1].number += 1
        elif tag == "pre":
            at.preformatted += 1

    def _end(self, tag: str) -> None:
        at = self._open
        if at.in_cell:
            return
        if tag in HEADINGS:
            at.heading = 0
        elif tag in ("ol", "ul") and at.lists:
            at.lists.pop()
        elif tag == "li":
            at.fresh_item = False
        elif tag == "pre" and at.preformatted:
            at.preformatted -= 1
