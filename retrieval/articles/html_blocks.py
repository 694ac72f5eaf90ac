"""HTML to blocks, with the standard library's parser, which tolerates invalid HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from retrieval.articles.blocks import Anchors, Block, Kind

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
#: Their contents are nothing that a reader reads.
UNSEEN: Final = frozenset(
    {
        "title",
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "iframe",
        "object",
        "nav",
        "button",
        "select",
        "head",
    }
)
#: A new line of text begins and ends here.
BREAKS: Final = frozenset(
    {"p", "div", "section", "article", "aside", "main", "header", "footer", "blockquote", "figure", "figcaption",
     "body", "details", "summary", "dl", "dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tfoot",
     "tr", "pre", "hr",
     "form"}
    | HEADINGS.keys()
)  # fmt: skip
VOID: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track"}
)
#: Inside a cell these end it: the table is there for the layout, and what follows is read as if it stood alone.
LAYOUT: Final = frozenset({"ol", "pre", "table"} | HEADINGS.keys())
ROWS: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
CELLS: Final = frozenset({"td", "th"})
CELL_JOINT: Final = " | "
CONTENTS: Final = frozenset({"toc", "table-of-contents", "tableofcontents"})
MAX_DEPTH: Final = 500

_EMPTY_LINES = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def read_html(body: str, *, slugs: bool = False) -> list[Block]:
    """Read the visible blocks of an HTML fragment or page; `slugs` name the headings that have no id of their own."""
    reader = _Reader(slugs=slugs)
    reader.feed(_COMMENT.sub(" ", body))  # the parser takes a minute over thousands of comments that never end
    reader.close()
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


class _Reader(HTMLParser):
    def __init__(self, *, slugs: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._anchors = Anchors() if slugs else None
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._open = _Open()
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen:
            if tag not in VOID and len(self._unseen) < MAX_DEPTH:
                self._unseen.append(tag)
            return
        named = {name: value or "" for name, value in attrs}
        if tag in UNSEEN or CONTENTS & {named.get("id", "").lower(), *named.get("class", "").lower().split()}:
            self.flush()
            if tag not in VOID:
                self._unseen.append(tag)
        elif tag == "br":
            self._pieces.append("\n" if self._open.preformatted else " ")
        elif tag in CELLS:
            self._start_cell(tag)
        elif tag in BREAKS:
            self._break(tag)
            self._start(tag, named)
        else:
            self._start_inline(tag, named)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                del self._unseen[len(self._unseen) - 1 - self._unseen[::-1].index(tag) :]
        elif tag in BREAKS:
            self._break(tag)
            self._end(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(data)

    def flush(self) -> None:
        """End the block that is being read."""
        text = "".join(self._pieces)
        self._pieces.clear()
        at = self._open
        text = _EMPTY_LINES.sub("", text) if at.preformatted else " ".join(text.split())
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

    def _start_inline(self, tag: str, named: dict[str, str]) -> None:
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

    def _start(self, tag: str, named: dict[str, str]) -> None:
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
