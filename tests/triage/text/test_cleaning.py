from __future__ import annotations

import time

import pytest

from triage.text.cleaning import MAX_CHARACTERS, clean, model_text, read_ticket, redacted


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
    "unit",
    [
        "<",
        "> ",
        "a\u0315\u0300\u0345",
        "&lt;",
        "On ",
        "From: a\n",
        "<script ",
        "\n \t",
        "-",
        ">\n",
        "'\">\n",
        "On a\n",
        "<p>",
    ],
)
def test_a_megabyte_of_anything_is_read_in_a_moment(unit: str) -> None:
    started = time.process_time()
    model_text(unit * (1_000_000 // len(unit)), unit * (1_000_000 // len(unit)))
    assert time.process_time() - started < 10  # a tenth of a second; what looks at each character again takes hours


def test_lines_of_a_quotation_before_other_text_are_read_in_a_moment() -> None:
    started = time.process_time()
    assert model_text("", ">\n" * 7_998 + "x").startswith(">")
    assert time.process_time() - started < 0.5  # 5 ms; starting again at every line takes 1.4 s


def test_the_lines_of_an_html_body_are_those_that_people_see() -> None:
    body = "<p>The bars are grey.</p><p>Kind regards,</p><p>Oskar Lindqvist</p>"
    assert redacted(body).split() == ["The", "bars", "are", "grey.", "Kind", "regards,", "[name]"]
    cells = "<table><tr><td>4111</td><td>1111</td><td>1111</td><td>1111</td></tr></table> was charged twice"
    assert redacted(cells).split() == ["[card]", "was", "charged", "twice"]


def test_a_name_is_found_below_the_empty_paragraphs_of_an_office_program() -> None:
    body = (
        "<p>Kind regards,<o:p></o:p></p>\r\n<p>&nbsp;<o:p></o:p></p>\r\n"
        "<div><p><b>Oskar Lindqvist</b><o:p></o:p></p></div>"
        "<p>Acme</p>"
    )
    assert redacted(body).split() == ["Kind", "regards,", "[name]", "Acme"]


def test_a_text_that_only_mentions_a_tag_stays_as_it_was() -> None:
    said = "Use <b> for bold,\n  and a < b & c."
    assert redacted(said) == said


def test_cleaning_twice_changes_nothing() -> None:
    once = model_text("Re: cafe\u0301 &amp; bar", "<p>Hello\x00</p> ana@example.com")
    assert model_text("", once) == " ".join(once.split())


@pytest.mark.parametrize(
    "log",
    [
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nValueError: bad value',
        "java.lang.IllegalStateException: bad\n\tat com.example.Main.run(Main.java:12)",
        "2026-03-02 09:00:00,123 DEBUG worker.pool heartbeat ok\n2026-03-02 09:00:01,124 ERROR lost",
        "| day | rows |\n|---|---|\n| 1 | 20 |",
    ],
)
def test_logs_and_stack_traces_are_in_no_language(log: str) -> None:
    assert read_ticket("", f"{log}\n\nWas soll ich tun?").prose == "Was soll ich tun?"
    assert read_ticket("", log).prose.strip() == log.strip()  # better than nothing
