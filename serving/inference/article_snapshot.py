"""What the live index is made from and what it gives: the source of articles, the folders of indexes, one snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from retrieval.articles.article import Article
from retrieval.encoder.encoder import Encoder
from retrieval.index.article_index import ArticleIndex
from triage.signing.signatures import NO_KEYS, TrustedKeys


@dataclass(frozen=True, slots=True)
class Seed:
    """An index whose articles are copied into the database."""

    version: str
    origin: Literal["home", "sample"]


class ArticleSource(Protocol):
    """The articles in the database."""

    def revision(self) -> int:
        """Return the number of the last change."""
        ...

    def read(self) -> tuple[int, list[Article]]:
        """Return the revision and every article as of it."""
        ...

    def gone_since(self, revision: int) -> frozenset[str]:
        """Return the ids of the articles that were deleted or made internal after a revision."""
        ...

    def seeds(self) -> set[Seed]:
        """Return the indexes taken over so far."""
        ...

    def seed(self, batch: Iterable[Article], seed: Seed, *, at: datetime) -> int:
        """Take over the articles of an index."""
        ...

    def drop_sample(self, *, at: datetime) -> int:
        """Delete the sample's articles; return how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders of indexes: saved by this process, built by the desk, and the sample's.

    What this process saved needs no signature: it is used only where its articles are those of the database.
    """

    saved: Path
    home: Path
    sample: Path
    trusted: TrustedKeys = NO_KEYS


@dataclass(frozen=True, slots=True)
class ArticleSnapshot:
    """The searchable articles of one revision; a request uses one snapshot."""

    index: ArticleIndex
    encoder: Encoder
    revision: int
    is_sample: bool = False
    second: Encoder | None = None  # reads questions in languages that `encoder` does not

    def is_by(self, encoder: Encoder, second: Encoder | None) -> bool:
        """Tell whether these encoders made it."""
        return made_by(self.index, encoder, second)


def made_by(index: ArticleIndex, encoder: Encoder, second: Encoder | None) -> bool:
    """Tell whether an index holds the vectors of these encoders, and of no others."""
    other = index.second.encoder.fingerprint if index.second else None
    return index.encoder.fingerprint == encoder.fingerprint and other == (second.fingerprint if second else None)


@dataclass(frozen=True, slots=True)
class ArticleState:
    """The state of the knowledge base: articles found, whether all changes are, and what cannot be read, and why."""

    found: int
    searchable: bool
    set_aside: Mapping[str, str]
