"""Workers that index one after the other: the first encodes what is new, the others find what it saved.

Without turns each of them would encode the same articles at the same time, and no processor would be left for requests.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from retrieval.articles.article import Article
from retrieval.encoder.encoder import Encoder
from retrieval.index.article_index import ArticleIndex

MUCH = 50  # articles that are new: fewer each worker indexes by itself, sooner than it could read an index
_NAME, _LOOKS_EVERY = "articles are indexed", 0.2

Turn = Literal["alone", "after others", "none"]
"""After others: one of them may have saved the index that is wanted."""


class Names(Protocol):
    """Names, of which each is held by one of the workers."""

    def claim(self, name: str) -> bool:
        """Take a name; False while another worker holds it."""

    def disclaim(self, name: str) -> None:
        """Let a name go."""


class IndexingTurns:
    """Turns of the workers that share a folder of indexes; a process without others needs none."""

    def __init__(self, names: Names | None) -> None:
        self._names = names

    @contextmanager
    def one(self, number: int, is_ending: Callable[[], bool]) -> Iterator[Turn]:
        """Wait for a turn to index so many new articles, unless this process ends meanwhile."""
        if self._names is None or number < MUCH:
            yield "alone"
            return
        while not self._names.claim(_NAME):
            if is_ending():
                yield "none"
                return
            time.sleep(_LOOKS_EVERY)
        try:
            yield "after others"
        finally:
            self._names.disclaim(_NAME)


def new_among(articles: list[Article], known: ArticleIndex | None, encoders: tuple[Encoder, Encoder | None]) -> int:
    """Return how many articles an index has not, or not with these encoders."""
    encoder, second = encoders
    if known is None or known.encoder.fingerprint != encoder.fingerprint:
        return len(articles)
    if second and (known.second is None or known.second.encoder.fingerprint != second.fingerprint):
        return len(articles)
    return sum(known.articles.get(article.id) != article for article in articles)
