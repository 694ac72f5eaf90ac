"""Customers of this desk call things by names that no article has; there are few tickets for each of many articles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec import structs

from retrieval.answering.answer_question import Finder
from retrieval.answering.learnt.ranker import LearntRanker
from retrieval.answering.ranker import LinearRanker
from retrieval.articles.article import Article
from retrieval.index.article_index import ArticleIndex, build
from retrieval.index.candidates import _part
from tests.fakes import HashingEncoder
from training.answers.answers import Lessons, learn
from training.answers.link_trust import LinkedTicket
from training.answers.ranking.bundled import files
from training.answers.ranking.choice import chosen
from training.answers.ranking.fit import LEAST, LearntRanking
from training.config import Answers
from triage.model.bundle_arrays import arrays_in
from triage.tickets.closed_ticket import ClosedTicket

START = datetime(2026, 1, 1, tzinfo=UTC)
THINGS = [f"thing{n}" for n in range(12)]
DEEDS = ["export", "import", "delete", "rename"]
NEW = "thing3-rename"


def articles() -> list[Article]:
    return [
        Article(id=f"{thing}-{deed}", title=f"Official{thing[5:]} {deed}", body=f"How to {deed} what is official.")
        for thing in THINGS
        for deed in DEEDS
    ]


def tickets(count: int) -> list[ClosedTicket]:
    """The thing is said in the customers' word; nobody was ever linked to one of the articles."""
    random, made = np.random.default_rng(0), []
    while len(made) < count:
        thing, deed = THINGS[random.integers(12)], DEEDS[random.integers(4)]
        noise = " ".join(f"noise{n}" for n in random.integers(0, 60, 5))
        number = len(made)
        if f"{thing}-{deed}" == NEW:
            continue
        made.append(
            ClosedTicket(
                id=f"t{number}",
                subject=f"{thing} {deed} {noise}",
                kb_article_ids=(f"{thing}-{deed}",),
                labels={"product_area": thing},
                created_at=START + timedelta(hours=number),
            )
        )
    return made


@pytest.fixture(scope="module")
def index() -> ArticleIndex:
    return build(articles(), HashingEncoder())


@pytest.fixture(scope="module")
def lessons(index: ArticleIndex) -> Lessons:
    return learn(index, HashingEncoder(), tickets(round(LEAST / 0.8) + 60))


@pytest.fixture(scope="module")
def learnt(lessons: Lessons) -> LearntRanker:
    assert isinstance(lessons.ranker, LearntRanker), lessons.choice
    return lessons.ranker


def test_what_does_best_on_the_newest_tickets_ships_and_is_never_below_plain_fusion(lessons: Lessons) -> None:
    choice = lessons.choice
    assert choice is not None
    by_name = {each.name: each for each in choice.tried}
    assert set(by_name) == {"fusion", "weights", "learnt", "shifted"}
    assert by_name[choice.chosen].gain == max(each.gain for each in choice.tried) >= by_name["fusion"].gain == 0
    assert by_name[choice.chosen].gain_interval[0] <= by_name[choice.chosen].gain
    assert choice.chosen == "learnt"


def test_a_desk_with_few_linked_tickets_keeps_its_weights(index: ArticleIndex) -> None:
    few = learn(index, HashingEncoder(), tickets(200))

    assert isinstance(few.ranker, LinearRanker)
    assert few.choice is None
    assert few.files == {}


def test_plain_fusion_ships_where_nothing_does_better() -> None:
    places = {"fusion": np.array([0, 0, 0, 6] * 20), "weights": np.array([0, 1, 0, 6] * 20)}

    assert chosen({**places, "learnt": np.array([0, 0, 1, 6] * 20)}).chosen == "fusion"
    assert chosen({**places, "learnt": np.array([0, 0, 0, 3] * 20)}).chosen == "learnt"
    assert chosen(dict.fromkeys(("fusion", "weights", "learnt"), places["fusion"])).chosen == "weights"
    assert chosen({**places, **dict.fromkeys(("learnt", "shifted"), np.array([0] * 80))}).chosen == "learnt"
    assert chosen({**places, "learnt": np.array([1] * 80), "shifted": np.array([0] * 80)}).chosen == "shifted"


def test_shifted_questions_must_be_a_point_better_for_what_they_cost() -> None:
    learnt = np.repeat([0, 9], [100, 100])
    one, three = (np.repeat([0, 9], [100 + more, 100 - more]) for more in (1, 3))
    others = {"fusion": np.full(200, 9), "weights": np.full(200, 9), "learnt": learnt}
    assert chosen(others | {"shifted": one}).chosen == "learnt"
    assert chosen(others | {"shifted": three}).chosen == "shifted"


def test_a_word_of_the_customers_leads_to_a_new_article_whose_siblings_are_known_by_it(
    index: ArticleIndex, lessons: Lessons, learnt: LearntRanker
) -> None:
    """No ticket ever named it: its title and the map speak for it, and nothing is held against it."""
    finder = Finder(index, HashingEncoder(), lessons.answerability, lessons.precedents, learnt)

    found = [each.article.id for each in finder.suggest("thing3 rename noise1 noise2", limit=5)]

    assert NEW in found[:2]


def test_as_if_new_an_article_has_no_share_of_any_label(index: ArticleIndex, learnt: LearntRanker) -> None:
    question = HashingEncoder().encode(["thing3 export"])[0]
    known = index.number("thing3-export")

    hidden = learnt.without({"thing3-export"}).memory.shares(index, question)

    assert np.isnan(hidden[known])
    assert learnt.memory.shares(index, question)[known] > 0
    assert np.isnan(learnt.memory.shares(index, question)[index.number(NEW)])


def test_the_label_of_a_question_is_told_by_its_words(index: ArticleIndex, learnt: LearntRanker) -> None:
    shares = learnt.memory.shares(index, HashingEncoder().encode(["thing5 noise3"])[0])

    assert index.by_number[int(np.nanargmax(shares))].id.startswith("thing5-")


def test_a_bundle_carries_the_ranker_as_it_was_learnt(index: ArticleIndex, learnt: LearntRanker) -> None:
    (content,) = files(learnt).values()
    encoder = HashingEncoder()

    read = LearntRanker.from_arrays(learnt.weights, arrays_in(content), encoder.dim)

    for text in ("thing1 delete", "thing3 rename", "nothing that anybody knows"):
        here = Finder(index, encoder, ranker=learnt).suggest(text, limit=9)
        there = Finder(index, encoder, ranker=read).suggest(text, limit=9)
        assert [(each.article.id, each.score) for each in here] == [(each.article.id, each.score) for each in there]
    assert files(read) == files(learnt)


def test_the_manifest_names_the_file_and_the_numbers_are_other_ones_without_it(lessons: Lessons) -> None:
    said = lessons.to_manifest()

    assert said is not None
    assert said.learnt_ranker is not None
    assert set(lessons.files) == {said.learnt_ranker.file}
    assert said.digest != structs.replace(said, learnt_ranker=None).digest


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("centre", lambda values: values[:-1], "another encoder"),
        ("question_map", lambda values: values[:, :-1], "does not fit the rest"),
        ("label_shares", lambda values: values * np.nan, "not numbers"),
        ("article_ids", lambda values: np.arange(len(values)), "no ids"),
        ("map_weight", lambda _: np.array(np.inf), "no number"),
    ],
)
def test_a_ranker_that_does_not_fit_is_refused(learnt: LearntRanker, name: str, change: object, said: str) -> None:
    arrays = learnt.to_arrays()
    arrays[name] = change(arrays[name])

    with pytest.raises(ValueError, match=said):
        LearntRanker.from_arrays(learnt.weights, arrays, HashingEncoder.dim)


def test_tickets_that_taught_are_asked_again_by_a_ranker_that_is_older_than_they_are(learnt: LearntRanker) -> None:
    """Otherwise a question that taught would look easier than the next one."""
    first, second = LinearRanker(words=0.3), LinearRanker(words=0.4)
    ranking = LearntRanking(learnt, earlier=((10, first), (20, second)), until=29)
    case = LinkedTicket(tickets(1)[0], np.zeros(1))

    assert [ranking.of(replace(case, number=number)) for number in (5, 10, 19, 20, 29, 30)] == [
        *(first, first, first),
        *(second, second, learnt),
    ]


def test_withdrawn_articles_and_ids_that_are_gone_are_no_trouble(lessons: Lessons, learnt: LearntRanker) -> None:
    kept = [each for each in articles() if not each.id.startswith("thing1-")]
    smaller = build(kept, HashingEncoder())
    gone = replace(smaller, withdrawn=frozenset({"thing2-export"}))

    found = Finder(gone, HashingEncoder(), lessons.answerability, lessons.precedents, learnt).suggest("thing2 export")

    assert found
    assert "thing2-export" not in [each.article.id for each in found]


def test_a_part_of_a_large_knowledge_base_is_scored_as_in_the_whole(index: ArticleIndex, learnt: LearntRanker) -> None:
    question = HashingEncoder().encode(["thing3 export"])[0]
    part = _part(index, "thing3 export", [2, 5, 9])

    assert learnt.memory.mapped(part, question) == pytest.approx(learnt.memory.mapped(index, question)[[2, 5, 9]])


def test_what_was_chosen_is_learnt_once_more_from_all_tickets_where_nothing_was_certified(index: ArticleIndex) -> None:
    """The newest tickets alone were solved by an article: the ranker knows that only where they promise nothing."""
    closed = tickets(round(LEAST / 0.8) + 60)
    closed[-40:] = [replace(each, subject="thing3 rename", kb_article_ids=(NEW,)) for each in closed[-40:]]

    promised, not_promised = (
        learn(index, HashingEncoder(), closed, wanted=Answers(alpha=alpha)) for alpha in (0.5, 0.001)
    )

    assert isinstance(promised.ranker, LearntRanker)
    assert isinstance(not_promised.ranker, LearntRanker)
    assert promised.choice == not_promised.choice
    assert (promised.by_all, not_promised.by_all) == (False, True)
    assert NEW not in promised.ranker.memory.article_ids
    assert NEW in not_promised.ranker.memory.article_ids
