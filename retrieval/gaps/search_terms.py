"""Terms that many questions share, without the words that a language's other questions use, too."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from retrieval.gaps.gaps import TellingWords, surfaces
from retrieval.gaps.themes import COMMON, CUSTOMERS, LEAST_OF_LANGUAGE, Text

_PLACEHOLDER: Final = re.compile(r"\[\w+\]")  # what redaction leaves: no word of the customer's


class Term(NamedTuple):
    """A term as it is most often written, the texts that use it, and how many different customers wrote these."""

    word: str
    texts: int
    customers: int


class SharedTerms:
    """The terms of some texts."""

    def __init__(self, texts: Sequence[Text], others: Sequence[Text]) -> None:
        """Read `texts`; `others` show what a language's common words are."""
        self._texts = [_PLACEHOLDER.sub(" ", each.text) for each in texts]
        self._customers = [each.customer for each in texts]
        self._words = TellingWords(self._texts).of
        self._common = _common(others)

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


def _common(texts: Sequence[Text]) -> frozenset[str]:
    """Return the words that much of the texts of a language use."""
    words = TellingWords([each.text for each in texts]).of
    by_language = defaultdict[str | None, list[int]](list)
    for row, each in enumerate(texts):
        by_language[each.language].append(row)
    found = set[str]()
    for rows in by_language.values():
        if len(rows) >= LEAST_OF_LANGUAGE:
            spread = Counter(word for row in rows for word in words[row])
            found |= {word for word, n in spread.items() if n > COMMON * len(rows)}
    return frozenset(found)
