"""Gaps of a knowledge base, kind by kind, on constructed desks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from retrieval.articles.article import Article
from retrieval.gaps.gaps import Gaps, QuestionSet, Window, find
from retrieval.gaps.outlines import outline
from retrieval.gaps.replays import Replay, Shown
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=30.44))
EXPORT = Article(
    id="export", title="Export a table", body="An export may hold up to 500 rows of a table.", updated_at="2025-12-20"
)
LIMITS = Article(id="limits", title="Limits", body="An export may hold up to 900 rows of a table.")
LOGIN = Article(id="login", title="Sign in", body="Choose Forgot password on the page where you sign in.")


def asked(number: int, text: str, **more: object) -> Replay:
    """A question that a person had to answer, one a day; a phone call's worth."""
    base = Replay(id=f"q{number:02}", text=text, at=START + timedelta(days=number), saves=20.0)
    return replace(base, **more)  # type: ignore[arg-type]


def gaps_of(replays: list[Replay], articles: list[Article]) -> Gaps:
    encoder = HashingEncoder()
    vectors = encoder.encode([each.text for each in replays])
    told = encoder.encode([each.resolution or "" for each in replays])
    told[[not each.resolution for each in replays]] = 0
    return find(QuestionSet(replays, vectors, told), build(articles, encoder), WINDOW)


WEBHOOKS = [asked(n, f"webhook signature secret rotated {w}") for n, w in enumerate(["again", "twice", "today"])]


def test_what_no_article_answers_and_none_solved_is_missing() -> None:
    (found,) = gaps_of(WEBHOOKS, [EXPORT, LOGIN]).found
    assert (found.kind, found.ids, found.article_id) == ("missing", ("q00", "q01", "q02"), None)


def test_an_article_that_tickets_name_and_that_is_gone_is_missing_under_its_name() -> None:
    replays = [replace(each, solved_by=("webhooks",)) for each in WEBHOOKS]
    (found,) = gaps_of(replays, [EXPORT]).found
    assert (found.kind, found.named) == ("missing", "webhooks")
    assert "'webhooks'" in found.evidence


def test_two_topics_are_two_gaps_and_the_costlier_comes_first() -> None:
    invoices = [asked(10 + n, f"invoice address vat number {w}", saves=30.0) for n, w in enumerate("abc")]
    found = gaps_of([*WEBHOOKS, *invoices], [LOGIN]).found
    assert [each.ids[0][:2] for each in found] == ["q1", "q0"]
    assert [each.saves_a_month for each in found] == [90.0, 60.0]


def test_an_article_that_solved_tickets_but_was_not_on_top_is_unreachable() -> None:
    below = (Shown("login", 0.5), Shown("export", 0.4))
    replays = [asked(n, f"rows {n}", shown=below, solved_by=("export",)) for n in range(3)]
    (found,) = gaps_of(replays, [EXPORT, LOGIN]).found
    assert (found.kind, found.article_id) == ("unreachable", "export")
    assert "below another article 3 of 3 times" in found.evidence


def test_an_article_that_was_shown_in_vain_is_unhelpful() -> None:
    shown = (Shown("login", 0.9),)
    replays = [asked(n, f"sign in {n}", decision="answer", shown=shown, outcome="escalated") for n in range(3)]
    (found,) = gaps_of(replays, [EXPORT, LOGIN]).found
    assert (found.kind, found.article_id) == ("unhelpful", "login")


def test_two_articles_with_different_limits_are_contradictory() -> None:
    shown = (Shown("export", 0.9), Shown("limits", 0.8))
    replays = [asked(n, f"rows {n}", decision="answer", shown=shown, outcome="not_helpful") for n in range(3)]
    (found,) = gaps_of(replays, [EXPORT, LIMITS]).found
    assert found.kind == "contradictory"
    assert "500 rows" in found.evidence
    assert "900 rows" in found.evidence


def test_the_same_limits_in_two_articles_contradict_nothing() -> None:
    shown = (Shown("export", 0.9), Shown("limits", 0.8))
    replays = [asked(n, f"rows {n}", decision="answer", shown=shown, outcome="not_helpful") for n in range(3)]
    (found,) = gaps_of(replays, [EXPORT, replace(LIMITS, body=EXPORT.body)]).found
    assert found.kind == "unhelpful"


@pytest.mark.parametrize(
    ("updated_at", "kind"), [("2025-01-01", "stale"), ("2025-12-20", "unhelpful"), (None, "unhelpful")]
)
def test_an_old_article_whose_questions_rise_is_stale(updated_at: str | None, kind: str) -> None:
    """One question in the first half of the time, three in the second."""
    days = (0, 20, 21, 22)
    shown = (Shown("login", 0.9),)
    replays = [asked(n, f"sign in {n}", decision="answer", shown=shown, outcome="not_helpful") for n in days]
    (found,) = gaps_of(replays, [replace(LOGIN, updated_at=updated_at)]).found
    assert found.kind == kind


def test_an_article_that_tickets_are_no_longer_told_is_stale() -> None:
    shown = (Shown("login", 0.9),)
    told = ["Choose Forgot password where you sign in."] * 3 + ["Passkeys replaced it: enroll the device."] * 3
    replays = [
        asked(n, f"sign in {n}", decision="answer", shown=shown, outcome="escalated", resolution=each)
        for n, each in enumerate(told)
    ]
    (found,) = gaps_of(replays, [LOGIN]).found
    assert found.kind == "stale"
    assert "moved away" in found.evidence


def test_confirmed_and_silent_answers_are_no_gap() -> None:
    shown = (Shown("login", 0.9),)
    outcomes = ("confirmed", None, None)
    replays = [
        asked(n, f"sign in {n}", decision="answer", shown=shown, outcome=each) for n, each in enumerate(outcomes)
    ]
    found = gaps_of(replays, [LOGIN])
    assert (found.answered, found.found) == (3, ())


def test_questions_around_which_an_article_solves_tickets_belong_to_that_article() -> None:
    solved = [replace(each, id=f"s{n}", solved_by=("login",)) for n, each in enumerate(WEBHOOKS * 2)]
    (found,) = gaps_of([*WEBHOOKS, *solved], [LOGIN]).found
    assert (found.kind, found.article_id, len(found.ids)) == ("unreachable", "login", 9)


def test_single_questions_are_scattered_and_nothing_at_all_is_no_error() -> None:
    assert gaps_of([asked(0, "one"), asked(1, "another matter")], [LOGIN]).scattered == 2
    assert gaps_of([], [LOGIN]).found == ()


def test_examples_carry_no_personal_data() -> None:
    replays = [replace(each, text=f"{each.text} kim@example.com") for each in WEBHOOKS]
    (found,) = gaps_of(replays, [LOGIN]).found
    assert "kim@" not in str(found)
    assert "[email]" in found.examples[0]


def test_a_draft_keeps_one_tickets_steps_and_what_several_tickets_say() -> None:
    steps = "1. Open the settings page.\n2. Rotate the secret again."
    told = [steps, "The endpoint must use the new secret. Regards", "The endpoint must use the new secret now."]
    draft = outline("Why?", [], [asked(n, "q", resolution=each, ticket_id=f"t{n}") for n, each in enumerate(told)])
    assert [line.text for line in draft.steps] == steps.splitlines()
    assert [(line.text, line.source, line.agreeing) for line in draft.facts] == [
        ("The endpoint must use the new secret.", "t1", 1)
    ]
    assert draft.sources == ("t0", "t1", "t2")


def test_a_draft_without_resolutions_invents_nothing() -> None:
    draft = outline("Why?", [], WEBHOOKS)
    assert (draft.steps, draft.facts, draft.sources) == ((), (), ())


def test_the_order_of_the_questions_does_not_matter() -> None:
    invoices = [asked(10 + n, f"invoice address vat number {w}") for n, w in enumerate("abc")]
    one = gaps_of([*WEBHOOKS, *invoices], [LOGIN]).found
    other = gaps_of([*invoices, *WEBHOOKS][::-1], [LOGIN]).found
    assert {frozenset(each.ids) for each in one} == {frozenset(each.ids) for each in other}
    assert np.isclose(sum(each.share for each in one), 1.0)
