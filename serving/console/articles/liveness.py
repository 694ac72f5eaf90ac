"""Which index serves, and whether the last edit can be found in it."""

from dataclasses import dataclass, field
from typing import Final

from serving.articles.store import ArticleStore
from serving.inference.errors import ArticlesNotReady
from serving.inference.live_articles import LiveArticles

_VERSION_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class LiveIndex:
    """The index that answers questions now; without one `version` is None."""

    version: str | None
    revision: int = -1
    found: int = 0
    is_current: bool = False
    is_sample: bool = False
    note: str | None = None
    set_aside: dict[str, str] = field(default_factory=dict)


def live_index(articles: LiveArticles, store: ArticleStore) -> LiveIndex:
    """Return what serves, as far as anything does."""
    try:
        snapshot = articles.take()
    except ArticlesNotReady:
        return LiveIndex(None, note=articles.missing())
    return LiveIndex(
        snapshot.index.version[:_VERSION_SHOWN],
        snapshot.revision,
        len(snapshot.index.articles.keys() - snapshot.index.withdrawn),
        snapshot.revision >= store.revision(),
        snapshot.is_sample,
        articles.note(),
        dict(snapshot.index.set_aside),
    )
