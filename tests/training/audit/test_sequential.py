"""An audit of one head: whom it asks, what counts, and what it certifies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.audit.sequential import AuditedTicket, AuditState, HeadAudit, place
from training.evaluation.certificates import Target

TARGET = Target(0.2, 0.1)
LADDER = (0.7, 0.4, 0.1)


def tickets(count: int = 120, seed: int = 0) -> list[AuditedTicket]:
    random = np.random.default_rng(seed)
    return [
        AuditedTicket(f"t{i}", float(sure), bool(agrees))
        for i, (sure, agrees) in enumerate(zip(random.random(count), random.random(count) < 0.85, strict=True))
    ]


def finished(audit: HeadAudit, wrong: Callable[[str], float]) -> list[str]:
    """Answer whatever the audit asks until it asks no more; return whom it asked."""
    asked = []
    while (ticket := audit.next()) is not None:
        asked.append(ticket)
        audit.answer(ticket, wrong(ticket))
    return asked


def audit(of: list[AuditedTicket] | None = None, ladder: tuple[float, ...] = LADDER, seed: str = "desk") -> HeadAudit:
    return HeadAudit(of or tickets(), ladder, TARGET, seed)


def some_wrong(ticket: str) -> float:
    return float(int(ticket[1:]) % 17 == 0)


def test_right_answers_certify_the_laxest_threshold() -> None:
    head = audit()
    asked = finished(head, lambda _: 0.0)
    state = head.state()
    assert [step.certified for step in state.steps] == [True, True, True]
    assert state.certified == state.steps[-1]
    assert state.certified.threshold == 0.1
    assert state.certified.n == sum(ticket.confidence >= 0.1 for ticket in tickets())
    assert (state.certified.wrong, state.more) == (0, None)
    assert len(asked) == len(set(asked)) < state.certified.n
    assert max(state.path) == state.certified.wealth >= 1 / TARGET.delta
    assert len(state.path) == state.certified.asked


def test_wrong_answers_certify_nothing_and_end_once_nothing_can_be_certified() -> None:
    head = audit()
    asked = finished(head, lambda _: 1.0)
    assert head.state().certified is None
    assert head.state().more is None
    assert len(asked) < 30


def test_an_audit_of_too_few_tickets_asks_nobody() -> None:
    few = audit(tickets(8))
    assert few.next() is None
    assert few.state().certified is None
    assert audit(ladder=()).next() is None
    assert audit(ladder=()).state() == AuditState((), None, None, ())
    assert audit(ladder=(1.1,)).next() is None


@pytest.mark.parametrize("doubtful", [0.5, 0.01, 1.0])
def test_whatever_is_not_plainly_right_counts_as_wrong(doubtful: float) -> None:
    head = audit(ladder=(0.1,))
    first = head.next()
    assert first is not None
    head.answer(first, doubtful)
    assert (head.state().steps[0].asked, head.state().steps[0].wrong) == (1, 1)


def test_an_answer_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        audit().answer("t1", -0.1)


def test_a_second_answer_replaces_the_first() -> None:
    head, other = audit(), audit()
    for ticket in [head.next() or "", *finished(audit(), some_wrong)]:
        head.answer(ticket, 1.0)
        head.state()
    for ticket in finished(other, some_wrong):
        head.answer(ticket, some_wrong(ticket))
    assert head.state() == other.state()


@settings(max_examples=6)
@given(st.randoms(use_true_random=False), st.integers(0, 120))
def test_the_state_depends_on_the_answers_and_not_on_their_order(random, count: int) -> None:
    given_answers = random.sample([ticket.id for ticket in tickets()], count)
    looked, once = audit(), audit()
    for ticket in given_answers:
        looked.answer(ticket, some_wrong(ticket))
        if random.random() < 0.1:
            looked.state()
    for ticket in sorted(given_answers):
        once.answer(ticket, some_wrong(ticket))
    assert looked.state() == once.state()
    assert looked.next() == once.next()
    assert looked.next() not in given_answers


def test_answers_further_on_do_not_count_until_the_order_reaches_them() -> None:
    plain, head = audit(ladder=(0.1,)), audit(ladder=(0.1,))
    order = finished(plain, some_wrong)
    for ticket in order[1:]:
        head.answer(ticket, some_wrong(ticket))
    head.answer("of another head", 1.0)
    assert head.state().steps[0].asked == 0
    assert head.next() == order[0]
    head.answer(order[0], some_wrong(order[0]))
    assert head.state() == plain.state()


def test_each_stratum_is_asked_in_the_order_of_its_permanent_numbers() -> None:
    known = {ticket.id: ticket for ticket in tickets()}
    asked = finished(audit(ladder=(0.1,)), some_wrong)
    for agrees in (True, False):
        stratum = [ticket for ticket in asked if known[ticket].agrees is agrees]
        reached = [t.id for t in known.values() if t.agrees is agrees and t.confidence >= 0.1]
        assert stratum == sorted(reached, key=lambda ticket: place("desk", ticket))[: len(stratum)]


def test_answers_carry_over_to_the_next_refit() -> None:
    before = finished(audit(ladder=(0.1,)), some_wrong)
    random = np.random.default_rng(5)
    refitted = [t._replace(confidence=min(1.0, max(0.0, t.confidence + random.normal(0, 0.05)))) for t in tickets()]
    head = audit(refitted, ladder=(0.1,))
    for ticket in before:
        head.answer(ticket, some_wrong(ticket))
    assert len(finished(head, some_wrong)) < len(before) / 3
    assert len(set(finished(audit(seed="another desk", ladder=(0.1,)), some_wrong)) & set(before)) < len(before)


def test_no_threshold_is_tested_before_the_stricter_ones_are_certified() -> None:
    random = np.random.default_rng(2)
    known = [t._replace(confidence=float(random.random() * (0.35 if some_wrong(t.id) else 1))) for t in tickets(200)]
    sure_are_wrong = [t._replace(confidence=0.95) if int(t.id[1:]) % 8 == 0 else t for t in known]
    head = HeadAudit(sure_are_wrong, (0.8, 0.1), TARGET, "desk")
    finished(head, lambda ticket: float(int(ticket[1:]) % 8 == 0))
    strict, lax = head.state().steps
    assert not strict.certified
    assert (lax.asked, lax.wealth, lax.certified) == (0, 1.0, False)


def test_certified_once_stays_certified() -> None:
    head = audit(ladder=(0.1,))
    finished(head, lambda _: 0.0)
    before = head.state()
    for ticket in {t.id for t in tickets()} - set(finished(audit(ladder=(0.1,)), lambda _: 0.0)):
        head.answer(ticket, 1.0)
    assert head.state() == before
