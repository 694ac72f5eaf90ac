"""What it takes to mistype one word as another."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

#: Letters from which on a word may have two mistakes.
TWO_MISTAKES_FROM: Final = 9
#: What a mistake costs: a letter too many or too few, two letters in the wrong order, another letter; a letter twice
#: or once; a key beside the right one; and more where it is the first letter.
EDIT: Final = 1.0
OTHER_LETTER: Final = 1.15
DOUBLED: Final = 0.85
NEIGHBOUR: Final = 0.9
FIRST_LETTER: Final = 0.4
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
#: Keys beside each other, and keys that change places between keyboards (QWERTY, QWERTZ, AZERTY).
_NEAR: Final = frozenset(
    [frozenset(pair) for row in _ROWS for pair in pairwise(row)]
    + [frozenset(pair) for pair in ("yz", "qa", "wz", "az", "sx", "dc", "fv", "gb", "hn", "jm", "sw", "de", "fr", "gt")]
)
#: Of those, keys that change places between keyboards.
_MOVED: Final = frozenset(map(frozenset, ("yz", "qa", "wz")))


def distance(word: str, other: str) -> float | None:
    """Return what the mistakes cost that make one word of the other; None where it is more than they may.

    Optimal string alignment: letters too many, too few, other ones, and neighbours in the wrong order.
    """
    most = 2 * OTHER_LETTER if len(word) >= TWO_MISTAKES_FROM else OTHER_LETTER + FIRST_LETTER
    before: list[float] = []
    last = [sum(_gap(other, each) for each in range(1, place + 1)) for place in range(len(other) + 1)]
    for row in range(1, len(word) + 1):
        now = [last[0] + _gap(word, row)]
        for column in range(1, len(other) + 1):
            cost = min(
                last[column] + _gap(word, row),
                now[column - 1] + _gap(other, column),
                last[column - 1] + _exchange(word[row - 1], other[column - 1], at_start=row == column == 1),
            )
            if before and column > 1 and word[row - 2 : row] == other[column - 2 : column][::-1]:
                cost = min(cost, before[column - 2] + EDIT)
            now.append(cost)
        if min(now) > most:
            return None
        before, last = last, now
    return last[-1] if last[-1] <= most else None


def is_one_mistake(word: str, other: str) -> bool:
    """Tell whether one letter more, less or other, or one exchange of two neighbours, makes one word of the other."""
    start = next((place for place, pair in enumerate(zip(word, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return abs(len(word) - len(other)) <= 1
    one, rest = word[start:], other[start:]
    swapped = one[:2] == rest[1::-1] and one[2:] == rest[2:]
    return one[1:] == rest[1:] or one[1:] == rest or one == rest[1:] or swapped


def is_slip(word: str, other: str) -> bool:
    """Tell whether a letter was left out or exchanged with its neighbour, or a key that changes places was hit."""
    if len(other) > len(word) or sorted(word) == sorted(other):
        return True
    return any(frozenset(pair) in _MOVED for pair in zip(word, other, strict=False) if pair[0] != pair[1])


def _gap(word: str, place: int) -> float:
    """Return what it costs that one word has a letter (the place'th) that the other lacks."""
    if place == 1:
        return EDIT + FIRST_LETTER
    return DOUBLED if word[place - 1 : place] == word[place - 2 : place - 1] else EDIT


def _exchange(one: str, other: str, *, at_start: bool) -> float:
    if one == other:
        return 0.0
    pair = frozenset((one, other))
    if pair in _MOVED:
        return NEIGHBOUR
    near = pair in _NEAR
    return (NEIGHBOUR if near else OTHER_LETTER) + (FIRST_LETTER if at_start else 0.0)


def is_affixed(word: str, other: str) -> bool:
    """Tell whether one word is the other behind a syllable ("unsubscribe"): that is another word, and no mistake."""
    longer, shorter = (word, other) if len(word) > len(other) else (other, word)
    return len(longer) - len(shorter) > 1 and longer.endswith(shorter)
