"""From a ticket's text to its tags: one encoding, all heads, the language. For /v1/tags and the ticket desk alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from prometheus_client import Counter

from serving.languages import Languages
from serving.live_models import LiveModels
from serving.loaded_model import LoadedModel
from serving.telemetry import Telemetry
from triage.assessment import Assessment, assess, ranked
from triage.text import model_text


@dataclass(frozen=True, slots=True)
class Filed:
    """A ticket's text as it was filed; the language is None where nobody said it."""

    subject: str
    description: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """What the model makes of one ticket; `vector` is float32 of shape (dim,), of `by`'s encoder."""

    assessments: Mapping[str, Assessment]
    language: str
    text: str
    vector: np.ndarray
    by: LoadedModel

    @property
    def model(self) -> str:
        """Id of the bundle that tagged."""
        return self.by.version

    @property
    def taxonomy(self) -> str:
        """Version of the labels that it chose from."""
        return self.by.bundle.taxonomy_version


class Tagger:
    """Tags tickets with the model that is live when it is asked."""

    def __init__(self, models: LiveModels, languages: Languages, telemetry: Telemetry) -> None:
        self._models = models
        self._languages = languages
        self._modes = Counter("firstline_tags", "Tags given", ["head", "mode"], registry=telemetry.registry)

    def tag(self, subject: str, description: str, *, language: str | None = None) -> Tagged:
        """Tag one ticket; see `tag_all`."""
        return self.tag_all([Filed(subject, description, language)])[0]

    def tag_all(self, filed: Sequence[Filed]) -> list[Tagged]:
        """Tag tickets with one and the same model, in order.

        Raises `ModelNotReady` while no model is live.
        """
        model = self._models.take()
        texts = [model_text(ticket.subject, ticket.description) for ticket in filed]
        vectors = model.encoder.encode(texts)
        assessed = self._assess(model, texts, vectors)
        return [
            Tagged(assessments, ticket.language or self._languages.detect(text), text, vector, model)
            for ticket, text, vector, assessments in zip(filed, texts, vectors, assessed, strict=True)
        ]

    def _assess(self, model: LoadedModel, texts: Sequence[str], vectors: np.ndarray) -> list[dict[str, Assessment]]:
        predicted = model.bundle.predict(texts, vectors)
        assessed: list[dict[str, Assessment]] = [{} for _ in texts]
        for head, probabilities in predicted.items():
            classes, rule = model.bundle.heads[head].classes_, model.bundle.rules[head]
            for row, tags in zip(probabilities, assessed, strict=True):
                tags[head] = assess(ranked(classes, row.tolist()), rule)
                self._modes.labels(head, tags[head].mode).inc()
        return assessed
