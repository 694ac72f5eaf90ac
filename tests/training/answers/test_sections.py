from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.answering.answer_question import Finder
from retrieval.answering.answerability import Answerability
from retrieval.answering.passage_gate import Passages
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.sections import SectionRanker
from retrieval.articles.files import read as read_articles
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article
from training.answers.answer_metrics import measure
from training.answers.minimal_pairs import minimal_pairs
from training.answers.questions import Acceptable, Question, read
from training.answers.sections import Choice, fit_sections, learn_passages

SAMPLE = Path(__file__).parents[3] / "datasets" / "sample"
N = len(SectionRanker().weights)
SURE = Answerability(answer_at=0.0)


def a_question(text: str, article: str, *headings: str, match: str = "heading") -> Question:
    return Question(
        text, text, frozenset({article}), acceptable={article: Acceptable(headings, match)}, named=frozenset({article})
    )


def test_the_weight_of_the_signal_that_tells_is_learnt_and_the_set_ones_stay() -> None:
    random, choices = np.random.default_rng(3), []
    for number in range(80):
        signals = random.normal(size=(4, N))
        right = np.arange(4) == signals[:, 2].argmax()
        choices.append(Choice(f"a{number}", signals, right))

    learnt = fit_sections(choices, SectionRanker())

    assert learnt.heading > SectionRanker().heading
    assert learnt.cosine < SectionRanker().cosine
    assert (learnt.explains, learnt.opposed) == (SectionRanker().explains, SectionRanker().opposed)


def test_few_questions_leave_the_defaults() -> None:
    index = build([an_article(id="a", body="## One\n\nUno.\n\n## Two\n\nDos.")], HashingEncoder())

    found = learn_passages(index, HashingEncoder(), [a_question("uno", "a", "One")], LinearRanker(), Passages())

    assert found == Passages()


def test_the_sample_names_only_passages_that_are_there() -> None:
    index = build(read_articles(SAMPLE / "articles"), HashingEncoder())
    headings = {(each.article_id, each.heading) for each in index.passages}

    for question in read(SAMPLE / "articles" / "known_questions.jsonl"):
        named = {(article, each) for article, of in question.acceptable.items() for each in of.passages}
        assert named <= headings, question.id


def test_a_pair_differs_from_its_question_and_names_another_product_or_goes_the_other_way() -> None:
    pairs = list(minimal_pairs("How do I turn on my lamp?"))

    assert pairs[0] == ("How do I turn on my lamp?", True)
    assert [right for _, right in pairs[1:]] == [False, False, False]
    assert "I do not want to turn on my lamp" in [text for text, _ in pairs]
    assert "How do I turn off my lamp?" in [text for text, _ in pairs]


@pytest.mark.parametrize(
    ("record", "relevant", "accepted"),
    [
        ({"article_id": "a", "passages": ["X > Y"]}, {"a"}, ("a", "X > Y", "")),
        ({"relevant": ["a"], "passages": ["Y"]}, {"a"}, ("a", "Y", "")),
        ({"article_id": "a", "passages": ["press  the"], "match": "text"}, {"a"}, ("a", "", "now press\nthe red one")),
        (
            {"article_id": "a", "passages": ["X"], "also": [{"article_id": "b", "passages": ["Z"]}]},
            {"a", "b"},
            ("b", "Z", ""),
        ),
    ],
)
def test_questions_name_passages(
    record: dict[str, object], relevant: set[str], accepted: tuple[str, str, str], tmp_path: Path
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"id": "1", "question": "why", **record}), encoding="utf-8")

    (found,) = read(file)

    assert found.relevant == relevant
    assert found.accepts(*accepted)
    assert not found.accepts("a", "Elsewhere", "nothing")


def test_the_share_of_answers_that_quote_a_passage_which_answers_is_told() -> None:
    body = "## Boil water\n\nFill the kettle and press the lever.\n\n## Clean it\n\nUse vinegar and rinse."
    encoder = HashingEncoder()
    finder = Finder(build([an_article(id="kettle", title="Kettle", body=body)], encoder), encoder, SURE)
    right = a_question("boil water in the kettle", "kettle", "Boil water")
    wrong = a_question("clean it with vinegar", "kettle", "Boil water")

    figures = measure(finder, [right, wrong])

    assert figures["passage_hit@1"] == 0.5
    assert figures["passage_shown"] is not None
    assert "passage_hit@1" not in measure(finder, [Question("1", "boil", frozenset({"kettle"}))])
