from __future__ import annotations

import time

import pytest

from triage.text.cleaning import MAX_CHARACTERS, clean, model_text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("cafe\u0301", "café"),
        ("two\n\n  lines\tand a tab", "two lines and a tab"),
        ("NUL\x00 and bell\x07 and \ufeffmark", "NUL and bell and mark"),
        ("a lone \ud800 surrogate", "a lone surrogate"),
        ("<p>Hello&nbsp;<b>you</b></p><script>alert(1)</script>", "Hello you"),
        ("if a < b and b > c", "if a < b and b > c"),
        ("my number is <phone>", "my number is <phone>"),
        ("", ""),
    ],
)
def test_text_is_cleaned_to_what_people_see(text: str, seen: str) -> None:
    assert clean(text) == seen


def test_subject_and_body_become_one_text() -> None:
    assert model_text("Export empty", "The file has no rows.") == "Export empty\nThe file has no rows."


@pytest.mark.parametrize(("subject", "body"), [(None, "only this"), ("only this", None), ("only", "only this")])
def test_a_subject_that_says_nothing_more_is_not_repeated(subject: str | None, body: str | None) -> None:
    assert model_text(subject, body).split() == ["only", "this"]


@pytest.mark.parametrize(
    "tail",
    [
        "On Mon, 2 Mar 2026 at 10:00, Ana wrote:\n> old\n> words",
        "-----Original Message-----\nold words",
        "From: Ana\nSent: Monday\nold words",
        "Am 2. März 2026 um 10:00 schrieb Ana:\n> alt",
        "> quoted\n> lines\n",
    ],
)
def test_the_mail_that_a_reply_quotes_is_cut_off(tail: str) -> None:
    assert model_text("Re: export", f"Still broken.\n\n{tail}") == "Re: export\nStill broken."


def test_a_mail_that_is_nothing_but_a_quote_is_kept() -> None:
    assert "old words" in model_text("", "> old words")


def test_personal_data_does_not_reach_the_models() -> None:
    assert model_text("", "write to ana@example.com") == "write to [email]"


def test_a_model_never_reads_more_than_four_thousand_characters() -> None:
    assert len(model_text("long", "word " * 10_000)) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    "unit", ["<", "> ", "a\u0315\u0300\u0345", "&lt;", "On ", "From: a\n", "<script ", "\n \t", "-"]
)
def test_a_megabyte_of_anything_is_read_in_a_moment(unit: str) -> None:
    started = time.process_time()
    model_text(unit * (1_000_000 // len(unit)), unit * (1_000_000 // len(unit)))
    assert time.process_time() - started < 10  # a tenth of a second; what looks at each character again takes hours


def test_cleaning_twice_changes_nothing() -> None:
    once = model_text("Re: cafe\u0301 &amp; bar", "<p>Hello\x00</p> ana@example.com")
    assert model_text("", once) == " ".join(once.split())
