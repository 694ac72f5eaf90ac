from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.answering.answer_question import Finder
from retrieval.articles.article import Article, KnownQuestion
from retrieval.articles.files import KNOWN_QUESTIONS
from retrieval.articles.files import read as read_articles
from retrieval.errors import ArticleNotReadable
from retrieval.index import files as index_files
from retrieval.index.article_index import ArticleIndex, build
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article

BODY = "## Fill it\n\nLift the lid.\n\n## Clean it\n\nUse vinegar."
KNOWN = KnownQuestion("white crust everywhere", "Fill it")


def kettles(*asked: KnownQuestion) -> list[Article]:
    return [
        Article(id="kettle", title="Kettle", body=BODY, asked=asked),
        an_article(id="pan", title="Pan", body="Rub softly."),
    ]


def best(index: ArticleIndex) -> tuple[str, str]:
    suggestion = Finder(index, HashingEncoder()).find("a white crust everywhere").suggestions[0]
    return suggestion.article.id, suggestion.passage.heading


def test_a_known_question_leads_to_its_article_and_its_section() -> None:
    assert best(build(kettles(), HashingEncoder())) == ("kettle", "Clean it")
    assert best(build(kettles(KNOWN), HashingEncoder())) == ("kettle", "Fill it")


def test_known_questions_survive_the_folder_and_are_not_encoded_again(tmp_path: Path) -> None:
    index_files.save(build(kettles(KNOWN), HashingEncoder()), tmp_path / "index")
    encoder = HashingEncoder()

    loaded = index_files.load(tmp_path / "index")
    build(kettles(KNOWN), encoder, previous=loaded)

    assert best(loaded) == ("kettle", "Fill it")
    assert encoder.encoded == []


def test_a_file_in_the_folder_of_articles_names_them(tmp_path: Path) -> None:
    (tmp_path / "kettle.md").write_text(BODY, encoding="utf-8")
    lines = [
        {"question": "crust?", "article_id": "kettle", "passages": ["Clean it"]},
        {"question": "unknown?", "article_id": None, "passages": []},
    ]
    (tmp_path / KNOWN_QUESTIONS).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    (article,) = read_articles(tmp_path)

    assert article.asked == (KnownQuestion("crust?", "Clean it"),)
    assert Article.from_record(article.to_record()) == article


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    (tmp_path / "kettle.md").write_text(BODY, encoding="utf-8")
    (tmp_path / KNOWN_QUESTIONS).write_text('{"question": "crust?"}', encoding="utf-8")

    with pytest.raises(ArticleNotReadable, match="not a question with its passages"):
        read_articles(tmp_path)


@pytest.mark.parametrize("asked", ["crust", [1], [["a", "b", "c"]], [[]]])
def test_what_is_no_list_of_questions_is_refused(asked: object) -> None:
    with pytest.raises(ArticleNotReadable, match="`asked` must list questions"):
        an_article(asked=asked)


class PrefixingEncoder(HashingEncoder):
    """Keeps what it read as passages of articles, and what as questions."""

    def __init__(self) -> None:
        super().__init__()
        self.read_as: dict[bool, list[str]] = {True: [], False: []}

    def encode(self, texts: Sequence[str], *, as_passages: bool = False, progress: object = None) -> np.ndarray:
        self.read_as[as_passages] += texts
        return super().encode(texts)


def test_known_questions_are_read_as_questions_and_all_else_of_an_article_as_passages() -> None:
    encoder, question = PrefixingEncoder(), "how do I get rid of white flakes?"

    index = build(kettles(KnownQuestion(question, "Clean it")), encoder)
    build(kettles(KnownQuestion(question, "Clean it")), encoder, previous=index)

    assert encoder.read_as[False] == [question]
    assert {*index.headings.texts, "Kettle"} <= set(encoder.read_as[True])
