from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from retrieval.answering.answer_question import Finder, Finding
from retrieval.answering.answerability import FEATURES, Answerability
from retrieval.answering.precedents import Precedents
from retrieval.answering.quotes import compose, excerpt
from retrieval.answering.ranking import RankingQuery, Suggestion, suggest
from retrieval.answering.terminal import render
from retrieval.articles.article import Article
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article, knowledge_base
from triage.model.answers_entry import Answers
from triage.reason_codes import LONGEST_REASON

BOLD = Answerability(answer_at=0.0, clarify_at=0.0)
SHY = Answerability(answer_at=1.1, clarify_at=0.0)
MUTE = Answerability(answer_at=1.1, clarify_at=1.1)


def a_finder(*articles: Article, answerability: Answerability = BOLD, precedents: Precedents | None = None) -> Finder:
    encoder = HashingEncoder()
    return Finder(build(articles or knowledge_base(), encoder), encoder, answerability, precedents)


def ids(finding: Finding) -> list[str]:
    return [suggestion.article.id for suggestion in finding.suggestions]


def the_first(question: str, *articles: Article) -> Suggestion:
    return a_finder(*articles).find(question).suggestions[0]


def precedents(*solved: tuple[str, str]) -> Precedents:
    return Precedents.build(HashingEncoder().encode([text for text, _ in solved]), [[each] for _, each in solved])


def test_the_article_that_answers_comes_first_once() -> None:
    finding = a_finder().find("how do I reset my password?")

    assert ids(finding)[0] == "reset"
    assert len(ids(finding)) == len(set(ids(finding)))


def test_customers_never_see_internal_articles() -> None:
    assert "runbook" not in ids(a_finder().find("restart the export worker", limit=10))


def test_internal_articles_do_not_use_up_the_search() -> None:
    hidden = [an_article(id=f"hidden-{n}", title="Reset password", visibility="internal") for n in range(100)]

    assert ids(a_finder(*hidden, *knowledge_base()).find("reset password"))[0] == "reset"


def test_an_answer_is_made_of_spans_of_the_article_with_their_source() -> None:
    answer = a_finder().find("reset password in settings security").answer

    assert answer is not None
    (source,) = answer.sources
    assert answer.text == (
        "1. Open Settings and choose Security.\n2. Click Reset password.\n3. Follow the link in the mail."
    )
    assert source.quote == "Open Settings and choose Security.\nClick Reset password.\nFollow the link in the mail."
    assert (source.article_id, source.title, source.heading) == ("reset", "Reset your password", "Reset it")
    assert source.url == "https://help.example/reset#reset-it"


PASSWORDS = an_article(
    id="passwords",
    title="Reset your password",
    body="## Reset it\n\n1. Open the sign-in page and select Forgot.\n2. Enter the address of your account.\n"
    "3. Follow the link that arrives by mail within an hour.\n4. Choose twelve characters or more.\n\n"
    "## Locked account\n\nAfter ten wrong attempts the account locks. A password reset opens it.\n\n"
    "## Signed in\n\nProfile has it: password.",
)


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("How do I reset my password?", "Reset it"),  # says nothing beyond the title: the order decides
        ("password reset", "Reset it"),
        ("my account locks after wrong attempts", "Locked account"),
        ("change the password while signed in", "Signed in"),
    ],
)
def test_within_an_article_counts_what_a_passage_says_beyond_the_title(question: str, heading: str) -> None:
    assert the_first(question, PASSWORDS).passage.heading == heading


def test_a_long_passage_is_answered_by_the_sentences_that_share_most_with_the_question() -> None:
    filler = "Nothing of note is said in this sentence about the weather outside. "
    body = filler * 5 + "The invoice number has nine digits. " + filler * 5
    suggestion = the_first("which digits has the invoice number", an_article(body=body))

    text = compose("which digits has the invoice number", suggestion).text

    assert "The invoice number has nine digits." in text
    assert text in suggestion.passage.text
    assert len(text) <= 700


def test_an_excerpt_is_verbatim_and_short() -> None:
    body = "First something else. " * 30 + "Invoices are sent on Monday."
    suggestion = the_first("invoices monday", an_article(body=body))

    assert "Invoices are sent on Monday." in excerpt("invoices monday", suggestion)
    assert len(excerpt("invoices monday", suggestion)) <= 240
    assert len(excerpt("xx", the_first("xx", an_article(body="x" * 700)))) <= 240


def test_an_article_for_people_is_handed_over_however_certain() -> None:
    finding = a_finder().find("ask for a refund")

    assert finding.verdict.decision == "hand_off"
    assert "for a person" in finding.verdict.reason
    assert finding.answer is None


def test_an_article_for_people_is_not_named_to_a_question_about_something_else() -> None:
    verdict = a_finder(answerability=MUTE).find("ask for a refund of my time").verdict

    assert (verdict.decision, verdict.reason) == ("hand_off", "No article answers it with enough certainty.")


@pytest.mark.parametrize("needs_person", [True, False])
def test_a_reason_is_short_however_long_the_title(needs_person: bool) -> None:
    article = an_article(title="Reset your password " * 25, requires_human=needs_person)
    verdict = a_finder(article).find("reset password").verdict

    assert verdict.decision == ("hand_off" if needs_person else "answer")
    assert "'Reset your password" in verdict.reason
    assert len(verdict.reason) <= LONGEST_REASON


@pytest.mark.parametrize("question", ["", "   ", "🙂", "?!", "how do i", "\x00\x01"])
def test_a_question_without_words_gets_no_article_at_random(question: str) -> None:
    finding = a_finder().find(question)

    assert finding.suggestions == ()
    assert (finding.verdict.decision, finding.verdict.probability) == ("hand_off", 0.0)


def test_a_megabyte_of_question_is_cut_and_answered() -> None:
    assert a_finder().find("reset password " * 70_000).verdict.decision == "answer"


def test_an_empty_knowledge_base_hands_off() -> None:
    encoder = HashingEncoder()

    assert Finder(build([], encoder), encoder).find("reset password").verdict.decision == "hand_off"


def test_uncertainty_asks_back_with_titles_that_a_customer_may_choose() -> None:
    finding = a_finder(answerability=SHY).find("download the export of an invoice, not a refund")

    assert finding.verdict.decision == "clarify"
    assert finding.clarification is not None
    chosen = [each.article_id for each in finding.clarification.choices]
    assert 2 <= len(chosen) <= 3
    assert "refund" not in chosen


def test_more_uncertainty_hands_off() -> None:
    assert (
        a_finder(answerability=MUTE).find("where can I download the export of an invoice").verdict.decision
        == "hand_off"
    )


def test_precedents_lift_the_article_that_solved_the_like() -> None:
    question = "the sheet of numbers comes out blank"
    taught = precedents((question, "csv"), ("blank sheet", "csv"), ("forgot login", "reset"))

    assert ids(a_finder(precedents=taught).find(question))[0] == "csv"
    assert a_finder(precedents=taught).find(question).suggestions[0].evidence > 0.5


def test_precedents_of_retired_or_internal_articles_bring_nothing_back() -> None:
    taught = precedents(("blank sheet", "retired"), ("blank sheet", "runbook"))

    found = ids(a_finder(precedents=taught).find("blank sheet", limit=10))

    assert not {"retired", "runbook"} & set(found)


def test_votes_are_shares_and_a_distant_precedent_only_whispers() -> None:
    votes = Precedents.build(np.eye(2, dtype=np.float32), [["a", "b"], ["b"]])

    near = votes.recall(np.array([1, 0], dtype=np.float32)).votes
    far = votes.recall(np.array([0.3, 0.0], dtype=np.float32)).votes

    assert near == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}
    assert far["a"] < 0.01
    assert Precedents.build(np.zeros((0, 2)), []).recall(np.array([1, 0], dtype=np.float32)).votes == {}


def test_ties_are_broken_by_id_so_that_answers_never_change_by_themselves() -> None:
    twins = [an_article(id=name) for name in ("c", "a", "b")]
    index = build(twins, HashingEncoder())
    vector = HashingEncoder().encode(["reset password"])[0]

    assert [each.article.id for each in suggest(index, RankingQuery("reset password", vector))] == ["a", "b", "c"]


def test_a_learnt_ranker_takes_the_place_of_the_weights() -> None:
    finder = a_finder()
    invoice = finder.index.number("invoice")
    finder = replace(finder, ranker=lambda signals: np.float32(np.arange(len(signals.words)) == invoice))

    assert ids(finder.find("reset password"))[0] == "invoice"


def test_probability_rises_with_each_similarity() -> None:
    model = Answerability()
    weak = the_first("where is my password")
    strong = replace(weak, cosine=weak.cosine + 0.3, words=1.0, score=weak.score + 0.3)

    assert 0 <= model.probability("q", [weak, weak]) < model.probability("q", [strong, weak]) <= 1
    assert model.probability("q", []) == 0


def test_learnt_numbers_survive_the_manifest() -> None:
    learnt = Answerability((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0), -1.0, 0.6, 0.2, 0.1, 0.03, learnt=True)

    assert Answerability.from_manifest(learnt.to_manifest()) == learnt
    assert Answerability.from_manifest(None) == Answerability.from_manifest(Answers()) == Answerability()


@pytest.mark.parametrize(
    "change",
    [{"coefficients": {"cosine": 1.0}}, {"coefficients": {}}, {"intercept": float("nan")}, {"intercept": None}],
)
def test_damaged_learnt_numbers_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"coefficient"):
        Answerability.from_manifest(msgspec.structs.replace(Answerability().to_manifest(), **change))


def test_every_feature_has_a_coefficient() -> None:
    with pytest.raises(ValueError, match=f"{len(FEATURES)} coefficients"):
        Answerability(coefficients=(1.0,))


def test_people_at_a_terminal_see_decision_answer_source_and_scores() -> None:
    page = render(a_finder().find("how do I reset my password"))

    assert page.startswith("answer (probability ")
    assert "2. Click Reset password." in page
    assert "Reset your password > Reset it  https://help.example/reset#reset-it" in page
    assert "1. " in page.split("\n\n")[-1]
    assert "[reset]" in page
    assert "Which of these" in render(a_finder(answerability=SHY).find("export invoice"))
