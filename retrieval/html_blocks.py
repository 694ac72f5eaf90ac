"""HTML to blocks, on the standard library's parser: forgiving of whatever a knowledge base exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from retrieval.blocks import Block, Kind, slug

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
#: Their contents are nothing that a reader reads.
UNSEEN: Final = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "nav", "button", "select", "head"}
)
#: A new line of text begins and ends here.
BREAKS: Final = frozenset(
    {"p", "div", "section", "article", "aside", "main", "header", "footer", "blockquote", "figure", "figcaption",
     "body", "details", "summary", "dl", "dt", "dd", "ul", "ol", "li", "table", "thead", "tbody", "tr", "pre", "hr",
     "form"}
    | HEADINGS.keys()
)  # fmt: skip
VOID: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track"}
)
CONTENTS: Final = frozenset({"toc", "table-of-contents", "tableofcontents"})
MAX_DEPTH: Final = 500


def read_html(body: str) -> list[Block]:
    """Read the visible blocks of an HTML fragment or page."""
    reader = _Reader()
    reader.feed(body)
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


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
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
        elif tag in ("td", "th"):
            self._pieces.append(" | " if "".join(self._pieces).strip() else "")
        elif tag in BREAKS:
            self.flush()
            self._start(tag, named)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                del self._unseen[len(self._unseen) - 1 - self._unseen[::-1].index(tag) :]
        elif tag in BREAKS:
            self.flush()
            self._end(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(data)

    def flush(self) -> None:
        """End the block that is being read."""
        text = "".join(self._pieces)
        self._pieces.clear()
        text = text.strip("\n") if self._open.preformatted else " ".join(text.split()).removesuffix(" |")
        if text.strip():
            self.blocks.append(self._block(text))
            self._open.fresh_item = False

    def _block(self, text: str) -> Block:
        at = self._open
        if at.heading:
            return Block("heading", text, level=at.heading, anchor=at.anchor or slug(text))
        if at.preformatted:
            return Block("code", text)
        if at.lists and at.fresh_item:
            kind: Kind = "step" if at.lists[-1].ordered else "item"
            return Block(kind, text, level=len(at.lists), number=at.lists[-1].number if kind == "step" else 0)
        return Block("row" if " | " in text else "text", text)

    def _start(self, tag: str, named: dict[str, str]) -> None:
        at = self._open
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
        if tag in HEADINGS:
            at.heading = 0
        elif tag in ("ol", "ul") and at.lists:
            at.lists.pop()
        elif tag == "li":
            at.fresh_item = False
        elif tag == "pre" and at.preformatted:
            at.preformatted -= 1
