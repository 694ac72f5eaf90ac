"""Questions in languages that the first encoder does not read, answered with the help of a second one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.precedents import Precedents
from retrieval.answering.ranking import RankingQuery, order
from retrieval.answering.second_view import SecondReader, asks_for_second
from retrieval.index.article_index import build
from retrieval.index.vector_index import VectorIndex
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.retrieval.article_builders import an_article, knowledge_base

ITALIAN = "come reimpostare la password"


def a_finder(second: TranslatingEncoder | None, precedents: Precedents | None = None) -> Finder:
    first = HashingEncoder()
    by_second = None
    if second is not None and precedents is not None:
        by_second = precedents.by_second(VectorIndex.build(second.encode(["fattura scaricare", "reset password"])))
    reader = SecondReader(second, by_second) if second else None
    return Finder(build(knowledge_base(), first, second=second), first, precedents=precedents, second=reader)


def first_of(finder: Finder, question: str, language: str | None) -> str:
    return finder.find(question, reader=Reader(writes=language)).suggestions[0].article.id


def test_an_italian_question_finds_the_english_article() -> None:
    found = a_finder(TranslatingEncoder()).find("scaricare una fattura", reader=Reader(writes="it")).suggestions

    assert found[0].article.id == "invoice"
    assert found[0].cosine > a_finder(None).find("scaricare una fattura").suggestions[0].cosine


def test_an_english_question_runs_one_encoder_alone() -> None:
    second = TranslatingEncoder()
    finder = a_finder(second)
    second.encoded.clear()

    alone = a_finder(None).find("how do I reset my password?", reader=Reader(writes="en"))
    found = finder.find("how do I reset my password?", reader=Reader(writes="en"))

    assert second.encoded == []
    assert [(each.article.id, each.score, each.cosine) for each in found.suggestions] == [
        (each.article.id, each.score, each.cosine) for each in alone.suggestions
    ]


def test_a_question_in_another_or_in_no_clear_language_runs_both() -> None:
    second = TranslatingEncoder()
    finder = a_finder(second)
    second.encoded.clear()

    finder.find(ITALIAN, reader=Reader(writes="it"))
    finder.find("password?", reader=Reader())

    assert len(second.encoded) == 2


@pytest.mark.parametrize(("language", "asks"), [("en", False), ("en-US", False), ("it", True), (None, True)])
def test_the_language_says_whether_the_second_encoder_is_asked(language: str | None, asks: bool) -> None:
    assert asks_for_second(language) is asks


def test_closed_tickets_vote_by_the_vectors_of_both_encoders() -> None:
    second, first = TranslatingEncoder(), HashingEncoder()
    texts = ["fattura scaricare", "reset password"]
    precedents = Precedents.build(first.encode(texts), [["invoice"], ["reset"]])
    by_second = precedents.by_second(VectorIndex.build(second.encode(texts)))
    vector = second.encode(["rechnung herunterladen"])[0]

    by_first = precedents.recall(first.encode(["rechnung herunterladen"])[0]).votes.get("invoice", 0.0)

    assert by_second.recall(vector).votes["invoice"] > 0.9 > by_first
    assert first_of(a_finder(second, precedents), "rechnung herunterladen", "de") == "invoice"


def test_what_solved_nothing_yet_is_left_out_of_both_histories() -> None:
    second, first = TranslatingEncoder(), HashingEncoder()
    precedents = Precedents.build(first.encode(["reset password"]), [["reset"]])
    reader = SecondReader(second, precedents.by_second(VectorIndex.build(second.encode(["reset password"]))))
    vector = first.encode([ITALIAN])[0]
    asked = RankingQuery(ITALIAN, vector, history=precedents.recall(vector), second=reader.query(ITALIAN, "it"))

    without = asked.without({"reset"})

    assert asked.second is not None
    assert asked.second.history.votes
    assert without.second is not None
    assert not without.second.history.votes


def test_an_index_without_a_second_view_is_not_asked_twice() -> None:
    first, second = HashingEncoder(), TranslatingEncoder()
    index = build(knowledge_base(), first)
    vector = first.encode([ITALIAN])[0]
    query = SecondReader(second).query(ITALIAN, "it")

    plain = order(index, RankingQuery(ITALIAN, vector), limit=5)
    asked = order(index, RankingQuery(ITALIAN, vector, second=query), limit=5)
    second.encoded.clear()
    Finder(index, first, second=SecondReader(second)).find(ITALIAN)

    assert np.array_equal(plain.scores, asked.scores)
    assert second.encoded == []


def test_an_english_known_question_answers_the_same_question_in_italian() -> None:
    """No passage has a word of it: what the desk has checked leads there, by the second encoder alone."""
    asked = ["reset your password"]
    articles = [
        an_article(id="aaa", title="Nothing", body="Nil."),
        an_article(id="zzz", title="Void", body="Nil.", asked=asked),
    ]
    first, second = HashingEncoder(), TranslatingEncoder()
    finder = Finder(build(articles, first, second=second), first, second=SecondReader(second))

    assert first_of(finder, "reimpostare la", "it") == "zzz"
    assert first_of(replace(finder, second=None), "reimpostare la", "it") == "aaa"


def test_headings_are_compared_by_both_encoders() -> None:
    article = an_article(body="## Nothing\n\nNil.\n\n## Reset your password\n\nVoid.\n")
    first, second = HashingEncoder(), TranslatingEncoder()
    finder = Finder(build([article], first, second=second), first, second=SecondReader(second))

    (found,) = finder.find("reimpostare la password", reader=Reader(writes="it")).suggestions

    assert found.passage.heading == "Reset your password"
    heading = next(each for each in found.sections if each.passage.heading == found.passage.heading).heading_cosine
    alone = replace(finder, second=None).find("reimpostare la password").suggestions[0]
    assert heading > max(each.heading_cosine for each in alone.sections)
