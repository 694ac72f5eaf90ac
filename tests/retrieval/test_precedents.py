"""What closed questions say about a new one: by meaning, by words, and by what resolved them."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.articles import Article
from retrieval.index import build
from retrieval.precedents import History, Precedents, Told, Wordings
from retrieval.ranking import Asked, signals_of, suggest
from retrieval.similar import WordRows
from tests.fakes import HashingEncoder
from training.case_files import words
from triage import lexical

AHEAD = np.array([1, 0, 0], dtype=np.float32)
TEXTS = ("the folder pane is empty", "signature image missing")


def wordings(*texts: str) -> Wordings:
    lexicon = lexical.learn([*texts, *texts], min_tickets=1, most=10_000, progress=lambda _: None)
    return Wordings(WordRows(*words(texts, lexicon)), lexicon)


def alike(cosine: float, side: float) -> list[float]:
    return [cosine, *([np.sqrt(1 - cosine**2), 0] if side > 0 else [0, np.sqrt(1 - cosine**2)])]


def test_of_two_questions_equally_near_the_one_with_the_same_words_votes_louder() -> None:
    vectors = np.array([alike(0.7, 1), alike(0.7, -1)], dtype=np.float32)
    silent = Precedents.build(vectors, [("panes",), ("signatures",)])
    telling = Precedents.build(vectors, [("panes",), ("signatures",)], told=Told(wordings(*TEXTS)))

    equal, votes = silent.recall(AHEAD).votes, telling.recall(AHEAD, "my folder pane is empty").votes

    assert equal["panes"] == pytest.approx(equal["signatures"])
    assert votes["panes"] > 2 * votes["signatures"]


def test_words_bring_no_article_nearer_in_meaning() -> None:
    vectors = np.array([alike(0.7, 1)], dtype=np.float32)
    precedents = Precedents.build(vectors, [("panes",)], told=Told(wordings(TEXTS[0])))

    assert precedents.recall(AHEAD, TEXTS[0]).nearest["panes"] == pytest.approx(0.7, abs=1e-6)


def test_what_resolved_the_nearest_questions_is_told_even_where_no_article_was_named() -> None:
    vectors = np.array([alike(0.9, 1), alike(0.1, -1)], dtype=np.float32)
    resolutions = np.array([[0, 1, 0], [0, 0, 1]], dtype=np.float16)
    precedents = Precedents.build(vectors, [(), ()], told=Told(resolutions=resolutions))

    history = precedents.recall(AHEAD)

    assert history.votes == {}
    assert history.resolution is not None
    assert history.resolution == pytest.approx([0, 1, 0], abs=0.01)


def test_a_later_resolution_tells_an_earlier_question_nothing() -> None:
    vectors = np.array([alike(0.9, 1), alike(0.9, -1)], dtype=np.float32)
    resolutions = np.array([[0, 0, 0], [0, 0, 1]], dtype=np.float16)  # the first has none
    precedents = Precedents.build(vectors, [(), ()], told=Told(resolutions=resolutions))

    assert precedents.recall(AHEAD, before=1).resolution is None
    assert precedents.recall(AHEAD).resolution is not None


def test_the_title_that_reads_like_the_resolutions_comes_first() -> None:
    encoder = HashingEncoder()
    index = build([Article(id=each, title=each, body="One text for both.") for each in ("compact", "repair")], encoder)
    asked = Asked("nothing works", encoder.encode(["nothing works"])[0])
    told = Asked(asked.question, asked.vector, history=History(resolution=encoder.encode(["repair the folder"])[0]))

    signals = signals_of(index, told, index.fits(told.question, told.vector))

    assert signals.resolution.tolist() == pytest.approx([0, 1 / 3**0.5])
    assert [each.article.id for each in suggest(index, asked)] == ["compact", "repair"]  # alike: by id
    assert [each.article.id for each in suggest(index, told)] == ["repair", "compact"]
