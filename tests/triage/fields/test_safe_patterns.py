"""Patterns of a desk: those that could take long are refused, with what to write instead."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile_texts import PIECES, hostile, pieces_of
from triage.fields.safe_patterns import LONGEST, PatternNotSafe, compiled

GOOD = [
    r"[A-Z]{2,4}-\d{4,8}",
    r"(?:INV|RE)-?\d{4}-\d{3,6}",
    r"SN[0-9A-F]{12}",
    r"licen[cs]e (\w{5}(?:-\w{5}){3})",
    r"\b\d{3}[ -]?\d{4}\b",
    r"(?i)case:\s?(\d{6})",
    r"^[A-Z]\d{5}",
    r"(?:\d{3} ?){2,3}",
    "(?x)[A-Z]{2} \\d{4}  # two letters",
    r"(?i)(?a)sn\d{4}",
]


@pytest.mark.parametrize("pattern", GOOD)
def test_bounded_patterns_pass(pattern: str) -> None:
    assert isinstance(compiled(pattern), re.Pattern)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(a+)+b", "no end"),
        (r"\d+", "no end"),
        (r"\w*@\w*", "no end"),
        (r"a{3,}", "no end"),
        (r"x{1,100000}", "no end"),
        (r"(?:a{1,9}){1,9}b", "ways"),
        (r"\w{1,20}\w{1,20}\w{1,20}x", "ways"),
        (r"(?:a|a){1,30}b", "ways"),
        (r"(?:a|aa){25,30}b", "ways"),
        (r"(?:a{1,2}){21,90}b", "ways"),
        (r"\d{1,9}(?:a|aa){21,22}", "ways"),
        (r"(\d)\1", "back reference"),
        (r"(?=x)\d", "lookahead"),
        (r"(?<!x)\d", "lookahead or lookbehind"),
        (r"(?P<a>\d)(?P=a)", "back reference"),
        (r"(a)?(?(1)b|c)", "condition"),
        (r"a{1,5}+", "possessive"),
        (r"(?>a)", "atomic"),
        (r"(", "no pattern"),
        (r"[", "no pattern"),
        (r"*", "no pattern"),
        (r"a{0,3}", "nothing at all"),
        (r"", "nothing at all"),
        (r"^", "nothing at all"),
        (r"\w{150}\w{150}", "characters long"),
        (r"(\d)(\d)", "one group"),
        ("a" * 501, "longer than"),
        (r"\d{9999999999999999999}", "no "),
        (r"[[a]]", "no pattern"),
    ],
)
def test_others_are_refused_with_the_reason(pattern: str, said: str) -> None:
    with pytest.raises(PatternNotSafe, match=said):
        compiled(pattern)


@pytest.mark.parametrize("pattern", GOOD)
def test_what_passes_is_quick_on_hostile_texts(pattern: str) -> None:
    made = compiled(pattern)
    for _, text in hostile(16_000, [*PIECES, *pieces_of(made)]):
        began = time.thread_time()
        for _found in made.finditer(text):
            pass
        assert time.thread_time() - began < 1


@given(st.text("ab01(|)[]{}?*+,\\dws.-^$", max_size=20))
def test_any_text_is_a_safe_pattern_or_refused(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made = compiled(pattern)
        except PatternNotSafe:
            return
        began = time.thread_time()
        for found in made.finditer("ab01" * 500 + " a-b.0 1"):
            assert 0 < len(found[0]) <= LONGEST
        assert time.thread_time() - began < 1


def test_only_whole_words_match() -> None:
    assert compiled(r"AB\d{4}").search("xAB1234") is None
    assert compiled(r"AB\d{4}").search("AB12345") is None
    assert compiled(r"(?i)ab\d{4}").search("(AB1234)")
    assert compiled(r"ab\d{4}", ignore_case=True).search("AB1234")
