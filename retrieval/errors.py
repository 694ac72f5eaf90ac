"""Errors of retrieval and answering.

RetrievalError
├── EncoderNotUsable         a folder or bundle does not hold an encoder that may be run
├── ArticlesNotFound         there is nothing to read under that path
├── ArticleNotReadable       one article of a file is not what the contract asks for; says where
│   └── ArticleLeftOut       a sound one that is not to be shown: a draft, or a README about the folder
├── TooManyLeftOut           so many articles cannot be read that the others should not go on without them
├── ArticleTwice             two articles claim one id
├── IndexNotUsable           a saved index is damaged, foreign or incomplete
│   └── IndexNotSigned       a sound one that no trusted key signed
├── IndexOfAnotherEncoder    a sound index whose vectors another encoder made
└── QuestionsNotReadable     golden questions are not what the contract asks for; says where
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from triage.errors import FirstlineError


class RetrievalError(FirstlineError):
    """Something about encoders, articles or indexes."""


class EncoderNotUsable(RetrievalError):
    """A folder or bundle does not hold an encoder that may be run."""

    def __init__(self, source: Path | str, reason: str) -> None:
        super().__init__(
            f"The encoder in {source} cannot be used: {reason}. Build it again with `firstline-train encoder`."
        )
        self.source = source
        self.reason = reason


class ArticlesNotFound(RetrievalError):
    """There is nothing to read under that path."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"No articles at {path}: give a folder of Markdown or HTML files, or a .jsonl or .jsonl.gz file."
        )
        self.path = path


class ArticleNotReadable(RetrievalError):
    """One article of a file is not what the contract asks for."""

    def __init__(self, path: Path | str, line: int | None, reason: str) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class ArticleLeftOut(ArticleNotReadable):
    """A file that is left out by rule: a draft, or a README that describes its folder."""


class TooManyLeftOut(RetrievalError):
    """So many articles cannot be read that the others should not go on without them."""

    def __init__(self, path: Path, articles: int, faults: Sequence[ArticleNotReadable]) -> None:
        first = "\n".join(f"  {fault}" for fault in faults[:5])
        super().__init__(
            f"{len(faults)} of {articles} articles in {path} cannot be read, and no index was made. Mend them, or see "
            f"whether this is the right folder. The first of them:\n{first}"
        )
        self.path = path
        self.articles = articles
        self.faults = tuple(faults)


class ArticleTwice(RetrievalError):
    """Two articles claim one id."""

    def __init__(self, article_id: str, first: str, second: str) -> None:
        super().__init__(f"Two articles have the id {article_id!r}: {first} and {second}. Give one of them another id.")
        self.article_id = article_id
        self.first = first
        self.second = second


class IndexNotUsable(RetrievalError):
    """A saved index is damaged, foreign or incomplete."""

    def __init__(self, folder: Path | str, reason: str) -> None:
        super().__init__(f"The index in {folder} cannot be used: {reason}. Build it again with `firstline index`.")
        self.folder = folder
        self.reason = reason


class IndexNotSigned(IndexNotUsable):
    """A sound index that no trusted key signed."""

    def __init__(self, folder: Path | str, reason: str) -> None:
        RetrievalError.__init__(self, f"The index in {folder} is refused: {reason}.")
        self.folder = folder
        self.reason = reason


class IndexOfAnotherEncoder(RetrievalError):
    """A sound index whose vectors another encoder made."""

    def __init__(self, folder: Path | str, expected: str, found: str) -> None:
        super().__init__(
            f"The index in {folder} was made by the encoder {found[:12]}, but {expected[:12]} is in use. "
            "Build it again with `firstline index`."
        )
        self.folder = folder
        self.expected = expected
        self.found = found


class QuestionsNotReadable(RetrievalError):
    """Golden questions are not what the contract asks for."""

    def __init__(self, file: Path | str, line: int | None, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason
