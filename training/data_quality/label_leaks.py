"""Label leaks: a fixed phrase in the text that gives the label away, such as "[queue: billing]".

A model that learns from such tickets has good metrics and fails on tickets without the phrase. Ordinary words of a
subject are no leak: each is in some of its label's tickets and in some others. So a clue must be nearly pure and in
nearly all tickets of its label, and a head leaks if most of its tickets have the clue of their label.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from triage.model.refit_record import ClueRecord, LeakRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRECISION, RECALL = 0.98, 0.8
SHARE = 0.5
"""A head leaks when so many of its tickets hold their label's clue."""
LONGEST = 3
FEWEST = 8
_SAMPLED = 60
_TRIED = 200
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class LeakPhrase:
    """A phrase (tokens with spaces between) that gives a label away; `n` tickets have it, recall is of the label's."""

    label: str
    clue: str
    n: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Leak:
    """A head whose labels stand in the texts of its tickets, and in which share of them."""

    head: str
    share: float
    clues: tuple[LeakPhrase, ...]

    @property
    def sentence(self) -> str:
        """Say it."""
        shown = ", ".join(f"{clue.label}: '{clue.clue}'" for clue in self.clues[:3])
        return f"{self.head}: in {self.share:.0%} of the tickets a fixed phrase gives the label away ({shown})"

    def to_record(self) -> LeakRecord:
        """Return it as the manifest keeps it."""
        clues = tuple(ClueRecord(**asdict(clue)) for clue in self.clues)
        return LeakRecord(head=self.head, share=self.share, clues=clues, sentence=self.sentence)


def leak(head: str, texts: Sequence[str], labels: Sequence[str | None]) -> Leak | None:
    """Look for a leak.

    Parameters
    ----------
    head
        Its name.
    texts
        Of all tickets, as the model reads them.
    labels
        Theirs, None where there is none.

    Returns
    -------
    Leak or None
        One clue a label at most: the one that most of its tickets have.
    """
    of: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        if label is not None:
            of[label].append(row)
    of = {label: rows for label, rows in of.items() if len(rows) >= FEWEST}
    if len(of) < 2:
        return None
    labelled = sum(map(len, of.values()))
    candidates = _candidates(texts, of)
    if sum(len(of[label]) for label in candidates) * RECALL < SHARE * labelled:
        return None
    every = [" ".join(_tokens(text)) for text in texts]
    found = [clue for label, phrases in candidates.items() if (clue := _clue(label, phrases, every, of)) is not None]
    share = sum(clue.recall * len(of[clue.label]) for clue in found) / labelled
    if len(found) < 2 or share < SHARE:
        return None
    return Leak(head, round(share, 4), tuple(sorted(found, key=lambda clue: (-clue.n, clue.label))))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _candidates(texts: Sequence[str], of: Mapping[str, Sequence[int]]) -> dict[str, list[str]]:
    """Return the phrases that look like clues in a sample of each label's tickets, the surest first."""
    random = np.random.default_rng(0)
    sample = {
        label: random.choice(rows, min(len(rows), _SAMPLED), replace=False).tolist() for label, rows in of.items()
    }
    rows = [row for chosen in sample.values() for row in chosen]
    fewest = max(2, int(0.9 * RECALL * min(map(len, sample.values()))))
    counter = CountVectorizer(analyzer=_phrases, binary=True, min_df=fewest, dtype=np.int32)
    try:
        counts = counter.fit_transform([texts[row] for row in rows]).tocsr()
    except ValueError:  # no phrase is in enough tickets
        return {}
    names, total = counter.get_feature_names_out(), np.asarray(counts.sum(axis=0)).ravel()
    found, begin = {}, 0
    for label, chosen in sample.items():
        own = np.asarray(counts[begin : begin + len(chosen)].sum(axis=0)).ravel()
        begin += len(chosen)
        likely = np.flatnonzero((own >= 0.9 * RECALL * len(chosen)) & (own >= 0.9 * PRECISION * total))
        if len(likely):
            best = sorted(likely.tolist(), key=lambda i: (own[i] - total[i], own[i], len(names[i])), reverse=True)
            found[label] = [str(names[i]) for i in islice(best, _TRIED)]
    return found


def _phrases(text: str) -> list[str]:
    tokens = _tokens(text)
    return [" ".join(tokens[i : i + n]) for n in range(1, LONGEST + 1) for i in range(len(tokens) - n + 1)]


def _clue(
    label: str, phrases: Sequence[str], every: Sequence[str], of: Mapping[str, Sequence[int]]
) -> LeakPhrase | None:
    """Count the phrases over all labelled tickets and return the one that holds best."""
    others = [every[row] for other, rows in of.items() if other != label for row in rows]
    ours = [every[row] for row in of[label]]
    best = None
    for phrase in phrases:
        whole = re.compile(rf"(?<!\S){re.escape(phrase)}(?!\S)")
        inside = sum(phrase in text and whole.search(text) is not None for text in ours)
        if inside < RECALL * len(ours) or (best is not None and inside <= best.n * best.precision):
            continue
        n = inside + sum(phrase in text and whole.search(text) is not None for text in others)
        if inside >= PRECISION * n:
            best = LeakPhrase(label, phrase, n, round(inside / n, 4), round(inside / len(ours), 4))
            if inside == n == len(ours):
                break
    return best
