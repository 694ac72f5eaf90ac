"""Codes in a question (LM-A402, scope_missing, 0x51, HTTP 429) and in articles: they are the same, or they are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from retrieval.articles.article import Passage
from retrieval.index.tokens import words
from retrieval.index.word_index import WordIndex

#: Codes of one question that are looked at, passages that are looked through for one, and articles that may have it:
#: what more articles have tells none of them from the others.
MOST_CODES: Final = 12
LOOKED_AT: Final = 64
RARE: Final = 4
#: Characters of a code that people write with and without its signs.
SHORT: Final = 12
#: The kind of an HTTP status.
STATUS: Final = "status"

#: Letters with digits (LM-A402, E-4012), words joined by underscores, and hexadecimal numbers.
_CODE: Final = re.compile(
    r"(?<![\w-])(?:0x[0-9a-f]{2,16}|[a-z][a-z0-9]{0,23}(?:[-_.][a-z0-9]{1,24}){0,7})(?![\w-])", re.IGNORECASE
)
#: A number is a code where it is said to be one, or where nothing else is.
_STATUS: Final = re.compile(
    r"\b(?:http(?:/\d(?:\.\d)?)?|status|error|code|response|fehler|erreur|errore|fout|erro)(?:\s?(?:code|number|nr\.?))?"
    r"[:\s#=\"]{1,3}(\d{3,6})\b",
    re.IGNORECASE,
)
_STATUS_FIRST: Final = re.compile(r"\W{0,3}([45]\d\d)(?=\W*$|:|\s[A-Z][a-z])")
_STATUS_LIKE: Final = re.compile(r"(?<![\w.-])[45]\d\d(?![\w.-]?\w)")
_SAID_WITH: Final = frozenset(words("error errors code status http response problem fehler fehlercode erreur fout"))
_DIGITS: Final = re.compile(r"\d+")


def codes(text: str) -> list[str]:
    """Return the codes of a text in the order in which they stand there, each once, in small letters."""
    found = [each[0].lower() for each in _CODE.finditer(text) if _is_code(each[0])]
    found += [each[1] for each in _STATUS.finditer(text)]
    if (alone := _STATUS_FIRST.match(text)) is not None:
        found.append(alone[1])
    return list(dict.fromkeys(found))[:MOST_CODES]


def rows_with(code: str, known: WordIndex, passages: Sequence[Passage]) -> list[int]:
    """Return the first passages that have a code exactly."""
    spoken = [each for each in words(code) if known.has(each)]
    rare = min([known.texts_with(each, LOOKED_AT) for each in spoken], key=len, default=list[int]())
    if not spoken and code.isalnum():  # LMA402 is how people type LM-A402
        tail = next((code[start:] for start in range(1, len(code) - 1) if known.has(code[start:])), "")
        rare = known.texts_with(tail, LOOKED_AT)
    written = pattern(code)
    return [row for row in rare if written.search(f"{passages[row].heading}\n{passages[row].text}")]


def pattern(code: str) -> re.Pattern[str]:
    """Return what finds a code in a text, with or without the signs in it (LMA402, LM-A402), not inside another one."""
    parts = re.split(r"[-_. ]", code)
    if len(code) <= SHORT and any(map(str.isdigit, code)) and any(map(str.isalpha, code)):
        written = "[-_. ]?".join("[-_.]?".join(map(re.escape, part)) for part in parts)
    else:
        written = "[-_. ]".join(map(re.escape, parts))
    return re.compile(rf"(?<!\w){written}(?!\w|-\w)", re.IGNORECASE)


def other_codes(asked: Sequence[str], texts: Iterable[str], *, alone: bool = False) -> list[str]:
    """Return the codes of a question that some texts lack while they have others of that kind: E-4012 beside E-4021.

    Where the codes are all that is asked (`alone`), those of any kind.
    """
    kinds = {code: each for code in asked if (each := kind(code))}
    missing, similar = {code: pattern(code) for code in kinds}, set[str]()
    for text in texts:
        if not missing:
            break
        missing = {code: written for code, written in missing.items() if not written.search(text)}
        similar |= {each for found in _CODE.findall(text) if _DIGITS.search(found) and (each := kind(found))}
        similar |= {STATUS} if _STATUS_LIKE.search(text) else set()
    return [code for code in asked if code in missing and (alone or _is_like(kinds[code], similar))]


def kind(code: str) -> str | None:
    """Return what codes of one series share, None of a word without a number: `lm-a402` is `lm-a0`."""
    if _STATUS_LIKE.fullmatch(code):
        return STATUS
    shape = _DIGITS.sub("0", code.lower()).replace("_", "-").replace(".", "-")
    return shape if "0" in shape and any(map(str.isalpha, shape)) else None


def are_alone(asked: Sequence[str], question: str) -> bool:
    """Tell whether a question says nothing but its codes."""
    said = {*words(" ".join(asked)), *_SAID_WITH}
    return bool(asked) and set(words(question)) <= said


def _is_like(asked: str, there: Iterable[str]) -> bool:
    return any(each == asked or each.endswith(f"-{asked}") for each in there)


def _is_code(word: str) -> bool:
    digits = sum(map(str.isdigit, word))
    if "_" in word:
        return True
    if not digits:
        return False
    return digits > 1 or len(word) > 3 or "-" in word
