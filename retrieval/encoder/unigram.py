"""A SentencePiece unigram tokenizer with a large vocabulary in a small memory.

The library `tokenizers` keeps 250,000 pieces in a tree of hash maps: 295 MB for each process, and two seconds to load.
Normalising and splitting a text into words stays the library's; finding the likeliest pieces of a word is done here, on
one table (Viterbi, as the library does it: the same pieces, Kudo 2018, "Subword regularization").
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from tokenizers import Tokenizer

#: From here on the library's tree takes more memory than it is worth.
LARGE: Final = 50_000
UNKNOWN_PENALTY: Final = 10.0
#: Words that are kept with their pieces; longer ones hardly come twice.
KEPT_WORDS: Final = 8_192
KEPT_LENGTH: Final = 24
#: A longer piece is no word's part: our search would look for it at every character.
LONGEST_PIECE: Final = 64


class Tokens(Protocol):
    """Turns a text into the numbers that the graph reads."""

    def ids(self, text: str) -> list[int]:
        """Return them, with those that begin and end every text."""

    def has(self, piece: str) -> bool:
        """Tell whether a piece of text has a number of its own."""


class LibraryTokens:
    """The library's tokenizer, as it is."""

    def __init__(self, tokenizer: Tokenizer, most: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(most)
        self._tokenizer = tokenizer

    def ids(self, text: str) -> list[int]:
        """Return the text's tokens."""
        found: list[int] = self._tokenizer.encode(text).ids
        return found

    def has(self, piece: str) -> bool:
        """Tell whether a piece is a token."""
        return self._tokenizer.token_to_id(piece) is not None


class UnigramTokens:
    """The pieces of a unigram model in one table."""

    def __init__(self, record: dict[str, Any], most: int) -> None:
        vocabulary = record["model"]["vocab"]
        self._numbers = {str(piece): number for number, (piece, _) in enumerate(vocabulary)}
        self._scores = array("d", [float(score) for _, score in vocabulary])
        self._unknown = int(record["model"]["unk_id"])
        self._unknown_score = min(self._scores) - UNKNOWN_PENALTY
        self._longest = max(map(len, self._numbers))
        specials = {str(each["content"]): int(each["id"]) for each in record["added_tokens"]}
        self._specials = specials
        self._special = re.compile("|".join(map(re.escape, sorted(specials, key=len, reverse=True))) or r"(?!)")
        before, after = _around(record["post_processor"])
        self._before, self._after = [specials[each] for each in before], [specials[each] for each in after]
        self._room = most - len(self._before) - len(self._after)
        record["model"] = {"type": "Unigram", "unk_id": 0, "vocab": vocabulary[:1], "byte_fallback": False}
        record["added_tokens"] = []
        splitter = Tokenizer.from_str(json.dumps(record | {"post_processor": None}))
        self._normalise, self._split = splitter.normalizer.normalize_str, splitter.pre_tokenizer.pre_tokenize_str
        self._known_word = lru_cache(KEPT_WORDS)(self._pieces)

    def ids(self, text: str) -> list[int]:
        """Return the text's tokens."""
        found: list[int] = []
        for part in self._parts(text):
            if len(found) >= self._room:
                break
            if isinstance(part, int):
                found.append(part)
            else:
                found += self._known_word(part) if len(part) <= KEPT_LENGTH else self._pieces(part)
        return [*self._before, *found[: self._room], *self._after]

    def has(self, piece: str) -> bool:
        """Tell whether a piece is a token."""
        return piece in self._numbers

    def _parts(self, text: str) -> Iterator[str | int]:
        """Divide a text into words and special tokens, which a text may name."""
        begin = 0
        for special in self._special.finditer(text):
            yield from self._words(text[begin : special.start()])
            yield self._specials[special.group()]
            begin = special.end()
        yield from self._words(text[begin:])

    def _words(self, text: str) -> Iterator[str]:
        if text:
            yield from (word for word, _ in self._split(self._normalise(text)))

    def _pieces(self, word: str) -> Sequence[int]:
        """Return the likeliest pieces of a word; unknown characters side by side are one."""
        end, numbers, scores = len(word), self._numbers, self._scores
        best = [0.0] + [float("-inf")] * end
        came: list[tuple[int, int]] = [(0, 0)] * (end + 1)
        for start in range(end):
            before, alone = best[start], False
            for stop in range(start + 1, min(start + self._longest, end) + 1):
                number = numbers.get(word[start:stop])
                if number is None:
                    continue
                alone = alone or stop == start + 1
                if (score := before + scores[number]) > best[stop]:
                    best[stop], came[stop] = score, (start, number)
            if not alone and before + self._unknown_score > best[start + 1]:
                best[start + 1], came[start + 1] = before + self._unknown_score, (start, self._unknown)
        found: list[int] = []
        while end:
            end, number = came[end]
            if number != self._unknown or not found or found[-1] != self._unknown:
                found.append(number)
        return tuple(reversed(found))


def tokens(tokenizer: bytes, most: int) -> Tokens:
    """Make what reads texts of a tokenizer.json.

    Parameters
    ----------
    tokenizer
        The file's content.
    most
        So many tokens of a text are read.

    Returns
    -------
    Tokens
        The library's, or for a large unigram vocabulary our own, which gives the same numbers.
    """
    if b'"Unigram"' in tokenizer:
        record = json.loads(tokenizer)
        if _is_large_and_plain(record):
            return UnigramTokens(record, most)
    return LibraryTokens(Tokenizer.from_buffer(tokenizer), most)


def _is_large_and_plain(record: dict[str, Any]) -> bool:
    """Say whether a tokenizer does nothing but what `UnigramTokens` does."""
    model, splitter, ending = record["model"], record["pre_tokenizer"] or {}, record["post_processor"] or {}
    if model["type"] != "Unigram" or len(model["vocab"]) < LARGE or model.get("byte_fallback"):
        return False
    if max(len(piece) for piece, _ in model["vocab"]) > LONGEST_PIECE:
        return False
    marks = ("single_word", "lstrip", "rstrip", "normalized")
    plain = not any(each.get(mark) for each in record["added_tokens"] for mark in marks)
    simple = splitter.get("type") == "Metaspace" and splitter.get("split", True) and record["normalizer"] is not None
    return plain and simple and ending.get("type") == "TemplateProcessing" and model["unk_id"] is not None


def _around(processor: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the special tokens before and after every text."""
    single = processor["single"]
    place = next(number for number, each in enumerate(single) if "Sequence" in each)
    named = [str(each["SpecialToken"]["id"]) if "SpecialToken" in each else "" for each in single]
    return named[:place], named[place + 1 :]
