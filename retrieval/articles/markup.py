"""Markdown, HTML and plain text to blocks of visible text: headings, paragraphs, steps, items, code, table rows.

Everything that a reader does not see (scripts, styles, tables of contents, attributes) is dropped, so no markup can be
found, quoted or shown later.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from markdown_it import MarkdownIt

from retrieval.articles.blocks import Block
from retrieval.articles.html_blocks import read_html

FORMATS: Final = ("markdown", "html", "text")

#: What marks a note in Markdown of GitHub's and of some help centres' kind; renderers draw it as an icon.
_NOTE_MARK = re.compile(r"^\[?!\[?[\w -]{1,20}\](?!\()\s*")
#: Nobody writes such a line: it is an embedded picture, or meant to keep the parser busy.
_LONG_LINE = re.compile(r"[^\n]{20000,}")
_PICTURE = re.compile(r"!\[[^\]\n]{0,200}\]\(data:[^)\s\[]*+\)")
#: A fence that an export pressed into one line; its language is no part of the code.
_PRESSED_FENCE = re.compile(r"```[A-Za-z]{1,20} {2,}([^`\n]+?) *```")
_MARKS = re.compile(r"[\[\]*_`<>]+")
_BLANK_LINES = re.compile(r"\n\s*\n")


def read(body: str, form: str) -> list[Block]:
    """Split a body into blocks.

    Parameters
    ----------
    body
        The article's body.
    form
        ``markdown`` (CommonMark with tables), ``html`` or ``text``.

    Returns
    -------
    list of Block
        In reading order, none empty. Text is verbatim but for white space, which is collapsed outside code.
    """
    if form == "html":
        return read_html(body)
    if form == "markdown":
        return _without_marks(read_html(markdown_html(body), slugs=True))
    return [Block("text", " ".join(part.split())) for part in _BLANK_LINES.split(body) if part.strip()]


def markdown_html(body: str) -> str:
    """Render Markdown; the HTML is as harmless as the body is."""
    parser = MarkdownIt("commonmark").enable("table")
    return str(parser.render(_PRESSED_FENCE.sub(r"`\1`", _LONG_LINE.sub(_unmarked, body))))


def _unmarked(line: re.Match[str]) -> str:
    """Drop pictures from a line, and its marks if it is still long: parsing a million of them never ends."""
    seen = _PICTURE.sub("", line[0])
    return seen if len(seen) < 20_000 else _MARKS.sub(" ", seen)


def _without_marks(blocks: list[Block]) -> list[Block]:
    plain = (replace(each, text=_NOTE_MARK.sub("", each.text)) if each.kind == "text" else each for each in blocks)
    return [each for each in plain if each.text]
