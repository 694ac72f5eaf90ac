"""Learn the screen before the critical head: what is clearly no emergency by its words, so that it needs no encoding.

The critical head teaches: it says which texts of the desk it would call an emergency, and of those it would not the
screen learns how this desk writes. In five parts, families of emergencies are kept from both. The thresholds lie at
the lowest score of an emergency that the head finds though it has not learnt of it: those of today are all kept. How
many fall below the threshold that the other four parts would have set, the manifest says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.critical.fit import PARTS, Lessons, learn_head, ngrams_of, parts_of, weights_of
from training.data import array_files
from triage.model import lexical
from triage.model.cascade.entry import ScreenEntry
from triage.model.cascade.first_stage import Words
from triage.model.critical import HARMLESS, SURE, CriticalHead

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from training.critical.families import Family
    from training.critical.fit import FittedCritical

    Encode = Callable[[Sequence[str]], NDArray[np.float32]]

FILE: Final = "cascade/emergencies.npz"
MOST_TICKETS: Final = 4_000
MOST_SENTENCES: Final = 6_000
MOST_FEATURES: Final = 60_000
STRENGTH: Final = 3.0
STEPS: Final = 100
SUSPECT: Final = 0.3
"""A text of the desk from this probability of an emergency on teaches as one: lower than the threshold of the head."""
_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True, eq=False)
class DeskTexts:
    """Texts of the desk with their vectors, (n, dim)."""

    texts: Sequence[str]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class FittedScreen:
    """The screen as an entry of the manifest and a file of the bundle."""

    entry: ScreenEntry
    words: Words

    @property
    def file(self) -> bytes:
        """The content of its file."""
        lexicon = self.words.lexicon
        arrays = {"buckets": lexicon.buckets, "idf": lexicon.idf, "weights": self.words.weights}
        return array_files.archive({**arrays, "intercept": np.array(self.words.intercept)})


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Scores by the screen of emergencies that the head finds, neither having learnt of them, and the part of each."""

    scores: NDArray[np.float64]
    parts: NDArray[np.int64]

    @property
    def lowest(self) -> float:
        return float(self.scores.min()) if len(self.scores) else -np.inf

    @property
    def missed(self) -> int:
        """How many lie below the lowest of the other parts."""
        return sum(
            int((self.scores[own] < self.scores[~own].min()).sum())
            for own in (self.parts == part for part in range(PARTS))
            if own.any() and not own.all()
        )


def with_sentences(desk: DeskTexts, encode: Encode) -> DeskTexts:
    """Return some of the texts, evenly over time, and sentences of those that have more than one."""
    some = range(0, len(desk.texts), max(1, -(-len(desk.texts) // MOST_TICKETS)))
    whole = [desk.texts[place] for place in some]
    split = [[part.strip() for part in _END.split(text) if part.strip()] for text in whole]
    parts = list(dict.fromkeys(part for own in split if len(own) > 1 for part in own))
    parts = parts[:: max(1, -(-len(parts) // MOST_SENTENCES))]
    vectors = [desk.vectors[list(some)], *([encode(parts)] if parts else [])]
    return DeskTexts([*whole, *parts], np.concatenate(vectors))


def learn(critical: FittedCritical, lessons: Lessons, desk: DeskTexts, held: DeskTexts) -> FittedScreen | None:
    """Learn the screen.

    Parameters
    ----------
    critical
        The critical head.
    lessons
        What it has learnt from.
    desk
        Texts that teach how the desk writes.
    held
        Tickets that do not teach: how many of them it spares the head.

    Returns
    -------
    FittedScreen or None
        None where the head finds no emergency that it has not learnt of.
    """
    suspect = _probabilities(critical.head, desk) >= SUSPECT
    parts = parts_of(lessons.families)
    rows = [_by_part(part, lessons, parts, (desk, suspect)) for part in range(PARTS)]
    scores, probabilities = (np.concatenate(column) for column in zip(*rows, strict=True))
    places = np.repeat(np.arange(PARTS), [len(found) for found, _ in rows])
    noticed, sure = (
        _Found(scores[own], places[own]) for own in (probabilities >= critical.head.threshold, probabilities >= SURE)
    )
    if not len(noticed.scores):
        return None
    words = _learnt(lessons.families, (desk, suspect))
    calm = [
        text
        for text, each in zip(held.texts, _probabilities(critical.head, held), strict=True)
        if each < critical.head.threshold
    ]
    entry = ScreenEntry(
        file=FILE,
        whole_at=noticed.lowest,
        sentence_at=sure.lowest,
        emergencies=len(noticed.scores),
        missed=noticed.missed,
        tickets=len(calm),
        harmless=sum(words.score(text) < noticed.lowest for text in calm),
    )
    return FittedScreen(entry, words)


def _by_part(
    part: int, lessons: Lessons, parts: NDArray[np.int64], desk: tuple[DeskTexts, NDArray[np.bool_]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of each emergency of a part its score and what the head says, neither having learnt of the part."""
    taught, kept = lessons.part(parts != part), lessons.part(parts == part)
    head, words = CriticalHead(learn_head(taught), 1.0), _learnt(taught.families, desk)
    pairs = [
        (text, vector)
        for family, vectors in zip(kept.families, kept.vectors, strict=True)
        if family.kind not in HARMLESS
        for text, vector in zip(family.wordings, vectors, strict=True)
    ]
    scores = [words.score(text) for text, _ in pairs]
    return np.array(scores), np.array([head.read(text, vector).probability for text, vector in pairs])


def _probabilities(head: CriticalHead, desk: DeskTexts) -> NDArray[np.float64]:
    pairs = zip(desk.texts, desk.vectors, strict=True)
    return np.array([head.read(text, vector).probability for text, vector in pairs], dtype=np.float64)


def _learnt(families: Sequence[Family], desk: tuple[DeskTexts, NDArray[np.bool_]]) -> Words:
    """Fit a logistic regression on the n-grams of the packaged texts and of the desk's."""
    texts = [text for family in families for text in family.wordings]
    truth = [family.kind not in HARMLESS for family in families for _ in family.wordings]
    weights = np.concatenate((weights_of(families), np.ones(len(desk[0].texts))))
    every = [*texts, *desk[0].texts]
    lexicon = lexical.learn(every, min_tickets=2, most=MOST_FEATURES, progress=lambda _done: None)
    model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
    model.fit(ngrams_of(lexicon, every), np.concatenate((truth, desk[1])), sample_weight=weights)
    return Words(lexicon, model.coef_[0].astype(np.float32), float(model.intercept_[0]))
