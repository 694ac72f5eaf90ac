"""Stands in for what is slow or not ours: the clock, the models."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from retrieval.encoder.encoder import Reading, lone
from serving.inference.errors import ModelNotReady
from serving.inference.tagger import TicketText
from tests.manifests import a_manifest
from triage.model.answers_entry import Answers
from triage.model.assessment import Assessment, Guess, HeadThresholds
from triage.model.cascade.first_stage import FirstStage
from triage.model.cascade.screen import Screen
from triage.model.classifier import Prediction
from triage.model.critical import CriticalHead
from triage.model.manifest import Manifest
from triage.model.multi.head import MultiHead
from triage.reason_codes import ReasonCode

MONDAY_MORNING = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # within every default calendar


class FrozenClock:
    """Stands still until it is told otherwise."""

    def __init__(self, at: datetime = MONDAY_MORNING) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return self._at.timestamp()

    def advance(self, span: timedelta) -> datetime:
        self._at += span
        return self._at


@dataclass
class FixedTagged:
    assessments: Mapping[str, Assessment]
    language: str = "en"
    model: str = "bundle-1"
    taxonomy: str = "taxonomy-1"
    text: str = ""  # what models read of it


def suggestion(label: str, confidence: float = 0.9) -> Assessment:
    return Assessment(
        label=label,
        confidence=confidence,
        mode="suggest",
        alternatives=(Guess("other", 1 - confidence),),
        reason="likely enough to suggest",
        reason_code=ReasonCode.NO_CERTIFICATE,
        certificate=None,
    )


@dataclass
class FixedTagger:
    """Gives every ticket the same tags, or none while it is not ready."""

    labels: Mapping[str, str] = field(
        default_factory=lambda: {"category": "bug", "priority": "P1", "product_area": "api"}
    )
    ready: bool = True

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        if not self.ready:
            raise ModelNotReady("No model is live: run `make train promote`.")
        return FixedTagged({head: suggestion(label) for head, label in self.labels.items()}, filed.language or "en")


class HashingEncoder:
    """Gives texts that share words near vectors, without a model: each word is a direction of its own."""

    name = "hashing"
    dim = 512
    n_pools = 1
    at_once = 1
    passages_differ = False

    def __init__(self, fingerprint: str = "hashing-1") -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []  # a memory: what had to be encoded

    def knows(self, word: str) -> bool:
        """Its vocabulary is empty: what the articles do not have is a misspelling of what they have, if it is near."""
        return False

    def encode(self, texts: Sequence[str], *, as_passages: bool = False, progress: object = None) -> np.ndarray:
        self.encoded.extend(texts)
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                row[zlib.crc32(word.encode()) % self.dim] += 1.0
            row /= np.linalg.norm(row)
        return vectors

    def read(self, texts: Sequence[str], *, progress: object = None) -> Reading:
        return lone(self.encode(texts, progress=progress))


class TranslatingEncoder(HashingEncoder):
    """Reads a few words of Italian, Dutch and German as the English ones: a second encoder for more languages."""

    name = "translating"
    words: Final = {
        "reimpostare": "reset", "la": "your", "password": "password", "come": "how", "wachtwoord": "password",
        "opnieuw": "reset", "instellen": "your", "rechnung": "invoice", "herunterladen": "download",
        "fattura": "invoice", "scaricare": "download", "una": "an",
    }  # fmt: skip

    def __init__(self, fingerprint: str = "translating-1") -> None:
        super().__init__(fingerprint)

    def encode(self, texts: Sequence[str], *, as_passages: bool = False, progress: object = None) -> np.ndarray:
        read = [re.sub(r"\w+", lambda word: self.words.get(word[0].lower(), word[0]), text) for text in texts]
        return super().encode(read, as_passages=as_passages)


@dataclass
class FixedHead:
    classes_: tuple[str, ...]


@dataclass
class FixedBundle:
    """Says of every ticket the same, head by head: labels with their probabilities."""

    says: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: {
            "category": {"bug": 0.9, "how_to": 0.08, "billing": 0.02},
            "priority": {"P1": 0.8, "P3": 0.2},
            "product_area": {"api": 0.4, "reports": 0.35, "dashboard": 0.25},
        }
    )
    id: str = "bundle-1"
    critical: CriticalHead | None = None
    first_stage: FirstStage | None = None
    screen: Screen | None = None
    taxonomy_version: str = "taxonomy-1"
    suggest_at: float = 0.5
    ruled: Mapping[str, HeadThresholds] = field(default_factory=dict)
    urgent_cut: float | None = None
    manifest: Manifest = field(default_factory=a_manifest)
    answers: Answers | None = None
    multi: Mapping[str, MultiHead] = field(default_factory=dict)

    @property
    def heads(self) -> dict[str, FixedHead]:
        return {head: FixedHead(tuple(labels)) for head, labels in self.says.items()}

    @property
    def rules(self) -> dict[str, HeadThresholds]:
        return {head: self.ruled.get(head, HeadThresholds(self.suggest_at)) for head in self.says}

    def predictions(self, texts: Sequence[str], states: np.ndarray) -> dict[str, Prediction]:
        return {
            head: Prediction(np.tile(list(labels.values()), (len(texts), 1)), np.zeros(len(texts)))
            for head, labels in self.says.items()
        }

    def foreign(
        self, states: np.ndarray, energies: Mapping[str, np.ndarray], languages: Sequence[str | None]
    ) -> dict[str, np.ndarray]:
        """Call no text foreign."""
        return dict.fromkeys(self.says, np.zeros(len(languages), dtype=bool))
