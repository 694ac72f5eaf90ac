"""Articles that are translations of each other: a reader is shown one of them."""

from __future__ import annotations

import pytest

from retrieval.articles.article import Article
from retrieval.articles.translations import Translations, tongue


def article(article_id: str, locale: str | None = None, **facts: str) -> Article:
    return Article(id=article_id, title="Title", body="Text.", locale=locale, **facts)


def shown(articles: list[Article], *languages: str) -> list[str]:
    translations = Translations(articles)
    return [each.id for each in articles if translations.is_shown(each, languages)]


@pytest.mark.parametrize(
    ("original", "translated", "locale"),
    [
        ("reset", "reset-de", "de"),
        ("reset", "reset.de", "de-AT"),
        ("reset", "reset_pt-br", "pt-BR"),
        ("reset", "reset/pt_BR", "pt-BR"),
        ("reset", "de/reset", "de"),
        ("en/account/reset", "de/account/reset", "de"),
        ("reset-en", "reset-de", "de"),
    ],
)
def test_the_readers_language_is_shown_else_the_original(original: str, translated: str, locale: str) -> None:
    articles = [article(original, "en"), article(translated, locale)]

    assert shown(articles, tongue(locale), "en") == [translated]
    assert shown(articles, "en", tongue(locale)) == [original]
    assert len(shown(articles, "fi")) == 1


def test_an_original_without_a_locale_is_shown_to_whoever_reads_no_translation() -> None:
    assert shown([article("reset"), article("reset-de", "de")], "fr") == ["reset"]


@pytest.mark.parametrize(
    "other",
    [
        article("faq-it"),
        article("faq-it", "en"),
        article("billing-de", "de"),
        article("faq-de", "de", brand="acme"),
        article("faq-de", "de", visibility="internal"),
    ],
)
def test_what_is_no_translation_is_always_shown(other: Article) -> None:
    assert shown([article("faq", "en"), other], "de", "it") == ["faq", other.id]


def test_the_languages_of_the_articles_are_known() -> None:
    assert Translations([article("a", "en-US"), article("b", "de"), article("c")]).languages == {"en", "de"}
