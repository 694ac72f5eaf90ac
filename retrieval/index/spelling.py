"""Misspelt and joined words of a question, put right with the words that the desk's own articles use.

Only a word that nobody knows is touched: neither the articles nor the encoder's vocabulary has it. Short words, codes
and numbers stay as they are. Each unknown word is compared with all words of the articles at once (by their letters, in
numpy), and with the few that remain one by one; so time grows with the number of words in both, and no further.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from retrieval.articles.article import Article, Passage
from retrieval.articles.translations import tongue
from retrieval.index.mistakes import EDIT, TWO_MISTAKES_FROM, distance, is_affixed, is_one_mistake, is_slip
from retrieval.index.tokens import MAX_CHARACTERS
from triage.text.everyday_words import everyday_words

#: Passages that are read; a word of a title counts as often as one of so many of them.
READ: Final = 20_000
OF_A_TITLE: Final = 5
#: Letters of a word that is put right.
SHORTEST: Final = 4
#: Letters from which on any other letter may be a mistake, and not a neighbouring key alone.
SURE_FROM: Final = 6
LONGEST: Final = 24
#: Letters of joined words that are parted.
JOINED_FROM: Final = 7
JOINED_TO: Final = 60
#: Unknown words of one question that are looked at, and the share of its words that may be unknown: more, and the
#: question is in another language than the articles.
MOST_UNKNOWN: Final = 12
UNKNOWN_SHARE: Final = 0.8
FEW_WORDS: Final = 3
#: What ten times as many passages with a word are worth.
COMMON: Final = 0.12

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_INNER_CAPITAL: Final = re.compile(r"[^\W\d_][A-Z]")
#: What stands between spaces and is words alone: no address, path, code or name with digits.
_PLAIN: Final = re.compile(r"(?<!\S)[^\w\s]*([^\W\d_]+(?:['’-][^\W\d_]+)*)[^\w\s]*(?!\S)")
_RUN: Final = re.compile(r"(\w)\1{2,}")
#: Short words that people write together with the next one.
_JOINTS: Final = frozenset(
    "a i my to do in of is it on me we an no at by or so the and for not can how our you".split()  # noqa: SIM905
)


@dataclass(frozen=True, eq=False)
class Spelling:
    """The words of the articles as they are written there, without accents and capitals."""

    #: In how many passages each word is, and the languages of the articles that use it.
    counts: dict[str, int]
    languages: dict[str, frozenset[str]]

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str, int]]) -> Spelling:
        """Count the words of texts, each with its language (empty where it is not known) and how often it counts."""
        counts, languages = Counter[str](), dict[str, set[str]]()
        for text, language, times in texts:
            for word in set(written(text)):
                counts[word] += times
                languages.setdefault(word, set()).add(language)
        return cls(dict(counts), {word: frozenset(each) for word, each in languages.items()})

    @classmethod
    def of_articles(
        cls, articles: Sequence[Article], passages: Sequence[Passage], known: Iterable[tuple[str, int]]
    ) -> Spelling:
        """Count the words of articles, of their titles, and of questions known to be about one (by its number).

        Of a large knowledge base evenly chosen passages are read.
        """
        languages = {article.id: tongue(article.locale or "") for article in articles}
        read = (passages[row] for row in range(0, len(passages), 1 + len(passages) // READ))
        texts = [(f"{each.heading}\n{each.text}", languages[each.article_id], 1) for each in read]
        texts += [(article.title, languages[article.id], OF_A_TITLE) for article in articles]
        texts += [(text, languages[articles[number].id], 1) for text, number in known]
        return cls.of(texts)

    def corrected(self, text: str, knows: Callable[[str], bool], language: str | None = None) -> str:
        """Return a question with its misspelt words put right.

        Parameters
        ----------
        text
            The question, cleaned.
        knows
                Tells whether a word, as it is written, is one that needs no correction.
        language
            The language that it is clearly written in: then only words of articles in that language are taken.

        Returns
        -------
        str
            The question itself where nothing is to be put right.
        """
        found = _plain_words(text)
        text = self._joined(text, found)
        found = _plain_words(text)
        unknown = [each for each in found if self._is_unknown(each[0], knows) and not _is_name(each)]
        few = len(found) <= FEW_WORDS or len(unknown) <= UNKNOWN_SHARE * len(found)
        if not unknown or not few or len(unknown) > MOST_UNKNOWN:
            return text
        parts, end = list[str](), 0
        for each in unknown:
            instead = self._instead(_folded(each[0]), knows, language)
            if instead is not None:
                parts += [text[end : each.start()], instead.upper() if each[0].isupper() else instead]
                end = each.end()
        return "".join([*parts, text[end:]])

    def _joined(self, text: str, found: Sequence[re.Match[str]]) -> str:
        """Join two words that the articles write as one and that they do not have both ("dash board")."""
        parts, end = list[str](), 0
        for one, other in pairwise(found):
            halves = _folded(one[0]), _folded(other[0])
            whole = "".join(halves)
            if one.start() < end or other.start() != one.end() + 1 or not JOINED_FROM <= len(whole) <= LONGEST:
                continue
            if whole in self.counts and not all(each in self.counts for each in halves) and text[one.end()] == " ":
                parts += [text[end : one.end()], other[0]]
                end = other.end()
        return "".join([*parts, text[end:]])

    def _is_unknown(self, word: str, knows: Callable[[str], bool]) -> bool:
        folded = _folded(word)
        if not word.isalpha() or (_INNER_CAPITAL.search(word) and not word.isupper()):
            return False
        if not SHORTEST <= len(folded) <= JOINED_TO or folded in self.counts or folded in everyday_words():
            return False
        return not knows(word) and (word.isascii() or not knows(folded))

    def _instead(self, word: str, knows: Callable[[str], bool], language: str | None) -> str | None:
        """Return what was meant by a word that nobody knows; None where that is not clear."""
        once = _without_runs(word)
        for is_word in (self.counts.__contains__, everyday_words().__contains__, knows):
            if (found := next(filter(is_word, once), None)) is not None:
                return found
        word = _RUN.sub(r"\1\1", word)
        cost, nearest = self._nearest(word, language)
        if cost > EDIT and (parts := self._parted(word)):
            return " ".join(parts)
        return nearest

    def _nearest(self, word: str, language: str | None) -> tuple[float, str | None]:
        """Return the word of the articles that a word is a misspelling of, and what its mistakes cost."""
        most = 2 if len(word) >= TWO_MISTAKES_FROM else 1
        best: tuple[float, float, str | None] = (math.inf, math.inf, None)
        for other in self._alike(word, most):
            if language and not self.languages[other] & {language, ""}:
                continue
            if is_affixed(word, other) or (cost := distance(word, other)) is None:
                continue
            if (len(word) == SHORTEST and not is_slip(word, other)) or (len(word) < SURE_FROM and cost > EDIT):
                continue
            best = min(best, (cost - COMMON * math.log10(self.counts[other]), cost, other))
        return best[1], best[2]

    def _alike(self, word: str, most: int) -> list[str]:
        """Return the words that so many mistakes may have changed; with two, words that begin with the same letter."""
        if len(word) > LONGEST or not self._words:
            return []
        lengths, letters, begins = self._shapes
        near = np.abs(lengths - len(word)) <= most
        near &= np.bitwise_count(letters ^ np.uint64(_letters(word))) <= 2 * most
        same = begins == np.array([ord(word[0]), ord(word[1])])
        across = begins == np.array([ord(word[1]), ord(word[0])])
        near &= same[:, 0] if most > 1 else same.any(axis=1) | across.any(axis=1)
        found = (self._words[place] for place in np.flatnonzero(near).tolist())
        return [each for each in found if most > 1 or is_one_mistake(word, each)]

    def _parted(self, word: str) -> list[str]:
        """Part words that are written together, by the likeliest way; nothing where some letters are left over."""
        if len(word) > JOINED_TO:
            return []
        best: list[tuple[float, list[str]] | None] = [(0.0, []), *[None] * len(word)]
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - LONGEST), end):
                before, piece = best[start], word[start:end]
                if before is None or (cost := self._cost(piece)) is None:
                    continue
                now = best[end]
                if now is None or before[0] + cost < now[0]:
                    best[end] = (before[0] + cost, [*before[1], piece])
        whole = best[len(word)]
        parts = whole[1] if whole else []
        if len(word) < JOINED_FROM:
            return parts if all(each in _JOINTS for each in parts) else []
        return parts if any(len(each) >= SHORTEST and each in self.counts for each in parts) else []

    def _cost(self, piece: str) -> float | None:
        if piece in _JOINTS:
            return 5.0
        count = self.counts.get(piece, 0) if len(piece) >= SHORTEST else 0
        return math.log(self._total / count) if count else None

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The languages of the articles."""
        return frozenset[str]().union(*self.languages.values())

    @cached_property
    def main(self) -> str:
        """The language that most words are used in."""
        counts = Counter(language for each in self.languages.values() for language in each)
        return max(sorted(counts), key=counts.__getitem__, default="")

    @cached_property
    def _total(self) -> int:
        return sum(self.counts.values()) + 1

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(sorted(word for word in self.counts if SHORTEST <= len(word) <= LONGEST))

    @cached_property
    def _shapes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lengths and letters of all words, int64 and uint64 (n_words,), and their beginnings, int64 (n_words, 2)."""
        lengths = np.array([len(word) for word in self._words], dtype=np.int64)
        begins = np.array([[ord(word[0]), ord(word[1])] for word in self._words], dtype=np.int64)
        return lengths, np.array([_letters(word) for word in self._words], dtype=np.uint64), begins


def _is_name(found: re.Match[str]) -> bool:
    """Tell whether a short word has a capital where no sentence begins ("Xero", "Acme"): it is no slip of "zero"."""
    before = found.string[max(0, found.start() - 2) : found.start()].strip()
    begins = not found.start() or before.endswith((".", "!", "?", ":"))
    return found[0].istitle() and len(found[0]) < SURE_FROM and not begins


def _plain_words(text: str) -> list[re.Match[str]]:
    """Return the words that stand by themselves; nothing is cleaned to more characters than are read."""
    plain = _PLAIN.finditer(text, 0, MAX_CHARACTERS)
    return [word for each in plain for word in _WORD.finditer(text, *each.span(1))]


def written(text: str) -> list[str]:
    """Return the words of a text, of letters alone, without accents and capitals."""
    return [_folded(word) for word in _WORD.findall(text)]


def _without_runs(word: str) -> Sequence[str]:
    """Return a word with letters that stand three times or more put twice, and once."""
    return (_RUN.sub(r"\1\1", word), _RUN.sub(r"\1", word)) if _RUN.search(word) else ()


def _folded(word: str) -> str:
    lower = word.lower().replace("’", "'")
    if lower.isascii():
        return lower
    return "".join(letter for letter in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(letter))


def _letters(word: str) -> int:
    """Return which letters a word has, a bit for each."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 64)
    return bits
