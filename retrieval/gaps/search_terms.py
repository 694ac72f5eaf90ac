"""Terms that many texts share, without the words that other texts of their language use as often."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from retrieval.gaps.gaps import TellingWords, surfaces
from retrieval.gaps.themes import COMMON, CUSTOMERS, LEAST_OF_LANGUAGE, Text

#: A term is so many times as frequent among the words of the texts as among those of the others of its language.
MORE_OFTEN: Final = 1.5
_PLACEHOLDER: Final = re.compile(r"\[\w+\]")  # what redaction leaves: no word of the customer's


class Term(NamedTuple):
    """A term as it is most often written, the texts that use it, and how many different customers wrote these."""

    word: str
    texts: int
    customers: int


class SharedTerms:
    """The terms of some texts."""

    def __init__(self, texts: Sequence[Text], others: Sequence[Text]) -> None:
        """Read `texts`; `others` show which words say nothing of them."""
        self._texts = [_PLACEHOLDER.sub(" ", each.text) for each in texts]
        self._customers = [each.customer for each in texts]
        self._words = TellingWords(self._texts).of
        self._common = _common(texts, self._words, others)

    def top(self, rows: Sequence[int], most: int) -> list[Term]:
        """Return the terms that most of the texts use, only those of three different customers.

        A text of whom nobody knows counts, but not as a customer.
        """
        counts, customers = Counter[str](), defaultdict[str, set[str]](set)
        for row in rows:
            for word in self._words[row] - self._common:
                counts[word] += 1
                if self._customers[row]:
                    customers[word].add(self._customers[row])
        shared = [word for word in counts if word.isalpha() and len(customers[word]) >= CUSTOMERS]
        named = sorted(shared, key=lambda word: (-counts[word], word))[:most]
        forms = surfaces(named, [self._texts[row] for row in rows])
        return [Term(form, counts[word], len(customers[word])) for word, form in forms.items()]


def _common(texts: Sequence[Text], words: Sequence[frozenset[str]], others: Sequence[Text]) -> frozenset[str]:
    """Return the words that much of the others of a language use, or about as many of all their words are."""
    mine, found = _spreads(texts, words), set[str]()
    for language, (n, spread) in _spreads(others, TellingWords([each.text for each in others]).of).items():
        own = mine.get(language, (0, Counter[str]()))[1]
        if n >= LEAST_OF_LANGUAGE and own:
            longer = own.total() / max(spread.total(), 1)  # long mails have more of each word than short questions
            found |= {word for word, k in spread.items() if k > COMMON * n or own[word] < MORE_OFTEN * k * longer}
    return frozenset(found)


def _spreads(texts: Sequence[Text], words: Sequence[frozenset[str]]) -> dict[str | None, tuple[int, Counter[str]]]:
    """Return of each language how many texts there are, and how many use a word."""
    by_language = defaultdict[str | None, list[int]](list)
    for row, each in enumerate(texts):
        by_language[each.language].append(row)
    return {
        language: (len(rows), Counter(word for row in rows for word in words[row]))
        for language, rows in by_language.items()
    }
