"""The signals of an article's score, and the weights that sum them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from triage.model.answers_entry import Answers

if TYPE_CHECKING:
    from retrieval.index.article_index import ArticleIndex


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """The signals of each article, float32 (n_articles,) each; about 0 to 1."""

    #: Cosine similarity of the question and the nearest passage, and of the question and the title.
    cosine: np.ndarray
    title_cosine: np.ndarray
    #: Share of the question's weight in words that one passage covers.
    words: np.ndarray
    #: Share of the votes of similar closed tickets.
    evidence: np.ndarray
    #: Cosine similarity of the nearest passage or of the nearest ticket that the article solved, whichever is nearer:
    #: an article without history loses nothing by it.
    known: np.ndarray
    #: How often the article solves anything.
    usual: np.ndarray
    #: Share of what resolved the most similar questions that reads like the article, whether it named one or not.
    told: np.ndarray
    #: 1 where article and question are known to share their language, their product area.
    language: np.ndarray
    product_area: np.ndarray
    #: How near the nearest question is that it is known to answer, 0 to 1.
    asked: np.ndarray
    #: The question's vector, float32 (dim,), and the articles, for rankers that know more of them than these signals.
    question: np.ndarray | None = None
    articles: ArticleIndex | None = None

    def columns(self) -> np.ndarray:
        """Return the columns that the weights of `LinearRanker` are for, float64 (n_articles, n_weights)."""
        of = {name: getattr(self, name) for name in _SIGNALS}
        # The first vote says more than the tenth; the root lets one precedent speak up.
        of["root_evidence"], of["root_told"] = np.sqrt(of["evidence"]), np.sqrt(of["told"])
        # A title is a passage, too: one that says it all is not to be held against what stands below it.
        of["nearest"] = np.maximum(of["cosine"], of["title_cosine"])
        return np.stack([of[name] for name in _WEIGHED], axis=-1).astype(np.float64)


#: What bundles of earlier versions do not weigh: the default does.
ADDED: Final = frozenset({"asked"})
#: Signals to a score for each article, (n_articles,).
Ranker = Callable[[Signals], np.ndarray]


@dataclass(frozen=True)
class LinearRanker:
    """A weighted sum. The defaults serve a desk without a refit; `training.answers.ranker` learns a desk's own.

    Meaning leads: with words as its equal, paraphrased questions lose a tenth of their right answers. The defaults were
    chosen on the questions of the first fourteen months of a real desk, each seeing only tickets before it, and on half
    of a public FAQ.
    """

    nearest: float = 1.0
    cosine: float = 0.0
    title_cosine: float = 0.1
    words: float = 0.2
    evidence: float = 0.4
    root_evidence: float = 0.3
    known: float = 0.0
    usual: float = 0.0
    root_told: float = 0.2
    language: float = 0.05
    product_area: float = 0.05
    asked: float = 0.5

    def __post_init__(self) -> None:
        weights = self.weights
        if not np.isfinite(weights).all() or not self.unit > 0:
            raise ValueError("a weight is not a finite number, or the similarities weigh nothing")

    @property
    def unit(self) -> float:
        """What a perfect fit scores before scaling; without history a score stays below 1."""
        return self.nearest + self.cosine + self.title_cosine + self.words + max(self.known, 0.0)

    @cached_property
    def weights(self) -> np.ndarray:
        """The weights in the order of the fields, float64 (n_weights,)."""
        return np.array([getattr(self, each.name) for each in fields(self)], dtype=np.float64)

    def __call__(self, signals: Signals) -> np.ndarray:
        """Score every article, float64 (n_articles,)."""
        return np.asarray(signals.columns() @ self.weights / self.unit)

    @classmethod
    def from_manifest(cls, answers: Answers | None) -> LinearRanker:
        """Take the learnt weights out of what a bundle says of answers; the defaults where there are none."""
        return cls() if answers is None or answers.ranker is None else cls.of_weights(answers.ranker)

    @classmethod
    def of_weights(cls, weights: Mapping[str, float]) -> LinearRanker:
        """Take weights by their names. Raises ValueError where one is missing or unknown."""
        names = {each.name for each in fields(cls)}
        if not names - ADDED <= set(weights) <= names:
            raise ValueError(f"`ranker` must name {', '.join(sorted(names))}")
        return cls(**weights)

    def to_manifest(self) -> Answers:
        """Return the weights as the manifest keeps them."""
        return Answers(ranker=asdict(self))

    def without(self, _article_ids: AbstractSet[str]) -> LinearRanker:
        """Return it as if these articles were new: no weight knows an article."""
        return self


_SIGNALS: Final = tuple(each.name for each in fields(Signals))
_WEIGHED: Final = tuple(each.name for each in fields(LinearRanker))
#: Passages plus votes of closed tickets, no more: what a ranker has to beat.
FUSION: Final = LinearRanker(
    title_cosine=0.0, words=0.0, evidence=0.5, root_evidence=0.0, root_told=0.0, language=0.0, product_area=0.0
)


def usual(share: float) -> float:
    """Tell how usual an article is, 0 to about 0.5, from the share of all solved tickets that it solved."""
    return math.log1p(200 * share) / 10
