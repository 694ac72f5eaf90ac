"""A cache by text that strangers cannot fill with long ones: its size in bytes has a bound, too."""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _Kept(Generic[T]):
    """A function that remembers results; another process gets it without what it remembers."""

    def __init__(self, function: Callable[[str], T], most: int, longest: int) -> None:
        update_wrapper(self, function)
        self._given = function, most, longest
        self._kept = lru_cache(most)(function)
        self.cache_info = self._kept.cache_info

    def __call__(self, text: str) -> T:
        return self._kept(text) if len(text) <= self._given[2] else self._given[0](text)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Kept, self._given


def cached_if_short(most: int, longest: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keep the results of the texts used last, at most `most`, none of a text with more than `longest` characters."""
    return lambda function: _Kept(function, most, longest)
