"""The files of an article index: a snapshot as bytes, and bytes as a snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from retrieval.articles.article import Article, Passage
from retrieval.articles.blocks import Block
from retrieval.index.article_index import ArticleIndex
from retrieval.index.encoder_name import EncoderName
from retrieval.index.headings import Headings
from retrieval.index.known_questions import KnownQuestions
from retrieval.index.second_view import Scale, SecondView
from retrieval.index.vector_index import VectorIndex
from retrieval.index.word_index import WordIndex
from triage.reading.lines import Lines

FILES: Final = ("articles.jsonl", "passages.jsonl", "vectors.faiss", "passage_words.npz", "headings.npz", "asked.npz")
#: Of an index with two encoders: passages and titles by the second one; and headings and known questions, which an
#: earlier version did not write.
SECOND: Final = "second_vectors.faiss"
SECOND_TOO: Final = ("second_headings.npz", "second_asked.npz")


def contents_of(index: ArticleIndex) -> dict[str, bytes]:
    """Return the content of each file of a snapshot but the manifest, by name."""
    articles = [article.to_record() for article in index.articles.values()]
    passages = [
        [each.article_id, each.position, each.heading, each.anchor, [_from_block(block) for block in each.blocks]]
        for each in index.passages
    ]
    searched = (
        index.vectors.to_bytes(),
        index.passage_words.to_bytes(),
        index.headings.to_bytes(),
        index.asked.to_bytes(),
    )
    parts = (_lines(articles), _lines(passages), *searched)
    return dict(zip(FILES, parts, strict=True)) | (_of_second(index.second) if index.second else {})


def _of_second(view: SecondView) -> dict[str, bytes]:
    read = zip(SECOND_TOO, (view.headings, view.asked), strict=True)
    return {SECOND: view.vectors.to_bytes()} | {name: each.to_bytes() for name, each in read if each is not None}


def parsed(contents: Mapping[str, bytes | memoryview], made_by: EncoderName) -> ArticleIndex:
    """Make a snapshot of its files; its second view is `second_view`'s. ValueError or KeyError: they are damaged."""
    articles = [Article.from_record(json.loads(line)) for line in bytes(contents["articles.jsonl"]).splitlines()]
    by_id = MappingProxyType({article.id: article for article in articles})
    passages = _passages(contents["passages.jsonl"])
    rows = len(passages) + len(articles)
    index = ArticleIndex(
        articles=by_id,
        passages=passages,
        encoder=made_by,
        vectors=_vectors(contents["vectors.faiss"], rows, made_by.dim),
        passage_words=WordIndex.from_bytes(bytes(contents["passage_words.npz"])),
        headings=Headings.from_bytes(bytes(contents["headings.npz"])),
        asked=KnownQuestions.from_bytes(bytes(contents["asked.npz"]), by_id),
    )
    if len(index.starts) != len(articles):  # reads every passage once: no question waits for that
        raise ValueError("passages and articles do not belong together")
    return index


def second_view(contents: Mapping[str, bytes | memoryview], made_by: EncoderName, index: ArticleIndex) -> SecondView:
    """Make the view of a snapshot by its second encoder."""
    vectors = _vectors(contents[SECOND], len(index.vectors), made_by.dim)
    headings, asked = (bytes(contents[name]) if name in contents else None for name in SECOND_TOO)
    view = SecondView(
        made_by,
        vectors,
        Scale.between(index.vectors, vectors),
        Headings.from_bytes(headings) if headings else None,
        KnownQuestions.from_bytes(asked, index.articles) if asked else None,
    )
    if view.headings is not None and view.headings.texts != index.headings.texts:
        raise ValueError("headings by both encoders do not belong together")
    return view


def _vectors(data: bytes | memoryview, rows: int, dim: int) -> VectorIndex:
    if isinstance(data, bytes):
        return VectorIndex.from_bytes(data, rows=rows, dim=dim)
    return VectorIndex.from_map(data, rows=rows, dim=dim)


def _passages(data: bytes | memoryview) -> Sequence[Passage]:
    """Read the passages; those of a mapped file when they are asked for."""
    if isinstance(data, bytes):
        return tuple(_to_passage(json.loads(line)) for line in data.splitlines())
    return Lines(data, lambda line: _to_passage(json.loads(bytes(line))))


def _from_block(block: Block) -> list[object]:
    return [block.kind, block.text, block.level, block.number, block.anchor]


def _to_passage(record: list[Any]) -> Passage:
    article_id, position, heading, anchor, blocks = record
    return Passage(article_id, position, heading, anchor, tuple(Block(*block) for block in blocks))


def _lines(records: list[Any]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records).encode()
