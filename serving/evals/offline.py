"""Ask golden questions without a service: of a home's bundle and index, or of any bundle and any folder of articles."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from retrieval.articles import files as article_files
from retrieval.articles import golden_questions
from retrieval.articles.golden_questions import GoldenQuestion
from retrieval.errors import ArticleNotReadable
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from serving.errors import NotReady, StartRefused
from serving.evals.asking import Asker, Trial, with_encoder_of
from serving.inference import loaded_model
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.errors import ArticlesNotReady
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel
from serving.inference.saved_articles import SavedArticles
from serving.settings import Settings


class NoQuestions(StartRefused):
    """There are no golden questions."""

    def __init__(self, looked_at: Sequence[Path]) -> None:
        self.looked_at = tuple(looked_at)
        super().__init__(
            f"No golden questions in {', '.join(map(str, looked_at))}: write {golden_questions.FILE} beside the "
            "articles, or name a file with --questions; `firstline evals --suggest 20` proposes some."
        )


@dataclass(frozen=True, slots=True)
class OfflineEvals:
    """Asks without a service; nothing is written anywhere."""

    settings: Settings
    models: LiveModels
    saved: SavedArticles
    asker: Asker
    indexes: Sequence[Path]

    def tried(
        self, questions: Sequence[GoldenQuestion], articles: Path | None, bundle: Path | None, at: datetime
    ) -> Trial:
        """Ask every question once.

        Parameters
        ----------
        questions
            As `questions` returns them.
        articles
            A folder or a JSON Lines file; None: those that the home's service has.
        bundle
            None: the one that serves.
        at
            Now.

        Returns
        -------
        Trial

        Raises
        ------
        ArticlesNotReady, ModelNotReady
            There is nothing to ask.
        BundleRefused, RetrievalError
            What is named cannot be used.
        """
        model = self.model(bundle, at)
        snapshot = self.snapshot(articles, model)
        return Trial(self.asker.judged(questions, model, snapshot), snapshot.index.version, model.version)

    def questions(self, file: Path | None, articles: Path | None) -> list[GoldenQuestion]:
        """Return the questions of a file; None: those beside the articles, else those that the service had last.

        Raises `NoQuestions`, `QuestionsNotReadable`.
        """
        if file is None and articles is not None:
            file = golden_questions.in_folder(articles)
            if file is None:
                raise NoQuestions([articles])
        if file is not None:
            return self._some(golden_questions.read(file), file)
        if (kept := self.settings.questions_path).is_file():
            return self._some(golden_questions.read(kept), kept)
        for folder in self.indexes:
            if (folder / index_files.MANIFEST).is_file() and (found := index_files.read_questions(folder)):
                place = folder / index_files.QUESTIONS
                return self._some(golden_questions.decoded(found, place), place)
        raise NoQuestions([kept, *self.indexes])

    @staticmethod
    def _some(toml: str, file: Path) -> list[GoldenQuestion]:
        found = golden_questions.parse(toml, file)
        if not found:
            raise NoQuestions([file])
        return found

    def model(self, bundle: Path | None, at: datetime) -> LoadedModel:
        """Return what answers. Raises `ModelNotReady`, `BundleRefused`."""
        if bundle is None:
            return self.models.take()
        trusted = self.settings.signing_keys
        return loaded_model.load(bundle, origin="shadow", at=at, running=self.models.status.live, trusted=trusted)

    def snapshot(self, articles: Path | None, model: LoadedModel) -> ArticleSnapshot:
        """Return the articles as a model searches them; passages of a saved index are not encoded again."""
        saved = None
        with suppress(NotReady):
            saved = self.saved.take()
        if articles is None:
            if saved is None:
                raise ArticlesNotReady("No articles are indexed: name a folder with --articles.")
            return with_encoder_of(model, saved)
        left_out: list[ArticleNotReadable] = []
        found = article_files.read(articles, left_out=left_out)
        second = model.second_encoder
        index = build(found, model.encoder, second=second, previous=saved.index if saved else None)
        return ArticleSnapshot(index, model.encoder, revision=0, second=second)
