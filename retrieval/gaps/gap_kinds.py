"""Classify what is wrong with an article whose questions are not answered well, with evidence in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np

from retrieval.articles.article import Article
from retrieval.articles.passages import sentences
from retrieval.gaps.replays import Replay
from retrieval.index.article_index import ArticleIndex
from retrieval.index.tokens import words

Kind = Literal["missing", "unreachable", "unhelpful", "contradictory", "stale"]

#: Share of common words from which on two sentences are about the same, numbers and negations aside.
SAME_STATEMENT: Final = 0.6
LEAST_WORDS: Final = 4
#: Suggestions among which an article's rival is looked for, and in what share of the questions it must stand there.
RIVALS: Final = 3
OFTEN: Final = 0.25
#: An article is old where it was last changed so long before the questions, and stale where they rise or drift.
OLD: Final = timedelta(days=180)
RISEN: Final = 2.0
DRIFTED: Final = 0.12
#: Fewer resolutions of a half say nothing about a drift.
LEAST_TOLD: Final = 3

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|can't|don't|doesn't|isn't|won't|without|unable|nicht|kein\w*|nie)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A kind of gap, and the reason."""

    kind: Kind
    evidence: str


@dataclass(frozen=True, slots=True, eq=False)
class Lack:
    """Questions that belong to one article and were not answered well."""

    article: Article
    replays: Sequence[Replay]
    #: float32 (n, dim) of the resolutions, rows of zeros where there is none.
    told: np.ndarray


def judge(lack: Lack, index: ArticleIndex) -> Ruling:
    """Tell what is wrong: a contradiction explains all else, an outdated text explains that it does not help."""
    return contradiction(lack, index) or staleness(lack, index) or _plain(lack, index)


def contradiction(lack: Lack, index: ArticleIndex) -> Ruling | None:
    """Find another article that is suggested beside this one and says otherwise."""
    beside = Counter(
        shown.article_id
        for replay in lack.replays
        for shown in replay.shown[:RIVALS]
        if shown.article_id != lack.article.id and shown.article_id in index.articles
    )
    for rival, n in sorted(beside.items(), key=lambda each: (-each[1], each[0]))[:RIVALS]:
        if n >= max(2, OFTEN * len(lack.replays)) and (pair := disagreement(index, lack.article.id, rival)):
            other = index.articles[rival].title
            return Ruling("contradictory", f"{lack.article.title!r} says {pair[0]!r}, {other!r} says {pair[1]!r}.")
    return None


def disagreement(index: ArticleIndex, one: str, other: str) -> tuple[str, str] | None:
    """Find two sentences that share their words but not their numbers, or of which one denies."""
    theirs = [(each, _said(each)) for each in _sentences(index, other)]
    for sentence in _sentences(index, one):
        said = _said(sentence)
        for against, heard in theirs:
            common = len(said & heard)
            if common >= LEAST_WORDS and common >= SAME_STATEMENT * len(said | heard) and _differ(sentence, against):
                return sentence, against
    return None


def staleness(lack: Lack, index: ArticleIndex) -> Ruling | None:
    """Tell whether time went past the article: old while its questions rise, or no longer what tickets are told."""
    times = sorted(each.at for each in lack.replays if each.at is not None)
    if not times:
        return None
    changed = _instant(lack.article.updated_at)
    middle = times[0] + (times[-1] - times[0]) / 2
    earlier = sum(each < middle for each in times)
    if changed is not None and times[-1] - changed >= OLD and len(times) - earlier >= RISEN * max(earlier, 1):
        when = f"{changed:%Y-%m-%d}"
        return Ruling(
            "stale", f"Last changed on {when}; {earlier} questions in the first half, {len(times) - earlier} since."
        )
    fell = _drift(lack, index, middle)
    if fell is not None and fell >= DRIFTED and not (changed is not None and changed >= middle):
        return Ruling("stale", f"What tickets are told has moved away from the article: likeness fell by {fell:.2f}.")
    return None


def _plain(lack: Lack, index: ArticleIndex) -> Ruling:
    fates = [each.fate(index.articles)[0] for each in lack.replays]
    n = len(fates)
    hidden = n - fates.count("unhelpful")
    if 2 * hidden < n:
        return Ruling("unhelpful", f"It was shown to {n - hidden} of {n} who then said no or turned to a person.")
    below = sum(each.first != lack.article.id for each in lack.replays)
    return Ruling(
        "unreachable",
        f"It fits, but stood below another article {below} of {n} times, and was not shown as the answer.",
    )


def _drift(lack: Lack, index: ArticleIndex, middle: datetime) -> float | None:
    """Tell by how much the resolutions' likeness to the article fell from the earlier half to the later."""
    number = index.number(lack.article.id)
    if number is None:
        return None
    passages = index.vectors.vectors(np.array(index.passages_of(number), dtype=np.int64))
    likeness = (lack.told @ passages.T).max(axis=1)
    known = np.array([bool(each.any()) for each in lack.told])
    late = np.array([each.at is not None and each.at >= middle for each in lack.replays])
    if min((known & late).sum(), (known & ~late).sum()) < LEAST_TOLD:
        return None
    return float(np.median(likeness[known & ~late]) - np.median(likeness[known & late]))


def _sentences(index: ArticleIndex, article_id: str) -> list[str]:
    number = index.number(article_id)
    rows = index.passages_of(number) if number is not None else range(0)
    return [" ".join(each.split()) for row in rows for b in index.passages[row].blocks for each in sentences(b.text)]


def _said(sentence: str) -> frozenset[str]:
    """Return its words without numbers and negations: what is said of them is compared apart."""
    return frozenset(words(_NEGATION.sub(" ", _NUMBER.sub(" ", sentence))))


def _differ(one: str, other: str) -> bool:
    ours, theirs = (set(_NUMBER.findall(each)) for each in (one, other))
    return (bool(ours and theirs) and not ours & theirs) or bool(_NEGATION.search(one)) != bool(_NEGATION.search(other))


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.astimezone() if found is not None and found.tzinfo is None else found


def nearest(replays: Sequence[Replay], articles: Mapping[str, Article], most: int = 3) -> list[tuple[str, float]]:
    """Return the articles that come up most for some questions, with their mean score over all of these."""
    sums: dict[str, float] = {}
    for replay in replays:
        for shown in replay.shown:
            if shown.article_id in articles:
                sums[shown.article_id] = sums.get(shown.article_id, 0.0) + shown.score
    ranked = sorted(sums.items(), key=lambda each: (-each[1], each[0]))[:most]
    return [(article_id, score / len(replays)) for article_id, score in ranked]
