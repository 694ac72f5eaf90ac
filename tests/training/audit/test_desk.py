"""What is asked next, for all heads at once, blind; and how steady the answers are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.training.audit.noisy_desk import answer, held
from training.audit.agreement import agreement, in_words, of_repeats
from training.audit.answers import Answer, Answers, Header, Verdict
from training.audit.desk import DeskAudit, Question
from training.audit.population import Population
from training.audit.sentences import bar, line, standing, table
from training.bundles.held_out import HeldOut
from triage.model.head_entry import Ladder
from triage.taxonomy.changes import Changes

HEADER = Header(seed="s", created_at="2026-01-01T00:00:00Z")
ROWS = [held(f"t-{n}", closed="billing" if n % 8 == 0 else "bug") for n in range(200)]


def population(rows: list[HeldOut] = ROWS, head: str = "category") -> Population:
    ladder = Ladder(slice={}, alpha=0.05, delta=0.1, thresholds=(0.8,))
    return Population(head, ladder, {row.id: row for row in rows}, len(rows))


def desk(*populations: Population, answers: Answers | None = None) -> DeskAudit:
    return DeskAudit(populations or (population(),), answers or Answers.of(HEADER, ()), Changes())


def verdicts(question: Question, label: str = "bug") -> Answer:
    heads = {each.head: Verdict(kind="label", labels=(label,)) for each in question.heads}
    return Answer(id=question.row.id, heads=heads, who="ann", at="2026-02-01T00:00:00Z", repeat=question.repeat)


def answered(audit: DeskAudit, give: Callable[[Question], Answer] = verdicts, most: int = 1_000) -> list[Question]:
    asked = []
    while len(asked) < most and (question := audit.question()) is not None:
        audit.take(give(question))
        asked.append(question)
    return asked


def test_an_audit_ends_with_a_certificate_before_every_ticket_is_asked() -> None:
    audit = desk()
    asked = answered(audit)
    (status,) = audit.statuses()
    assert status.certified is not None
    assert status.certified.n == 200
    assert len({question.row.id for question in asked}) < 200
    assert standing(status) == "certified at 5 % for 100% of the tickets; as far as it goes"
    assert bar(status) == "█" * 16


def test_the_labels_in_question_are_shown_in_random_order_and_a_shared_one_once() -> None:
    asked = answered(desk())
    options = [question.heads[0].options for question in asked]
    doubtful = [each for each in options if len(each) == 2]
    assert {len(each) for each in options} == {1, 2}
    assert {("bug", "billing"), ("billing", "bug")} == set(doubtful)


def test_a_fifth_of_the_tickets_comes_twice_and_the_second_answer_does_not_count() -> None:
    audit = desk()
    asked = answered(audit, lambda question: verdicts(question, "bug" if not question.repeat else "billing"))
    twice = [question for question in asked if question.repeat]
    once = [question for question in asked if not question.repeat]
    assert 0.08 < len(twice) / len(once) < 0.35
    assert audit.statuses()[0].certified is not None
    found = of_repeats(audit.answers)
    assert found is not None
    assert (found.n, found.share) == (len(twice), 0.0)


def test_a_ticket_is_asked_for_all_heads_that_wait_for_it() -> None:
    both = [
        replace(
            row,
            labels={"category": "bug", "area": "api"},
            guesses={"category": "bug", "area": "api"},
            confidence={"category": 0.9, "area": 0.9},
        )
        for row in ROWS
    ]
    question = desk(population(both), population(both, "area")).question()
    assert question is not None
    assert [each.head for each in question.heads] == ["category", "area"]


def test_a_stopped_audit_goes_on_where_it_was() -> None:
    straight = desk()
    whole = [question.row.id for question in answered(straight, most=60)]
    first = desk()
    answered(first, most=30)
    resumed = desk(answers=first.answers)
    answered(resumed, most=30)
    assert [line.id for line in resumed.answers.lines] == whole


def test_a_skipped_ticket_is_passed_over_and_comes_back() -> None:
    audit = desk()
    first = audit.question()
    assert first is not None
    other = audit.question({first.row.id})
    assert other is not None
    assert other.row.id != first.row.id
    assert audit.question() == first


def test_what_was_undone_is_asked_again() -> None:
    audit = desk()
    first = audit.question()
    assert first is not None
    audit.take(verdicts(first))
    audit.reset(Answers.of(HEADER, [*audit.answers.lines, answer(first.row.id, undo=True)]))
    assert audit.question() == first


def test_a_head_that_is_too_often_wrong_is_given_up_and_that_is_said() -> None:
    audit = desk()
    asked = answered(audit, lambda question: verdicts(question, "how_to"))
    (status,) = audit.statuses()
    assert len(asked) < 200
    assert standing(status) == "cannot be shown to be under 5 % on these tickets"
    assert table([status]).row_count == 1


def test_an_exhaustive_audit_asks_for_every_ticket() -> None:
    audit = desk(answers=Answers.of(Header(seed="s", created_at="2026-01-01T00:00:00Z", exhaustive=True), ()))
    asked = answered(audit, most=10)
    assert len(asked) == 10
    left = 200 - len({question.row.id for question in asked})
    assert f"{left} of 200 tickets left" in line(audit.statuses()[0])
    answered(audit)
    assert len({each.id for each in audit.answers.lines}) == 200
    certified = audit.statuses()[0].certified
    assert certified is not None
    assert certified.asked == 200


@pytest.mark.parametrize(
    ("pairs", "share", "kappa"),
    [
        ([("a", "a"), ("b", "b"), ("a", "b"), ("b", "a")], 0.5, 0.0),  # what chance gives
        ([("a", "a"), ("a", "a"), ("b", "b"), ("b", "a")], 0.75, 0.5),  # chance: (2*3 + 2*1) / 16 = 0.5
        ([("a", "a"), ("a", "a")], 1.0, None),  # chance alone agrees
    ],
)
def test_agreement_takes_off_what_chance_would_give(
    pairs: list[tuple[str, str]], share: float, kappa: float | None
) -> None:
    found = agreement(pairs)
    assert found is not None
    assert (found.share, found.kappa) == (share, kappa)
    assert f"{share:.0%} answered the same" in in_words(found)


def test_without_a_repeat_nothing_is_said_of_agreement() -> None:
    assert agreement([]) is None
    assert "No ticket was shown twice yet" in in_words(None)
