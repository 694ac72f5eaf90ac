"""Patterns of a desk that take time in proportion to the text, whatever a stranger writes.

`re` backtracks, so a pattern such as `(a+)+b` can take minutes for a line. Python's own parser takes the pattern apart
here, and only what has a bound passes: every repeat has a maximum, a match has a longest length, and the ways to try a
match at one place of the text are few. What remembers or looks around (back references, lookaheads) is refused.
"""

from __future__ import annotations

import re
import warnings
from re import _constants, _parser  # type: ignore[attr-defined]  # what `re.compile` itself parses with
from typing import Any, Final

LONGEST: Final = 200  # characters of a match
MOST_WAYS: Final = 60  # to match at one place
_TOO_MANY: Final = 1_000_000  # ways that need no more counting
_MOST_CHARACTERS: Final = 500  # of the pattern
_NO_CHOICE: Final = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "CATEGORY", "RANGE", "AT"})
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT"})
_NAMES: Final = {
    "GROUPREF": "a back reference",
    "GROUPREF_EXISTS": "a condition on a group",
    "ASSERT": "a lookahead or lookbehind",
    "ASSERT_NOT": "a lookahead or lookbehind",
    "POSSESSIVE_REPEAT": "a possessive repeat",
    "ATOMIC_GROUP": "an atomic group",
}


class PatternNotSafe(ValueError):
    """A pattern that is none, or that could take too long."""


def compiled(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Return a desk's pattern, which matches whole words only.

    Raises `PatternNotSafe`, with what to write instead.
    """
    if len(pattern) > _MOST_CHARACTERS:
        raise PatternNotSafe(f"the pattern is longer than {_MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError, Warning) as problem:
        raise PatternNotSafe(f"it is no pattern: {problem}") from None
    ways = _ways(tree)
    least, most = tree.getwidth()
    if not least:
        raise PatternNotSafe("it matches nothing at all; let at least one character be needed")
    if most > LONGEST:
        raise PatternNotSafe(f"a match may be {most} characters long; at most {LONGEST} are allowed")
    if ways > MOST_WAYS:
        raise PatternNotSafe(
            f"there are {ways} ways to try it at one place, and at most {MOST_WAYS} are allowed: "
            "narrow the repeats ({6,8} instead of {1,20}), or declare two fields"
        )
    if tree.state.groups > 2:
        raise PatternNotSafe("it has more than one group: mark the value with one ( ), and write others as (?: )")
    flags = tree.state.flags & ~re.UNICODE
    end = "\n" if flags & re.VERBOSE else ""  # there a comment may come last, which would take the rest with it
    try:
        return re.compile(rf"(?<!\w)(?:{_without_flags(pattern)}{end})(?!\w)", flags)
    except re.error as problem:
        raise PatternNotSafe(f"it is no pattern within a text: {problem}") from None


def _without_flags(pattern: str) -> str:
    """Return the pattern without `(?i)` at its beginning: flags are given beside it."""
    return re.sub(r"^(?:\(\?[aimsux]{1,6}\))+", "", pattern)


def _ways(tree: Any) -> int:  # noqa: ANN401 (what Python's parser returns)
    """Count the ways in which a match can be tried at one place; a repeat of n to m has m - n + 1."""
    ways = 1
    for operation, given in tree:
        kind = str(operation)
        if kind in _NO_CHOICE:
            continue
        if kind == "BRANCH":
            ways *= sum(_ways(each) for each in given[1])
        elif kind == "SUBPATTERN":
            ways *= _ways(given[-1])
        elif kind in _REPEATS:
            ways *= _ways_of_repeat(*given)
        else:
            raise PatternNotSafe(f"it has {_NAMES.get(kind, kind)}, which can take too long on some texts")
        if ways > _TOO_MANY:
            return ways
    return ways


def _ways_of_repeat(least: int, most: Any, repeated: Any) -> int:  # noqa: ANN401
    if most == _constants.MAXREPEAT or most > LONGEST:
        raise PatternNotSafe(f"a repeat has no end: write {{1,20}} instead of + or *, and at most {LONGEST}")
    inner = _ways(repeated)
    if inner == 1:
        return int(most) - least + 1
    ways = 0
    for times in range(least, most + 1):
        ways += inner**times
        if ways > _TOO_MANY:
            break
    return ways
