from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.answering.answer_question import Finder
from retrieval.answering.answerability import Answerability
from retrieval.articles.article import Article
from retrieval.index.article_index import ArticleIndex, build
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.packed import bomb
from training.answers.answer_metrics import Asking, Encoders, evaluate_answers, in_other_languages, measure
from training.answers.answerability import LEAST
from training.answers.answers import learn
from training.answers.closed_questions import Known
from training.answers.questions import Question, read
from training.errors import QuestionsNotReadable, UntilMissing
from triage.tickets.closed_ticket import ClosedTicket

START = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECTS = "invoice password export webhook dashboard refund trial sso".split()  # noqa: SIM905
SURE = Answerability(answer_at=0.0)


def article(subject: str) -> Article:
    return Article(id=subject, title=f"About {subject}", body=f"Everything on {subject} stands here.")


def an_index(*left_out: str) -> ArticleIndex:
    return build([article(each) for each in SUBJECTS if each not in left_out], HashingEncoder())


def tickets(count: int = 400) -> list[ClosedTicket]:
    """Customers name the subject, or say `thing` and only the desk knows; every ninth was solved by something else."""
    made = []
    for number in range(count):
        subject = SUBJECTS[number % len(SUBJECTS)]
        text = f"{subject} is broken" if number % 3 else f"thing{number % len(SUBJECTS)} is broken"
        solved = subject if number % 9 else SUBJECTS[(number + 3) % len(SUBJECTS)]
        times = {"created_at": START + timedelta(hours=number)}
        made.append(ClosedTicket(id=f"t{number}", subject=text, kb_article_ids=(solved,), **times))
    return made


def question(text: str, *relevant: str, **fields: Any) -> Question:
    return Question(id=text, question=text, relevant=frozenset(relevant), **fields)


def test_precedents_find_what_the_articles_do_not_say() -> None:
    index, encoder = an_index(), HashingEncoder()
    lessons = learn(index, encoder, tickets())

    taught = Finder(index, encoder, lessons.answerability, lessons.precedents).find("thing2 broken")
    untaught = Finder(index, encoder).find("thing2 broken")

    assert taught.suggestions[0].article.id == "export"
    assert untaught.suggestions[0].evidence == 0


def test_what_was_learnt_tells_known_questions_from_foreign_ones() -> None:
    index, encoder = an_index(), HashingEncoder()
    lessons = learn(index, encoder, tickets())
    learnt = lessons.answerability
    finder = Finder(index, encoder, learnt, lessons.precedents)

    known = finder.find("invoice is broken").verdict.probability
    foreign = finder.find("the weather is nice today").verdict.probability

    assert learnt.learnt
    assert known > learnt.answer_at > foreign
    assert learnt.clarify_at < learnt.answer_at


def test_vectors_at_hand_are_used_instead_of_encoding_again() -> None:
    closed = tickets()
    encoder = HashingEncoder()
    vectors = encoder.encode([ticket.text for ticket in closed]).astype(np.float16)
    encoder.encoded.clear()

    lessons = learn(an_index(), encoder, closed, known=Known(vectors))

    assert encoder.encoded == []
    assert lessons.answerability.coefficients == pytest.approx(
        learn(an_index(), HashingEncoder(), closed).answerability.coefficients, abs=0.05
    )


def test_the_order_of_the_file_does_not_matter_where_times_are_known() -> None:
    closed = tickets()

    forwards, backwards = (learn(an_index(), HashingEncoder(), each).answerability for each in (closed, closed[::-1]))

    assert forwards == backwards


def test_few_tickets_teach_precedents_and_leave_the_defaults() -> None:
    few = tickets(LEAST - 1)

    lessons = learn(an_index(), HashingEncoder(), few)

    assert lessons.answerability == Answerability()
    assert len(lessons.precedents) == LEAST - 1


def test_tickets_without_an_article_and_spam_teach_nothing() -> None:
    unsolved = [
        ClosedTicket(id="a", subject="x"),
        ClosedTicket(id="b", subject="y", kb_article_ids=("sso",), spam=True),
    ]

    assert len(learn(an_index(), HashingEncoder(), unsolved).precedents) == 0


def test_metrics_are_counted_as_the_contract_names_them() -> None:
    # invoice and password come first; nobody wrote about sso, and the last has no answer at all
    finder = Finder(an_index("sso"), HashingEncoder(), SURE)
    asked = [
        question("invoice", "invoice"),
        question("password", "trial", "password"),
        question("sso", "sso"),
        question("zebra crossing"),
    ]

    figures = measure(finder, asked)

    assert (figures["n"], figures["answerable"]) == (4, 3)
    assert figures["hit@1"] == figures["hit@5"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["mrr@10"] == pytest.approx(2 / 3, abs=1e-4)
    # 1, and for two relevant ones with only the first found at once: 1 / (1 + 1/log2 3) = 0.61 at least; and 0
    assert (1 + 0.61) / 3 < figures["ndcg@10"] <= 2 / 3 + 1e-4
    assert figures["unanswerable_answered"] == 1
    assert figures["answered"] == 1
    assert figures["answered_correct"] == 0.5
    assert set(figures["latency_ms"]) == {"p50", "p90", "p99"}


def test_a_figure_without_questions_is_null_and_not_a_number() -> None:
    figures = measure(Finder(an_index(), HashingEncoder(), SURE), [question("invoice", doubtful=True)])

    assert (figures["hit@1"], figures["unanswerable_answered"], figures["answered_correct"]) == (None, None, None)


def test_evaluation_learns_from_earlier_tickets_and_asks_later_questions(tmp_path: Path) -> None:
    (tmp_path / "kb.jsonl").write_text("".join(json.dumps(article(each).to_record()) + "\n" for each in SUBJECTS))
    until = START + timedelta(hours=300)
    lines = [
        {"id": "early", "question": "invoice", "relevant": ["invoice"], "created_at": "2026-01-01T00:00:00Z"},
        {"id": "late", "question": "thing2 is broken", "relevant": ["export"], "created_at": "2026-03-01T00:00:00Z"},
    ]
    (tmp_path / "q.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    asking = Asking(tmp_path / "kb.jsonl", tmp_path / "q.jsonl.gz", until)

    figures = evaluate_answers(asking, Encoders(HashingEncoder()), tickets=tickets())

    assert (figures["n"], figures["hit@1"]) == (1, 1)
    assert figures["seconds"] >= 0
    with pytest.raises(UntilMissing, match="--until"):
        evaluate_answers(Asking(asking.articles, asking.questions), Encoders(HashingEncoder()), tickets=tickets())


def test_questions_in_another_language_are_evaluated_by_both_encoders(tmp_path: Path) -> None:
    said = [Article(id="aaa", title="Nothing", body="Nil."), Article(id="reset", title="reset your", body="reset your")]
    (tmp_path / "kb.jsonl").write_text("".join(json.dumps(each.to_record()) + "\n" for each in said))
    line = {"id": "1", "question": "Come posso reimpostare la mia chiave di accesso?", "relevant": ["reset"]}
    (tmp_path / "q.jsonl").write_text(json.dumps(line) + "\n")
    asking = Asking(tmp_path / "kb.jsonl", tmp_path / "q.jsonl")

    assert in_other_languages(asking) == 1
    assert evaluate_answers(asking, Encoders(HashingEncoder(), TranslatingEncoder()))["hit@1"] == 1
    assert evaluate_answers(asking, Encoders(HashingEncoder()))["hit@1"] == 0


def test_a_gzip_bomb_of_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionsNotReadable, match="unpacks to more than 100 times its size"):
        read(bomb(tmp_path / "q.jsonl.gz"))


def test_tickets_from_then_on_are_not_learnt_from(tmp_path: Path) -> None:
    (tmp_path / "kb.jsonl").write_text("".join(json.dumps(article(each).to_record()) + "\n" for each in SUBJECTS))
    record = {"id": "1", "question": "thing2 is broken", "relevant": ["export"], "created_at": "2026-03-01T00:00:00Z"}
    (tmp_path / "q.jsonl").write_text(json.dumps(record))
    asking = Asking(tmp_path / "kb.jsonl", tmp_path / "q.jsonl", START)

    with_them = evaluate_answers(asking, Encoders(HashingEncoder()), tickets=tickets())
    without = evaluate_answers(asking, Encoders(HashingEncoder()))

    timing = {"seconds", "latency_ms"}
    assert {k: v for k, v in with_them.items() if k not in timing} == {
        k: v for k, v in without.items() if k not in timing
    }


def test_only_grade_two_is_relevant_where_grades_are_given(tmp_path: Path) -> None:
    lines = [
        {"id": 1, "question": "q", "relevant": ["a", "b"], "grades": {"a": 2, "b": 1}},
        {"id": 2, "question": "q", "relevant": ["b"], "grades": {"b": 1}},
        {"id": 3, "question": "q", "relevant": []},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))

    first, second, third = read(tmp_path / "q.jsonl")

    assert (first.relevant, first.doubtful) == ({"a"}, False)
    assert (second.relevant, second.doubtful) == (frozenset(), True)
    assert (third.relevant, third.doubtful) == (frozenset(), False)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not a question"),
        ("[]", "not a question"),
        ('{"id": 1, "question": "q"}', "`relevant` is missing"),
        ('{"id": 1, "question": " ", "relevant": []}', "`question` is empty"),
        ('{"id": 1, "question": "q", "relevant": [], "created_at": "2026-01-01T00:00:00"}', "no time zone"),
    ],
)
def test_a_bad_question_is_refused_with_its_line(line: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": 0, "question": "q", "relevant": []}\n' + line)

    with pytest.raises(QuestionsNotReadable, match=f"line 2: .*{reason}"):
        read(tmp_path / "q.jsonl")


def test_a_missing_or_empty_file_of_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()

    with pytest.raises(QuestionsNotReadable, match="No such file"):
        read(tmp_path / "nowhere.jsonl")
    with pytest.raises(QuestionsNotReadable, match="no question"):
        read(tmp_path / "empty.jsonl")
