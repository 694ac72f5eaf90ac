from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from retrieval.answering.answer_question import Finder
from retrieval.answering.ranker import LinearRanker
from retrieval.articles.article import Article
from retrieval.index.article_index import ArticleIndex, build
from serving.inference.similar_tickets import ClosedCases
from tests.fakes import HashingEncoder
from training.answers import bundled_tickets as case_files
from training.answers.answers import Lessons, learn
from training.answers.closed_questions import Known
from training.answers.link_trust import LinkedTicket, trust
from training.answers.ranker import LEAST
from triage.model import lexical
from triage.model.answers_entry import Answers
from triage.model.closed_tickets.bundled import BundledTickets
from triage.tickets.closed_ticket import ClosedTicket

START = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECTS = ("invoice", "password", "export", "webhook", "dashboard", "refund", "trial", "sso")


def an_index(*left_out: str) -> ArticleIndex:
    articles = [Article(id=each, title=f"About {each}", body=f"Everything on {each} stands here.") for each in SUBJECTS]
    return build([each for each in articles if each.id not in left_out], HashingEncoder())


def tickets(count: int) -> list[ClosedTicket]:
    """Customers say `thing`, and only the desk knows what it is."""
    return [
        ClosedTicket(
            id=f"t{number}",
            subject=f"thing{number % 8} beside the {SUBJECTS[(number // 8) % 8]} is broken",
            kb_article_ids=(SUBJECTS[number % 8],),
            created_at=START + timedelta(hours=number),
        )
        for number in range(count)
    ]


def lessons(count: int, index: ArticleIndex | None = None) -> Lessons:
    return learn(index or an_index(), HashingEncoder(), tickets(count))


def test_a_desk_whose_customers_use_other_words_learns_to_trust_its_history() -> None:
    learnt = lessons(200).ranker

    assert learnt.evidence + learnt.root_evidence + learnt.known > 0.9  # 0.7 before it learnt
    assert learnt.nearest < LinearRanker().nearest


def test_few_tickets_leave_the_fixed_weights() -> None:
    assert lessons(LEAST).ranker == LinearRanker()


def test_the_more_tickets_the_further_the_weights_may_move() -> None:
    moved = [np.abs(lessons(n).ranker.weights - LinearRanker().weights).sum() for n in (60, 120, 400)]

    assert 0 < moved[0] < moved[1] < moved[2]


def test_no_weight_is_negative_so_that_nothing_speaks_against_an_article_for_fitting() -> None:
    assert (lessons(200).ranker.weights >= 0).all()


def test_a_new_article_without_history_is_found_by_what_it_says() -> None:
    learnt = lessons(200, an_index("webhook"))
    whole = Finder(an_index(), HashingEncoder(), learnt.answerability, learnt.precedents, learnt.ranker)

    assert whole.find("webhook").suggestions[0].article.id == "webhook"


def test_a_deleted_article_never_comes_back_however_many_tickets_it_solved() -> None:
    learnt = lessons(200)
    finder = Finder(an_index("export"), HashingEncoder(), learnt.answerability, learnt.precedents, learnt.ranker)

    found = [each.article.id for each in finder.find("thing2 is broken", limit=20).suggestions]

    assert "export" not in found
    assert len(found) == len(SUBJECTS) - 1


def test_what_happens_later_changes_nothing_that_was_learnt_before() -> None:
    now = tickets(100)
    later = [replace(each, id=f"l{each.id}", created_at=START - timedelta(days=900)) for each in tickets(50)]

    assert learn(an_index(), HashingEncoder(), now).ranker != learn(an_index(), HashingEncoder(), now + later).ranker
    assert learn(an_index(), HashingEncoder(), now).ranker == learn(an_index(), HashingEncoder(), now[::-1]).ranker


def test_a_link_to_an_article_that_fits_is_trusted_more_than_one_to_a_generic_step() -> None:
    index = an_index()
    text = "the invoice is wrong"
    case = LinkedTicket(
        ClosedTicket(id="1", subject=text, kb_article_ids=("invoice", "sso", "gone")),
        HashingEncoder().encode([text])[0],
    )

    fits, generic, gone = trust(index, case)

    assert fits > 0.7 > 0.3 > generic
    assert gone == 1


def test_weights_travel_through_the_manifest() -> None:
    learnt = LinearRanker(cosine=2.0, known=0.5)

    assert LinearRanker.from_manifest(learnt.to_manifest()) == learnt
    assert LinearRanker.from_manifest(None) == LinearRanker.from_manifest(Answers(answer_at=0.5)) == LinearRanker()
    with pytest.raises(ValueError, match="must name"):
        LinearRanker.from_manifest(Answers(ranker={"cosine": 1.0}))
    with pytest.raises(ValueError, match="finite"):
        LinearRanker(words=float("nan"))


def test_what_a_bundle_carries_recalls_as_what_was_learnt() -> None:
    """The same votes, words, readings and ranking in serving as in the figures of `evaluate-answers`."""
    closed = [replace(each, resolution=f"See about {SUBJECTS[number % 3]}.") for number, each in enumerate(tickets(60))]
    lexicon = lexical.learn([each.text for each in closed], min_tickets=1, most=10_000, progress=lambda _: None)
    encoder = HashingEncoder()
    vectors = encoder.encode([each.text for each in closed])
    index = an_index()
    learnt = learn(index, encoder, closed, known=Known(vectors, lexicon))

    files = case_files.write(closed, vectors, lexicon, learnt)

    read = np.load(io.BytesIO(files["cases/vectors.npy"]))
    records = tuple(json.loads(line) for line in files["cases/cases.jsonl"].splitlines())
    rows = np.load(io.BytesIO(files["cases/words.npz"]))
    carried = BundledTickets(read, records, (rows["starts"], rows["columns"], rows["values"]))
    precedents = ClosedCases.of(carried, lexicon).precedents()
    served = precedents.recall(vectors[3], closed[3].text)
    measured = learnt.precedents.recall(vectors[3], closed[3].text)
    assert served.votes == pytest.approx(measured.votes, abs=2e-3)
    assert served.usual == pytest.approx(measured.usual, abs=1e-3)
    assert served.told == pytest.approx(measured.told, abs=2e-3)
    assert served.told
    there = Finder(
        index, encoder, precedents=precedents, ranker=LinearRanker.from_manifest(learnt.ranker.to_manifest())
    )
    here = Finder(index, encoder, precedents=learnt.precedents, ranker=learnt.ranker)
    for question in [each.text for each in closed[:20]]:
        assert [(each.article.id, round(each.score, 2)) for each in there.suggest(question)] == [
            (each.article.id, round(each.score, 2)) for each in here.suggest(question)
        ]
