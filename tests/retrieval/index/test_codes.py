"""Codes are the same or they are not: what a question names, and what an article has."""

from __future__ import annotations

import pytest

from retrieval.index.codes import are_alone, codes, kind, other_codes, pattern


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I get LM-A402 when I sign in", ["lm-a402"]),
        ("what does scope_missing mean", ["scope_missing"]),
        ("ERR_EXPORT_0x51", ["err_export_0x51"]),
        ("failed with 0x80004005!", ["0x80004005"]),
        ("HTTP 429", ["429"]),
        ("error code: 1009", ["1009"]),
        ("429 Too Many Requests", ["429"]),
        ('{"type": "https://api.example/errors/limit_too_large", "status": 400}', ["limit_too_large", "400"]),
        ("we have 500 customers since 2024-10-01", []),
        ("how do I reset my password, step by step", []),
        ("API v3 at 10am", []),
    ],
)
def test_a_code_is_told_from_words_numbers_and_dates(text: str, found: list[str]) -> None:
    assert codes(text) == found


@pytest.mark.parametrize(
    ("code", "text", "is_there"),
    [
        ("lm-a402", "**LM-A402** signature invalid", True),
        ("lm-a402", "LM A402", True),
        ("lma402", "LM-A402", True),
        ("lm-a402", "LMA402", True),
        ("lm-a40", "LM-A402", False),
        ("a402", "LM-A402", True),
        ("402", "LM-A402", False),
        ("e-4012", "E-4021", False),
        ("e-4012", "E-4012-B", False),
    ],
)
def test_only_the_very_code_matches(code: str, text: str, is_there: bool) -> None:
    assert (pattern(code).search(text) is not None) is is_there


def test_codes_of_one_series_are_of_one_kind() -> None:
    assert kind("LM-A402") == kind("lm-a99") != kind("LM-R402")
    assert kind("418") == kind("429") == "status"
    assert kind("scope_missing") is None


def test_an_article_with_similar_codes_lacks_the_one_asked() -> None:
    text = ["LM-A401: expired. LM-A402: invalid. HTTP 401 and 403."]

    assert other_codes(["lm-a499"], text) == ["lm-a499"]
    assert other_codes(["lm-a402"], text) == []
    assert other_codes(["418"], text) == ["418"]
    assert other_codes(["inv-2024"], text) == []


def test_a_code_that_is_all_that_is_asked_must_be_there() -> None:
    assert are_alone(["err_export_0x51"], "Error ERR_EXPORT_0x51")
    assert not are_alone(["err_export_0x51"], "ERR_EXPORT_0x51 when I export a dashboard")
    assert other_codes(["err_export_0x51"], ["LM-R201"], alone=True) == ["err_export_0x51"]
