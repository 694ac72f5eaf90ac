"""Answers are spans of articles, word for word; steps and tables come whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.answering.quotes import SectionOf, compose
from retrieval.answering.ranking import Suggestion
from retrieval.answering.spans import chosen, highlight
from retrieval.articles.article import Article
from retrieval.articles.files import read
from retrieval.articles.markup import read as read_blocks
from retrieval.articles.passages import sentences, split
from retrieval.index.tokens import words
from tests.retrieval.article_builders import an_article

_LISTED = re.compile(r"^\s*(?:\d+\. |- )")
SAMPLE = Path(__file__).parents[3] / "datasets" / "sample" / "articles"


def suggested(article: Article, position: int) -> tuple[Suggestion, SectionOf]:
    passages = split(article)
    passage = passages[position]
    section = [each for each in passages if (each.heading, each.anchor) == (passage.heading, passage.anchor)]
    fit = dict.fromkeys(("score", "cosine", "title_cosine", "words", "evidence"), 0.5)
    return Suggestion(article=article, passage=passage, **fit), lambda _: section


def visible(article: Article) -> str:
    texts = [block.text for block in read_blocks(article.body, article.format)]
    return " ".join(" ".join([*texts, article.title]).split())


def foreign(article: Article, question: str) -> list[str]:
    """Every span of every answer that this article can give and that does not stand in it."""
    text, found = visible(article), []
    for position in range(len(split(article))):
        one, section_of = suggested(article, position)
        answer = compose(question, one, section_of)
        (source,) = answer.sources
        found += [line for line in answer.text.split("\n") if " ".join(_LISTED.sub("", line).split()) not in text]
        spans = [part for line in source.quote.split("\n") for part in sentences(line)]
        found += [span for span in (*spans, source.highlight) if " ".join(span.split()) not in text]
        assert source.highlight in source.quote
    return found


@pytest.mark.parametrize("article", read(SAMPLE), ids=lambda article: article.id)
def test_no_answer_from_the_sample_has_a_sentence_that_is_not_in_its_article(article: Article) -> None:
    for question in (article.title, "why does it fail", "step admin export invoice limit", "?"):
        assert foreign(article, question) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["## Head\n", "1. Open it.\n2. Save it. Then wait.\n",
             "Plain text. And more!\n", "- item one\n- item two\n",
             "```\ncode  here\nmore\n```\n", "| a | b |\n|---|---|\n| c | d |\n", "> [!NOTE]\n> Mind this.\n",
             "Long words follow. " * 60 + "\n", "<script>steal()</script>\n"]
        ),
        min_size=1, max_size=12,
    ),
    st.text(max_size=30),
)  # fmt: skip
def test_no_answer_from_any_article_has_a_sentence_that_is_not_in_it(parts: list[str], question: str) -> None:
    assert foreign(an_article(body="\n".join(parts)), question) == []


def test_steps_that_were_divided_among_passages_are_shown_whole_with_their_introduction() -> None:
    steps = "\n".join(f"{number}. Do thing {number}, {'and so on ' * 15}." for number in range(1, 13))
    article = an_article(body=f"## Export\n\nBefore you begin: sign in.\n\n{steps}\n\n## Other\n\n1. Something else.")
    assert len(split(article)) > 3

    for position in range(len(split(article)) - 1):
        one, section_of = suggested(article, position)
        lines = compose("do thing 9", one, section_of).text.split("\n")
        assert lines[0] == "Before you begin: sign in."
        assert [line.split(".")[0] for line in lines[1:]] == [str(number) for number in range(1, 13)]


def test_the_line_that_introduces_steps_comes_with_them_from_the_passage_before() -> None:
    lead = "- " + "Some other thing. " * 43 + "\n- On your old computer\n  1. Copy it.\n  2. Move it."
    article = an_article(body=lead)
    last = len(split(article)) - 1
    assert split(article)[last].blocks[0].kind == "step"

    one, section_of = suggested(article, last)

    assert compose("copy", one, section_of).text == "- On your old computer\n  1. Copy it.\n  2. Move it."


def test_steps_of_another_list_are_left_alone() -> None:
    article = an_article(body="## A\n\n1. One.\n2. Two.\n\n" + "Filler text. " * 90 + "\n\n1. Uno.\n2. Dos.")
    one, section_of = suggested(article, 0)

    assert "Uno" not in compose("one", one, section_of).text


def test_rows_stand_under_the_head_of_their_table() -> None:
    rows = "\n".join(f"| plan {number} | {number}0 {'seats ' * 10}|" for number in range(60))
    article = an_article(body=f"| name | limit |\n|---|---|\n{rows}")
    passages = split(article)

    assert len(passages) > 3
    assert all(passage.blocks[0].text == "name | limit" for passage in passages)
    assert "name | limit" in [block.text for block in chosen("plan 33", passages[2])]


def test_the_highlight_is_the_sentence_that_shares_most_with_the_question() -> None:
    (passage,) = split(an_article(body="Exports run at night. An export is empty when a filter hides all rows. Bye."))

    assert highlight("why is my export empty", passage.blocks) == "An export is empty when a filter hides all rows."
    assert set(words("export empty")) <= set(words(highlight("export empty", passage.blocks)))
