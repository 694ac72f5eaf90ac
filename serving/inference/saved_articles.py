"""The article index as it was saved last, for commands that run beside the service or without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import RetrievalError
from retrieval.index import files as index_files
from serving.inference.article_snapshot import ArticleSnapshot, made_by
from serving.inference.errors import ArticlesNotReady
from serving.inference.live_models import LiveModels
from triage.signing.signatures import TrustedKeys


@dataclass(frozen=True, slots=True)
class SavedArticles:
    """Reads the first of several folders that holds an index for the encoder of the model that serves."""

    models: LiveModels
    folders: Sequence[tuple[Path, TrustedKeys]]  # and whose signature each needs

    def take(self) -> ArticleSnapshot:
        """Return the index.

        Raises `ArticlesNotReady`: no folder holds one. Raises `ModelNotReady`: there is no model.
        """
        model = self.models.take()
        encoder, second = model.encoder, model.second_encoder
        for folder, trusted in self.folders:
            if not (folder / index_files.MANIFEST).is_file():
                continue
            try:
                index = index_files.load(folder, encoder=encoder, trusted=trusted)
                return ArticleSnapshot(index, encoder, 0, second=second if made_by(index, encoder, second) else None)
            except RetrievalError:
                continue  # of another encoder, damaged or unsigned: it costs suggestions, and no preview
        raise ArticlesNotReady("No articles are indexed.")
