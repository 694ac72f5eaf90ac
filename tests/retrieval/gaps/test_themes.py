"""Themes: grouped by meaning and words, named by words that several customers use."""

from __future__ import annotations

import numpy as np

from retrieval.gaps.themes import Text, themes
from tests.fakes import HashingEncoder

EXPORT, SECRET = "the csv export is empty please", "the webhook secret was rotated please"


def grouped(texts: list[Text], least: int = 3) -> list[tuple[int, tuple[str, ...]]]:
    vectors = HashingEncoder().encode([each.text for each in texts]).astype(np.float32)
    return [(len(each.rows), each.words) for each in themes(texts, vectors, least)]


def written(text: str, n: int, customers: int, language: str | None = "en") -> list[Text]:
    return [
        Text(id=f"{text[:9]}{number}", text=text, customer=f"c{number % customers}", language=language)
        for number in range(n)
    ]


def test_words_that_all_texts_use_name_nothing() -> None:
    found = grouped([*written(EXPORT, 25, 5), *written(SECRET, 20, 5)])
    assert [n for n, _ in found] == [25, 20]
    assert set(found[0][1]) == {"csv", "export", "empty"}
    assert {"webhook", "secret"} <= set(found[1][1])
    assert "please" not in {word for _, words in found for word in words}


def test_a_theme_that_is_most_of_the_desk_keeps_its_words() -> None:
    assert {"csv", "export"} <= set(grouped([*written(EXPORT, 80, 5), *written(SECRET, 20, 5)])[0][1])


def test_words_of_two_customers_alone_are_not_shown() -> None:
    found = grouped([*written(EXPORT, 25, 2), *written(SECRET, 20, 3)])
    assert [bool(words) for _, words in found] == [False, True]


def test_groups_that_are_too_small_are_none() -> None:
    assert grouped(written(EXPORT, 3, 3), least=4) == []
    assert grouped([], least=4) == []
