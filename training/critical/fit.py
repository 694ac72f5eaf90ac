"""Fit the critical head, and measure it on families of texts that it did not learn from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from training.critical import families as texts_of_families
from training.data import array_files
from triage.model import lexical
from triage.model.classifier import Classifier, Weights
from triage.model.critical import EVERYDAY, FILE, HARMLESS, UNSOLICITED, CriticalEntry, CriticalHead, Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from training.config import Critical
    from training.critical.families import Family

    Encode = Callable[[Sequence[str]], NDArray[np.float32]]

PARTS = 5  # of the families: one measures what the other four teach
MOST_FEATURES = 40_000
STRENGTH = 10.0
BALANCE = 1.5
STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class FittedCritical:
    """The head as a file of the bundle and as an entry of its manifest."""

    head: CriticalHead
    entry: CriticalEntry
    file: bytes
    lessons: Lessons


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Families with their vectors, (n_wordings, dim) each."""

    families: Sequence[Family]
    vectors: Sequence[NDArray[np.float32]]

    def part(self, chosen: NDArray[np.bool_]) -> Lessons:
        """Return some of the families."""
        rows = np.flatnonzero(chosen).tolist()
        return Lessons([self.families[row] for row in rows], [self.vectors[row] for row in rows])


def fit(tickets: Sequence[str], encode: Encode, fingerprint: str, wanted: Critical) -> FittedCritical:
    """Fit the head.

    Parameters
    ----------
    tickets
        Cleaned sentences of the desk's tickets that are not urgent; they are everyday texts.
    encode
        From texts to their vectors, (n, dim), unit length.
    fingerprint
        Of the encoder.
    wanted
        The settings.

    Returns
    -------
    FittedCritical
        The head has learnt from all texts; its figures are those of a trial head that learnt from four fifths of the
        families, as they could not be measured otherwise.
    """
    packaged = texts_of_families.packaged()
    own = tuple(texts_of_families.Family("", EVERYDAY, (text,)) for text in tickets)
    everything = _encoded((*packaged, *own), encode)
    parts = parts_of(everything.families)
    trial, held = learn_head(everything.part(parts > 0)), everything.part(parts == 0)
    served = CriticalHead(learn_head(everything), wanted.threshold)
    bound_to = fingerprint, texts_of_families.digest(packaged)
    entry = _entry(served, held, _scores(trial, held), wanted.delta, bound_to)
    return FittedCritical(served, entry, array_files.archive(_arrays(served.classifier)), everything)


def _encoded(families: Sequence[Family], encode: Encode) -> Lessons:
    texts = [text for family in families for text in family.wordings]
    ends = np.cumsum([len(family.wordings) for family in families])
    return Lessons(families, np.split(encode(texts), ends[:-1]))


def parts_of(families: Sequence[Family]) -> NDArray[np.int64]:
    """Return to which part each family belongs: the families of a language and kind take turns."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for family in families:
        key = family.language, family.kind
        seen[key] = seen.get(key, -1) + 1
        found.append(seen[key] % PARTS)
    return np.array(found, np.int64)


def learn_head(lessons: Lessons) -> Classifier:
    """Fit softmax regression on sentence vectors and n-grams."""
    texts = [text for family in lessons.families for text in family.wordings]
    kinds = [family.kind for family in lessons.families for _ in family.wordings]
    lexicon = lexical.learn(texts, min_tickets=2, most=MOST_FEATURES, progress=lambda _done: None)
    vectors = np.concatenate(lessons.vectors).astype(np.float32)
    ngrams = ngrams_of(lexicon, texts)
    model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
    features = sparse.hstack([sparse.csr_array(vectors), ngrams], format="csr")
    model.fit(features, kinds, sample_weight=weights_of(lessons.families))
    dim = vectors.shape[1]
    weights = Weights(
        np.ascontiguousarray(model.coef_.T[:dim], np.float32),
        np.ascontiguousarray(model.coef_.T[dim:], np.float32),
        model.intercept_.astype(np.float32),
        1.0,
    )
    return Classifier(tuple(model.classes_.tolist()), weights, lexicon, np.zeros((1, dim), np.float32))


def weights_of(families: Sequence[Family]) -> NDArray[np.float64]:
    """Return the weight of each wording: in each language the everyday ones count `BALANCE` times the emergencies.

    Otherwise a language with few everyday texts would take words that it does not know for an emergency.
    """
    everyday: Counter[str] = Counter()
    urgent: Counter[str] = Counter()
    for family in families:
        if family.kind != UNSOLICITED:
            (everyday if family.kind == EVERYDAY else urgent)[family.language] += len(family.wordings)

    def weight(family: Family) -> float:
        if family.kind != EVERYDAY:
            return 1.0
        return max(1.0, BALANCE * urgent[family.language] / everyday[family.language])

    return np.repeat([weight(family) for family in families], [len(family.wordings) for family in families])


def ngrams_of(lexicon: lexical.Lexicon, texts: Sequence[str]) -> sparse.csr_array:
    """Return the n-grams of texts, (n_texts, n_features)."""
    rows = [lexicon.row(text) for text in texts]
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return sparse.csr_array((values, columns, starts), shape=(len(texts), lexicon.n_features))


def _scores(trial: Classifier, lessons: Lessons) -> NDArray[np.float64]:
    """Return P(emergency) of one wording of each family."""
    head = CriticalHead(trial, 1.0)
    pairs = zip(lessons.families, lessons.vectors, strict=True)
    return np.array([head.read(_one(family), vectors[len(vectors) // 2]).probability for family, vectors in pairs])


def _one(family: Family) -> str:
    return family.wordings[len(family.wordings) // 2]


def _entry(
    served: CriticalHead, held: Lessons, scores: NDArray[np.float64], delta: float, bound_to: tuple[str, str]
) -> CriticalEntry:
    """Return what the manifest says; `bound_to` are the fingerprint of the encoder and the digest of the texts."""
    found = scores >= served.threshold
    kinds = np.array([family.kind for family in held.families])
    packaged = np.array([bool(family.language) for family in held.families])

    def measured(rows: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> Measured:
        n, k = int(rows.sum()), int((rows & wrong).sum())
        return Measured(n=n, k=k, at_most=upper_bound(n, k, delta))

    labels = served.classifier.classes_
    urgent = ~np.isin(kinds, list(HARMLESS))
    return CriticalEntry(
        file=FILE,
        labels=labels,
        temperature=served.classifier.weights.temperature,
        encoder=bound_to[0],
        threshold=served.threshold,
        texts=bound_to[1],
        delta=delta,
        missed=measured(urgent, ~found),
        missed_by_kind={kind: measured(kinds == kind, ~found) for kind in labels if kind not in HARMLESS},
        handed_off=measured((kinds == EVERYDAY) & packaged, found),
        tickets_handed_off=measured((kinds == EVERYDAY) & ~packaged, found),
        unsolicited_handed_off=measured(kinds == UNSOLICITED, found),
    )


def upper_bound(n: int, k: int, delta: float) -> float:
    """Return the share that is exceeded with probability at most `delta` (Clopper and Pearson 1934)."""
    return 1.0 if k >= n else float(beta.ppf(1 - delta, k + 1, n - k))


def _arrays(head: Classifier) -> dict[str, NDArray[np.generic]]:
    weights, lexicon = head.weights, head.lexicon
    return {
        "buckets": lexicon.buckets,
        "idf": lexicon.idf,
        "dense": weights.dense,
        "sparse": weights.sparse,
        "intercept": weights.intercept,
    }
