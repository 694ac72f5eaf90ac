"""A cache by text that strangers cannot fill with long ones: its size in bytes has a bound, too."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")


def cached_if_short(most: int, longest: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keep the results of the texts used last, at most `most`, none of a text with more than `longest` characters."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(most)(function)

        @wraps(function)
        def ask(text: str) -> T:
            return kept(text) if len(text) <= longest else function(text)

        ask.cache_info = kept.cache_info  # type: ignore[attr-defined]
        return ask

    return decorate
