"""Markdown, HTML and plain text to blocks of visible text: headings, paragraphs, steps, items, code, table rows.

Everything a reader would not see (scripts, styles, tables of contents, attributes) stays behind, so what is found,
quoted and shown later cannot carry markup.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt

from retrieval.blocks import Block
from retrieval.html_blocks import read_html

FORMATS: Final = ("markdown", "html", "text")

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
        return read_html(MarkdownIt("commonmark").enable("table").render(body))
    return [Block("text", " ".join(part.split())) for part in _BLANK_LINES.split(body) if part.strip()]
