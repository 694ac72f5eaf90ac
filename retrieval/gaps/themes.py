"""Themes: groups of texts about one topic, named by their own words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from retrieval.gaps.clusters import clusters
from retrieval.gaps.gaps import TELLING, QuestionSet, TellingWords, likeness, written_as
from retrieval.gaps.replays import Replay

#: Looser than for gaps, whose groups resolutions help to tell: a theme is what some texts share.
ALIKE: Final = 0.2
#: A word is named where so many different customers use it.
CUSTOMERS: Final = 3
#: A word that more than this share of a language's other texts use names nothing: the, und, de.
COMMON: Final = 0.2
#: Fewer texts do not show what a language's common words are.
LEAST_OF_LANGUAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A redacted text, who wrote it, and its language where it is known."""

    id: str
    text: str
    customer: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """Texts of one topic: their rows, the nearest to their middle first, and the words that tell them from others."""

    rows: tuple[int, ...]
    words: tuple[str, ...]


def themes(texts: Sequence[Text], vectors: np.ndarray, least: int) -> list[Theme]:
    """Group texts into themes.

    Parameters
    ----------
    texts
        Redacted: their words are shown.
    vectors
        float32 (n, dim), unit length.
    least
        The fewest texts of a theme.

    Returns
    -------
    list of Theme
        The largest first. One whose words too few customers share has none.
    """
    replays = [Replay(id=each.id, text=each.text) for each in texts]
    seen = likeness(QuestionSet(replays, vectors, np.zeros_like(vectors)))
    telling = TellingWords([each.text for each in texts])
    languages = _Languages(texts, telling)
    groups = [each for each in clusters(seen, ALIKE) if len(each) >= least]
    return [_theme(rows, seen, texts, (telling, languages)) for rows in groups]


class _Languages:
    """How many texts of each language use a word."""

    def __init__(self, texts: Sequence[Text], telling: TellingWords) -> None:
        self._texts, self._telling = texts, telling
        self._every = self._counted(range(len(texts)))

    def common_beside(self, rows: Sequence[int]) -> frozenset[str]:
        """Return the words of some texts that much of the other texts of a language use, too."""
        mine, found = self._counted(rows), set[str]()
        for language, (n, spread) in self._every.items():
            own_n, own = mine.get(language, (0, Counter[str]()))
            if n - own_n < LEAST_OF_LANGUAGE:  # the theme is most of it: its common words are the language's
                own_n, own = 0, Counter[str]()
            if n >= LEAST_OF_LANGUAGE:
                found |= {word for word, k in spread.items() if k - own[word] > COMMON * (n - own_n)}
        return frozenset(found)

    def _counted(self, rows: Sequence[int]) -> dict[str | None, tuple[int, Counter[str]]]:
        by_language = defaultdict[str | None, list[int]](list)
        for row in rows:
            by_language[self._texts[row].language].append(row)
        return {
            language: (len(each), Counter(word for row in each for word in self._telling.of[row]))
            for language, each in by_language.items()
        }


def _theme(rows: np.ndarray, seen: np.ndarray, texts: Sequence[Text], names: tuple[TellingWords, _Languages]) -> Theme:
    telling, languages = names
    chosen = seen[rows]
    near = chosen @ chosen.mean(axis=0)
    ordered = [int(rows[place]) for place in np.argsort(-near, kind="stable")]
    users = defaultdict[str, set[str]](set)
    for row in ordered:
        for word in telling.of[row]:
            users[word].add(texts[row].customer)
    common = languages.common_beside(ordered)
    named = [word for word in telling.ranked(ordered) if word not in common and len(users[word]) >= CUSTOMERS]
    return Theme(tuple(ordered), tuple(written_as(named[:TELLING], [texts[row].text for row in ordered])))
