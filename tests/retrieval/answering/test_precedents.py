"""What closed questions say about a new one: by meaning, by words, and by what resolved them."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.answering.precedents import History, Precedents, TicketKnowledge, Wordings
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.ranking import RankingQuery, signals_of, suggest
from retrieval.answering.similar_texts import WordRows
from retrieval.articles.article import Article
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article
from training.answers.bundled_tickets import words
from triage.model import lexical

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
    telling = Precedents.build(vectors, [("panes",), ("signatures",)], told=TicketKnowledge(wordings(*TEXTS)))

    equal, votes = silent.recall(AHEAD).votes, telling.recall(AHEAD, "my folder pane is empty").votes

    assert equal["panes"] == pytest.approx(equal["signatures"])
    assert votes["panes"] > 2 * votes["signatures"]


def test_words_bring_no_article_nearer_in_meaning() -> None:
    vectors = np.array([alike(0.7, 1)], dtype=np.float32)
    precedents = Precedents.build(vectors, [("panes",)], told=TicketKnowledge(wordings(TEXTS[0])))

    assert precedents.recall(AHEAD, TEXTS[0]).nearest["panes"] == pytest.approx(0.7, abs=1e-6)


def test_what_resolved_the_nearest_questions_is_told_even_where_no_article_was_named() -> None:
    vectors = np.array([alike(0.9, 1), alike(0.1, -1)], dtype=np.float32)
    readings = [{"compact": 0.8, "repair": 0.1}, {"repair": 0.9}]
    precedents = Precedents.build(vectors, [(), ()], told=TicketKnowledge(readings=readings))

    history = precedents.recall(AHEAD)

    assert history.votes == {}
    # the far one whispers: (0.1 / 0.9) ** 6 is nothing
    assert history.told == {"compact": pytest.approx(0.8, abs=0.01), "repair": pytest.approx(0.1, abs=0.01)}


def test_what_is_told_is_a_share_however_many_tell_it() -> None:
    vectors = np.array([alike(0.9, (-1) ** n) for n in range(20)], dtype=np.float32)

    told = (
        Precedents.build(vectors, [()] * 20, told=TicketKnowledge(readings=[{"compact": 1.0}] * 20)).recall(AHEAD).told
    )

    assert told == {"compact": pytest.approx(1.0)}


def test_a_later_resolution_tells_an_earlier_question_nothing() -> None:
    vectors = np.array([alike(0.9, 1), alike(0.9, -1)], dtype=np.float32)
    precedents = Precedents.build(vectors, [(), ()], told=TicketKnowledge(readings=[{}, {"repair": 1.0}]))

    assert precedents.recall(AHEAD, before=1).told == {}
    assert precedents.recall(AHEAD).told == {"repair": 1.0}


def test_the_article_that_the_resolutions_read_like_comes_first() -> None:
    encoder = HashingEncoder()
    index = build([Article(id=each, title=each, body="One text for both.") for each in ("compact", "repair")], encoder)
    asked = RankingQuery("nothing works", encoder.encode(["nothing works"])[0])
    told = RankingQuery(asked.question, asked.vector, history=History(told={"repair": 0.25, "retired": 0.75}))

    assert [each.article.id for each in suggest(index, asked)] == ["compact", "repair"]  # alike: by id
    assert [each.article.id for each in suggest(index, told)] == ["repair", "compact"]


def test_a_title_that_asks_the_very_question_is_not_held_back_by_a_text_in_other_words() -> None:
    encoder = HashingEncoder()
    asked = "strike out letters"
    by_title = Article(id="title", title=asked, body="Put two tildes around " + "whatever it may be " * 5)
    by_text = Article(id="body", title="A guide", body="strike out letters now")
    index = build([by_title, by_text], encoder)
    signals = signals_of(
        index, RankingQuery(asked, encoder.encode([asked])[0]), index.fits(asked, encoder.encode([asked])[0])
    )

    assert signals.cosine[0] < signals.cosine[1]
    assert LinearRanker()(signals)[0] > LinearRanker()(signals)[1]


def test_what_one_version_of_an_article_solved_speaks_for_its_translations() -> None:
    encoder = HashingEncoder()
    index = build(
        [
            an_article(id="reset", locale="en"),
            an_article(id="reset-de", locale="de", title="Kennwort neu setzen", body="Konto öffnen, Kennwort wählen."),
            an_article(id="rechnung", locale="de", title="Rechnung laden", body="Unter Abrechnung liegt sie."),
        ],
        encoder,
    )
    history = History(
        votes={"reset": 0.5, "reset-de": 0.25}, nearest={"reset": 0.9}, usual={"reset": 0.2}, told={"reset": 0.5}
    )
    asked = RankingQuery("ausgesperrt", encoder.encode(["ausgesperrt"])[0], history=history)

    found = {each.article.id: each for each in suggest(index, asked)}

    assert [found[each].evidence for each in ("reset", "reset-de", "rechnung")] == [0.75, 0.75, 0.0]
    assert found["reset-de"].known == pytest.approx(0.9)
    assert [each.article.id for each in suggest(index, asked)][-1] == "rechnung"


def test_histories_of_articles_without_translations_stay_what_they_are() -> None:
    history = History(votes={"reset": 0.5})

    assert history.across({}) is history
    assert history.across({"other": ("other", "other-de")}) == history
