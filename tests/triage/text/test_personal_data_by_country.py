"""Precision and recall of redaction, country by country, on the hand-written corpus."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.personal_data_corpus import corpus, figures
from triage.text.redaction import redact

LINES = corpus()
COUNTRIES = sorted({each.country for each in LINES})
LANGUAGES = {
    "en": {"US", "GB", "IE"},
    "de": {"DE", "AT", "CH"},
    "fr": {"FR"},
    "es": {"ES", "MX"},
    "it": {"IT"},
    "nl": {"NL", "BE"},
    "pt": {"PT", "BR"},
}


@pytest.mark.parametrize("country", COUNTRIES)
def test_personal_data_of_a_country_is_found_and_what_looks_like_it_stays(country: str) -> None:
    lines = [each for each in LINES if each.country == country]
    found = figures(lines)
    wrong = [each for each in lines if each.left or each.redacted_needlessly]
    assert found.recall >= 0.95, wrong
    assert found.precision >= 0.95, wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_enough_of_both(language: str) -> None:
    counted = Counter(bool(each.secrets) for each in LINES if each.country in LANGUAGES[language])
    assert min(counted[True], counted[False]) >= 40


def test_redacting_the_corpus_twice_changes_nothing() -> None:
    once = [redact(each.text).text for each in LINES]
    assert [redact(text).text for text in once] == once
