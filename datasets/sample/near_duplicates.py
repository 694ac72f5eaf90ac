"""Word 3-gram shingles and the highest Jaccard similarity to earlier texts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

Shingles = frozenset[tuple[str, ...]]
_WORD = re.compile(r"\w+")


def shingles(text: str, size: int = 3) -> Shingles:
    """Cut into all runs of ``size`` words; a shorter text is one shingle."""
    words = _WORD.findall(text.lower())
    if len(words) < size:
        return frozenset({tuple(words)})
    return frozenset(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


class ShingleIndex:
    """Finds the nearest of the texts that were added, by exact Jaccard similarity."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._holders: dict[tuple[str, ...], list[int]] = defaultdict(list)

    def add(self, found: Shingles) -> None:
        """Remember one text."""
        number = len(self._sizes)
        self._sizes.append(len(found))
        for shingle in found:
            self._holders[shingle].append(number)

    def nearest(self, found: Shingles) -> tuple[float, int]:
        """Find the highest Jaccard similarity and the text that has it (-1 if none shares a shingle)."""
        shared: Counter[int] = Counter()
        for shingle in found:
            shared.update(self._holders.get(shingle, ()))
        best, who = 0.0, -1
        for number, common in shared.items():
            score = common / (len(found) + self._sizes[number] - common)
            if (score, -number) > (best, -who):
                best, who = score, number
        return best, who
