"""The course of an audit as the report draws it."""

from __future__ import annotations

import re

import pytest

from training.audit.report_chapter import AuditedHead, chapter, picture
from training.audit.sequential import AuditedTicket, HeadAudit
from training.audit.wealth import Course, course
from training.evaluation.certificates import Target

TARGET = Target(0.05, 0.1)
TICKETS = [AuditedTicket(f"t-{n}", 0.5 + n / 1_000, agrees=n % 8 != 0) for n in range(400)]
HOSTILE = '"><script>alert(1)</script>'


def followed(wrong: set[int], answered: int = 400) -> Course:
    answers = {each.id: float(n in wrong) for n, each in enumerate(TICKETS) if n >= 400 - answered}
    return course(HeadAudit(TICKETS, (0.7, 0.6, 0.5), TARGET, "s"), answers)


def shown(found: Course | None, head: str = "category") -> AuditedHead:
    return AuditedHead(head=head, slice={}, alpha=0.05, delta=0.1, tickets=500, course=found)


def test_the_wealth_reaches_the_line_where_a_threshold_is_certified() -> None:
    found = followed(set())
    assert [each.step.threshold for each in found.certified] == [0.7, 0.6, 0.5]
    assert found.last is None
    assert found.over
    first = found.lines[0]
    assert [each.answers for each in first] == list(range(1, found.certified[0].answers + 1))
    assert max(each.wealth for each in first[:-1]) < 1 / TARGET.delta <= first[-1].wealth


def test_the_course_ends_where_the_audit_asks_nothing_more() -> None:
    wrong = set(range(0, 100, 2))
    found = followed(wrong)
    audit = HeadAudit(TICKETS, (0.7, 0.6, 0.5), TARGET, "s")
    while (ticket := audit.next()) is not None:
        audit.answer(ticket, float(int(ticket[2:]) in wrong))
    state = audit.state()
    assert found.over
    assert [each.step for each in found.certified] == [each for each in state.steps if each.certified]
    assert found.last == next(each for each in state.steps if not each.certified)
    assert found.lines[-1][-1].wealth == pytest.approx(state.path[-1])


def test_without_an_answer_there_is_no_line() -> None:
    found = followed(set(), answered=0)
    assert (found.lines, found.certified, found.over) == ((), (), False)
    assert "No answer counts yet." in chapter([shown(found)])


def test_the_picture_says_in_words_and_as_a_table_what_it_shows() -> None:
    found = followed(set())
    html = chapter([shown(found)])
    assert f"The first threshold was certified after {found.certified[0].answers} answers." in html
    assert "for 400 of 500 held-out tickets (80%)" in html
    assert html.count("<tr>") == 1 + len(found.certified)
    assert "<title>category, all tickets: wealth over the audit</title>" in html
    drawn = picture(shown(found), found)
    assert "1/delta = 10: certified" in drawn
    assert len(re.findall('class="dot good"', drawn)) == len({each.answers for each in found.certified})


def test_an_audit_that_certifies_nothing_says_so() -> None:
    found = followed(set(range(400)))
    assert "no threshold is certified" in chapter([shown(found)])
    assert "No further answer could certify more." in chapter([shown(found)])


def test_an_exhaustive_audit_has_no_wealth() -> None:
    assert "the exact binomial test decides" in chapter([shown(None)])


def test_names_are_escaped() -> None:
    assert "<script>" not in chapter([shown(followed(set()), HOSTILE), shown(None, HOSTILE)])
