"""Split an article into passages: at headings, then by size, never inside a block that fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from retrieval.articles import bounds
from retrieval.articles.article import Article, Passage
from retrieval.articles.blocks import Block
from retrieval.articles.markup import read
from retrieval.errors import ArticleNotReadable

#: About what the encoder reads of a text at its best: 256 tokens at most, and it was trained on half of that.
PASSAGE_CHARACTERS: Final = 800
HEADING_JOINT: Final = " > "
#: More than a book has. Each is encoded, so that without a bound one article keeps all others from being found.
MAX_PASSAGES: Final = 2_000
#: Characters of a heading in a path: it stands on every passage below it.
MAX_HEADING: Final = 200

_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+")


def split(article: Article, *, size: int = PASSAGE_CHARACTERS) -> list[Passage]:
    """Split an article into passages.

    Parameters
    ----------
    article
        In any of its formats.
    size
        Most characters of one passage; a longer block is divided at sentence ends, or anywhere where it has none.

    Returns
    -------
    list of Passage
        In the order of the article, at least one: an article without visible text keeps its title findable.

    Raises
    ------
    ArticleNotReadable
        Its body has more than `bounds` allow, the parser fails on it, or there are more than `MAX_PASSAGES`.
    """
    if told := bounds.excess(article.body, article.format):
        raise ArticleNotReadable(f"article {article.id}", None, f"it has more than {told}; split the article")
    try:
        blocks = read(article.body, article.format)
    except Exception as error:
        told = f"its text cannot be divided into passages ({type(error).__name__})"
        raise ArticleNotReadable(f"article {article.id}", None, told) from error
    passages: list[Passage] = []
    for section in _sections(blocks):
        for blocks in _portions(section.blocks, size):
            if len(passages) == MAX_PASSAGES:
                told = (
                    f"it has more than {MAX_PASSAGES:,} passages (sections, or parts of long ones); split the article"
                )
                raise ArticleNotReadable(f"article {article.id}", None, told)
            passages.append(Passage(article.id, len(passages), section.heading, section.anchor, tuple(blocks)))
    return passages or [Passage(article.id, 0, "", "", (Block("text", article.summary or article.title),))]


def sentences(text: str) -> list[str]:
    """Divide a text at its sentence ends; every part is a verbatim span of it."""
    return [part for part in _SENTENCE_END.split(text) if part]


@dataclass(frozen=True)
class _Section:
    heading: str
    anchor: str
    blocks: list[Block]


def _sections(blocks: list[Block]) -> Iterator[_Section]:
    path: list[Block] = []
    section = _Section("", "", [])
    for block in blocks:
        if block.kind != "heading":
            section.blocks.append(block)
            continue
        if section.blocks:
            yield section
        path = [*(above for above in path if above.level < block.level), block]
        section = _Section(HEADING_JOINT.join(_short(each.text) for each in path), block.anchor, [])
    if section.blocks:
        yield section


def _short(heading: str) -> str:
    return heading if len(heading) <= MAX_HEADING else f"{heading[: MAX_HEADING - 1]}…"


def _portions(blocks: list[Block], size: int) -> Iterator[list[Block]]:
    portion: list[Block] = []
    used = 0
    head: Block | None = None  # of the table that is being read: rows in the next passage are nothing without it
    for block in (part for whole in blocks for part in _parts(whole, size)):
        if portion and used + len(block.text) > size:
            yield portion
            portion, used = ([head], len(head.text)) if head is not None and block.kind == "row" else ([], 0)
        head = (block if block.level else head) if block.kind == "row" else None
        portion.append(block)
        used += len(block.text) + 1
    if portion:
        yield portion


def _parts(block: Block, size: int) -> Iterator[Block]:
    """Give the block itself where it fits; else runs of its sentences (of its lines, for code)."""
    if len(block.text) <= size:
        yield block
        return
    joint = "\n" if block.kind == "code" else " "
    pieces = block.text.split("\n") if block.kind == "code" else sentences(block.text)
    run = ""
    for piece in (part for whole in pieces for part in _chunks(whole, size)):
        if run and len(run) + len(joint) + len(piece) > size:
            yield replace(block, text=run)
            run = ""
        run = f"{run}{joint}{piece}" if run else piece
    if run:
        yield replace(block, text=run)


def _chunks(text: str, size: int) -> Iterator[str]:
    for start in range(0, max(len(text), 1), size):
        yield text[start : start + size]
