"""Everyday words by language, as `language_words.toml` lists them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from triage.text.plain_letters import without_accents


@cache
def shared_words() -> frozenset[str]:
    """Return the words that are used in every language."""
    return frozenset(str(_lists()["shared"]).split())


@cache
def words_by_language() -> dict[str, frozenset[str]]:
    """Return each language's everyday words, without accents."""
    listed = {name: each for name, each in _lists().items() if isinstance(each, dict)}
    return {name: frozenset(map(without_accents, each["words"].split())) for name, each in listed.items()}


def letters_by_language() -> dict[str, frozenset[str]]:
    """Return the letters beyond a to z that each language uses."""
    return {name: frozenset(each["letters"]) for name, each in _lists().items() if isinstance(each, dict)}


@cache
def everyday_words() -> frozenset[str]:
    """Return the words of all lists."""
    return shared_words().union(*words_by_language().values())


@cache
def _lists() -> dict[str, str | dict[str, str]]:
    text = resources.files("triage.text").joinpath("language_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
