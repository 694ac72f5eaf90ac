"""Caches by text have a bound in entries and in the length of each."""

from __future__ import annotations

from retrieval.answering.polarity import directions
from retrieval.index.tokens import stem
from triage.text.short_text_cache import cached_if_short


def test_the_last_short_texts_are_kept_and_no_long_one() -> None:
    asked: list[str] = []

    @cached_if_short(100, 40)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    for number in range(100_000):
        assert length(f"word{number}") == len(f"word{number}")
    assert length.cache_info().currsize == 100  # type: ignore[attr-defined]
    asked.clear()
    assert [length(text) for text in ("word99999", "a" * 41, "a" * 41)] == [9, 41, 41]
    assert asked == ["a" * 41, "a" * 41]


def test_what_reads_words_of_strangers_keeps_no_long_ones() -> None:
    before = stem.cache_info().currsize, directions.cache_info().currsize  # type: ignore[attr-defined]
    assert stem("x" * 3_000 + "ing") == "x" * 3_000
    assert directions("turn it off " + "x" * 3_000) == {"power": -1}
    assert (stem.cache_info().currsize, directions.cache_info().currsize) == before  # type: ignore[attr-defined]
