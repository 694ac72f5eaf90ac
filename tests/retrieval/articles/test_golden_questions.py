"""questions.toml: little to write, and a sentence with the line for whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.articles import files, golden_questions
from retrieval.articles.golden_questions import MOST, GoldenQuestion, parse
from retrieval.errors import QuestionsNotReadable


def one(body: str) -> GoldenQuestion:
    return parse(f"[[question]]\n{body}\n")[0]


def test_a_question_and_its_article_are_enough() -> None:
    found = one('ask = "How do I reset my password?"\narticle = "reset"')
    assert (found.ask, found.articles, found.expect, found.line) == (
        "How do I reset my password?",
        ("reset",),
        "offer",
        1,
    )


def test_a_phrase_that_must_be_quoted_asks_for_an_answer() -> None:
    found = one('ask = "reset?"\narticle = ["reset", "reset-2"]\nquotes = "Forgot password"')
    assert found.expect == "answer"
    assert found.wanted == "answered from reset or reset-2, quoting “Forgot password”"


def test_a_hand_off_needs_no_article() -> None:
    assert one('ask = "I want a person"\nexpect = "handoff"').wanted == "handed off"
    assert one('ask = "fire"\nexpect = "emergency"\narticle = "fire"').wanted == "emergency, with fire beside it"


def test_language_and_locale_are_the_same() -> None:
    assert one('ask = "Passwort?"\narticle = "a"\nlanguage = "de"') == one(
        'ask = "Passwort?"\narticle = "a"\nlocale = "de"'
    )


def test_the_same_words_on_another_page_are_another_question() -> None:
    asked = '[[question]]\nask = "reset?"\narticle = "a"\n'
    assert len({each.key for each in parse(f'{asked}\n{asked}locale = "de"\n')}) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('aks = "x"', "line 2: `aks` is not known: did you mean `ask`?"),
        ('ask = "x"\nquote = "y"', "line 2: `quote` is not known: did you mean `quotes`?"),
        ('ask = "x"\nxyz = 1', "line 2: `xyz` is not known: a question has ask, article,"),
        ('article = "x"', 'line 2: write what a customer asks: ask = "How do I'),
        ('ask = "x"', 'line 2: say what must come: article = "its-id", or expect = "handoff"'),
        ('ask = "x"\nexpect = "hand_off"', 'expect = "hand_off" is not one of answer, offer, handoff, emergency: did'),
        ('ask = "x"\nexpect = "soup"', 'expect = "soup" is not one of answer, offer, handoff, emergency'),
        ('ask = "x"\nexpect = "handoff"\nquotes = "y"', '`quotes` needs an answer: write expect = "answer" instead'),
        ("ask = 7", '`ask` must be text in quotes, such as ask = "…"'),
        ('ask = "x"\narticle = ["a", 2]', "`article` must be text in quotes"),
        ('ask = "x"\nlocale = "en"\nlanguage = "en"', "`locale` and `language` are the same"),
        ('ask = "x"\narticle = "a"\nlocale = "a-very-long-locale"', "`locale` has 18 characters; at most 16 are read"),
        ('ask = "x', "line 3: not TOML: "),
    ],
)
def test_what_is_wrong_is_said_with_its_line(body: str, said: str) -> None:
    with pytest.raises(QuestionsNotReadable, match=r"questions\.toml, line ") as refused:
        parse(f"# mine\n[[question]]\n{body}\n")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[question]\nask = "x"', "write [[question]], in double brackets"),
        ('[[questions]]\nask = "x"', "`questions` is not known: each question stands below [[question]]"),
        ('ask = "x"', "`ask` is not known"),
        ("[[question]]\n" * (MOST + 1), "1,001 questions; at most 1,000 are asked"),
        ("question = [{ask = 'x'}]", "question 1: say what must come"),
    ],
)
def test_what_is_wrong_with_the_whole_is_said(text: str, said: str) -> None:
    with pytest.raises(QuestionsNotReadable) as refused:
        parse(text)
    assert said in str(refused.value)


def test_a_question_that_is_asked_twice_is_refused() -> None:
    asked = '[[question]]\nask = "x"\narticle = "a"\n'
    with pytest.raises(QuestionsNotReadable, match=r"line 4: this question is asked already \(line 1\)"):
        parse(asked * 2)


def test_the_file_is_no_article_and_may_be_no_link(tmp_path: Path) -> None:
    (tmp_path / "reset.md").write_text("# Reset\n\nText.\n")
    (tmp_path / "questions.toml").write_text('[[question]]\nask = "x"\narticle = "reset"\n')
    assert [each.id for each in files.read(tmp_path)] == ["reset"]
    assert golden_questions.beside(tmp_path) == (tmp_path / "questions.toml").read_bytes()
    (tmp_path / "questions.toml").rename(tmp_path / "elsewhere")
    (tmp_path / "questions.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(QuestionsNotReadable, match="a symbolic link"):
        golden_questions.beside(tmp_path)


def test_a_file_that_is_too_large_or_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "questions.toml"
    file.write_bytes(b"# ok\n\xff")
    with pytest.raises(QuestionsNotReadable, match="line 2: not UTF-8 text"):
        golden_questions.read(file)
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(QuestionsNotReadable, match="larger than 1,000,000 bytes"):
        golden_questions.read(file)
