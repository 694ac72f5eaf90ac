"""The article index that serves now: an immutable copy of the articles in the database.

A thread builds the next index when the articles' revision or the encoder changes. It reuses the vectors of unchanged
passages, and the swap is one assignment.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from prometheus_client import Counter, Gauge

from retrieval.answering.ranking import warm_up
from retrieval.articles.article import Article
from retrieval.encoder.encoder import Encoder
from retrieval.errors import RetrievalError
from retrieval.index import files as index_files
from retrieval.index.article_index import ArticleIndex, build
from serving.clock import Clock
from serving.inference.article_snapshot import ArticleSnapshot, ArticleSource, ArticleState, Folders, Seed, made_by
from serving.inference.errors import ArticlesNotReady
from serving.inference.indexing_turns import IndexingTurns, new_among
from serving.inference.own_content import DeskContent
from serving.storage.errors import DatabaseUnavailable, StorageNotWritable
from serving.telemetry import Telemetry
from triage.instants import to_text
from triage.signing.signatures import NO_KEYS, SIGNATURE

LOOK_EVERY = 1.0  # seconds between looks at the encoder and at home/index; a change of articles wakes at once
STALE_AFTER = timedelta(minutes=1)  # longer than a build of an ordinary knowledge base
NO_ARTICLES = (
    "No articles: run `make setup` for the sample, `firstline index` for a folder of your own, "
    "or PUT them at /v1/articles/{id}."
)

NO_OWN_ARTICLES = "No articles: run `firstline index` for a folder of yours, or PUT them at /v1/articles/{id}."


class LiveArticles:
    """Keeps the index in step with the articles."""

    def __init__(
        self,
        source: ArticleSource,
        encoder: Callable[[], Encoder | None],
        folders: Folders,
        clock: Clock,
        telemetry: Telemetry,
        content: DeskContent | None = None,
    ) -> None:
        self._content = content
        self._source, self._encoder, self._folders = source, encoder, folders
        self._clock, self._telemetry = clock, telemetry
        self._snapshot: ArticleSnapshot | None = None
        self._previous: ArticleIndex | None = None
        self._saved: ArticleIndex | None = None
        self._looked_at: int | None = None
        self._wake, self._replaced = threading.Event(), threading.Condition()
        self._behind_since: datetime | None = None
        self._fault: str | None = None
        self._refused: str | None = None
        self._turns, self._second = IndexingTurns(None), _no_encoder
        self._stopping = self._sample_dropped = False
        self._thread: threading.Thread | None = None
        registry = telemetry.registry
        self._builds = Counter("firstline_index_builds", "Article indexes built", registry=registry)
        self._faults = Counter("firstline_index_faults", "Article indexes that could not be built", registry=registry)
        self._passages = Gauge("firstline_index_passages", "Passages that can be found", registry=registry)

    def take_turns(self, turns: IndexingTurns) -> None:
        """Index in turns with the other workers."""
        self._turns = turns

    def see_again_by(self, second: Callable[[], Encoder | None]) -> None:
        """Index passages and titles by a second encoder, too, while there is one."""
        self._second = second

    def take(self) -> ArticleSnapshot:
        """Return the index that answers; keep it for the whole request.

        Raises `ArticlesNotReady` while the first one is being built.
        """
        snapshot = self._snapshot
        if snapshot is None:
            raise ArticlesNotReady("The articles are being indexed.")
        if snapshot.is_sample and not self._shows_sample():
            return replace(snapshot, index=build([], snapshot.encoder), is_sample=False)  # until the next index
        return snapshot

    def missing(self) -> str | None:
        """Say why no question can be answered yet; None once an index answers."""
        if self._snapshot is not None:
            return None
        if self._fault:
            return f"The articles could not be indexed ({self._fault}); the log says where."
        return "The articles are being indexed." if self._encoder() else "The articles wait for a model."

    def note(self) -> str | None:
        """Say what is wrong with the knowledge base while it answers; None while nothing is."""
        snapshot, behind = self._snapshot, self._behind_since
        if snapshot is None:
            return None
        if self._fault:
            return f"Changes of articles cannot be found: indexing them failed ({self._fault}); the log says where."
        if behind is not None and self._clock.now() - behind > STALE_AFTER:
            return f"Changes of articles cannot be found yet: they are being indexed since {to_text(behind)}."
        if self._refused:
            return f"Articles were not taken over. {self._refused}"
        if aside := len(snapshot.index.set_aside):
            return f"Articles that cannot be read and are not found: {aside}; GET /v1/articles lists them."
        if snapshot.index.articles:
            return None
        return NO_ARTICLES if self._shows_sample() else NO_OWN_ARTICLES

    def state(self) -> ArticleState:
        """Return how many articles can be found, which cannot be read, and whether the last change can be found."""
        snapshot = self.take()
        found = len(snapshot.index.articles.keys() - snapshot.index.withdrawn)
        return ArticleState(found, snapshot.revision >= self._source.revision(), snapshot.index.set_aside)

    def withdraw(self) -> None:
        """Stop finding at once what was deleted or made internal; the next index is built later."""
        with self._replaced:
            if self._snapshot is not None:
                self._snapshot = self._without_gone(self._snapshot)

    def _without_gone(self, snapshot: ArticleSnapshot) -> ArticleSnapshot:
        gone = self._source.gone_since(snapshot.revision) & snapshot.index.articles.keys()
        if gone == snapshot.index.withdrawn:
            return snapshot
        return replace(snapshot, index=replace(snapshot.index, withdrawn=frozenset(gone)))

    def changed(self) -> None:
        """Tell that articles were written: the next index is built at once."""
        self._wake.set()

    def wait_for(self, revision: int, seconds: float) -> bool:
        """Wait until the revision can be found; False when that takes longer."""
        self.changed()
        with self._replaced:
            return self._replaced.wait_for(lambda: self._reached(revision), timeout=seconds)

    def start(self) -> None:
        """Start the thread; the first index is built in it."""
        self._thread = threading.Thread(target=self._run, name="live-articles", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the index under way."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _reached(self, revision: int) -> bool:
        return self._snapshot is not None and self._snapshot.revision >= revision

    def _run(self) -> None:
        while not self._stopping:
            try:
                self.refresh()
            except Exception as error:  # noqa: BLE001 (the running index keeps answering)
                self._faults.inc()
                self._fault = type(error).__name__
                self._telemetry.fault("articles.not_indexed", error)
            else:
                self._fault = None
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()

    def refresh(self) -> None:
        """Take over a new index from disk; build the next one if articles or encoder are not the running one's."""
        self._take_over()
        shows_sample = self._shows_sample()
        if not shows_sample:
            self._drop_sample()
        encoder, second, running = self._encoder(), self._second(), self._snapshot
        if encoder is None or (
            running is not None
            and running.is_sample == shows_sample
            and running.revision == self._source.revision()
            and running.is_by(encoder, second)
        ):
            self._behind_since = None
            return
        self._behind_since = self._behind_since or self._clock.now()
        self.withdraw()
        revision, articles = self._source.read()
        if shows_sample and not self._shows_sample():  # the desk got something of its own meanwhile
            self.refresh()
            return
        if self._previous is None:
            self._previous = self._saved = self._load(self._folders.saved)
        if second and self._previous and not self._previous.second:  # built when the model had no second encoder
            self._previous = self._load(self._folders.home) or self._previous
        with self._turns.one(new_among(articles, self._previous, (encoder, second)), lambda: self._stopping) as turn:
            if turn == "none":
                return
            if turn == "after others" and (saved := self._load(self._folders.saved)) is not None:
                self._previous = self._saved = saved
            index = self._index_of(articles, encoder, second)
            warm_up(index)
            self._put(ArticleSnapshot(index, encoder, revision, shows_sample, second))
            if index is not self._saved:
                self._save(index)

    def _index_of(self, articles: list[Article], encoder: Encoder, second: Encoder | None) -> ArticleIndex:
        """Return the index at hand where it holds these very articles, else build the next one from it."""
        at_hand, wanted = self._previous, {article.id: article for article in articles}
        if at_hand and made_by(at_hand, encoder, second) and dict(at_hand.articles) == wanted:
            return at_hand
        return build(articles, encoder, second=second, previous=at_hand)

    def _put(self, snapshot: ArticleSnapshot) -> None:
        with self._replaced:
            self._snapshot, self._previous = self._without_gone(snapshot), snapshot.index
            self._replaced.notify_all()
        self._behind_since = None
        self._builds.inc()
        self._passages.set(len(snapshot.index.passages))
        self._telemetry.event(
            "articles.live",
            revision=snapshot.revision,
            articles=len(snapshot.index.articles),
            version=snapshot.index.version,
        )
        if snapshot.index.set_aside:
            self._telemetry.event("articles.set_aside", articles=dict(snapshot.index.set_aside))

    def _take_over(self) -> None:
        """Put the articles of home/index, or of the sample while there never were any, into the database."""
        home = _written_at(self._folders.home)
        if self._looked_at is not None and home in (0, self._looked_at):
            return
        self._looked_at = home
        try:
            self._take_over_from(self._folders.home if home else self._folders.sample, "home" if home else "sample")
        except (DatabaseUnavailable, StorageNotWritable):
            self._looked_at = None  # nothing is wrong with the index: the next look tries again
            raise

    def _take_over_from(self, folder: Path, origin: Literal["home", "sample"]) -> None:
        known = self._source.seeds()
        untouched = not known and not self._source.revision() and self._shows_sample()
        index = self._load(folder) if origin == "home" or untouched else None
        if index is None or Seed(index.version, origin) in known:  # a desk may index the sample's articles as its own
            return
        self._source.seed(index.articles.values(), Seed(index.version, origin), at=self._clock.now())
        self._previous = index
        self._telemetry.event("articles.seeded", version=index.version, articles=len(index.articles), origin=origin)

    def _shows_sample(self) -> bool:
        return self._content is None or self._content.shows_sample()

    def _drop_sample(self) -> None:
        """Delete the sample's articles from a desk that has something of its own; once is enough."""
        if self._sample_dropped:
            return
        if dropped := self._source.drop_sample(at=self._clock.now()):
            self._telemetry.event("articles.sample_dropped", articles=dropped)
        self._sample_dropped = True

    def _save(self, index: ArticleIndex) -> None:
        """Keep the index for the next start; where that fails (a full disk, a replica saving here too) it is slower."""
        try:
            index_files.save(index, self._folders.saved)
        except (RetrievalError, OSError) as error:
            self._telemetry.event("articles.index_not_saved", reason=str(error))
        else:
            self._saved = index

    def _load(self, folder: Path) -> ArticleIndex | None:
        """Read a saved index; one that cannot be used costs time, not answers: the database has the articles."""
        own = folder == self._folders.saved
        trusted = NO_KEYS if own else self._folders.trusted
        if not own:
            self._refused = None
        try:
            return index_files.load(folder, trusted=trusted) if _written_at(folder) else None
        except (RetrievalError, OSError) as error:
            self._telemetry.event("articles.index_not_used", reason=str(error))
            if not own:
                self._refused = str(error)
            return None


def _no_encoder() -> Encoder | None:
    return None


def _written_at(folder: Path) -> int:
    index_files.recover(folder)
    if not (folder / index_files.MANIFEST).is_file():
        return 0
    files = (folder / name for name in (index_files.MANIFEST, SIGNATURE))
    return max(file.stat().st_mtime_ns for file in files if file.is_file())
