"""The holdout over HTTP: who sees no answer and why, and that it is always the same visitors."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count, islice
from typing import Any

import pytest

from serving.deflections.customers import Customer
from serving.deflections.holding_out import Holdout
from serving.deflections.schemas import QuestionIn
from serving.errors import SettingNotValid
from serving.keys.api_keys import Caller, Scope
from serving.settings import Settings
from serving.storage.job_tables import session_arms
from tests.serving.conftest import Client
from tests.serving.deflections.sites import MakeKey, site
from tests.serving.deflections.test_deflections import KNOWN, UNKNOWN, ask, sessions
from triage.experiments.arms import Arm

CALLER = Caller("key_1", Scope.AGENT)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, holdout=0.5)


def drawn(client: Client, arm: Arm, visitor: str) -> bool:
    asked = QuestionIn(question=KNOWN, visitor=visitor)
    return Holdout(client.app.state.context.secret, 0.5).arm(asked, Customer(), CALLER, "dfl_1") == arm


def visitors(client: Client, arm: Arm, n: int = 1) -> list[str]:
    """Return visitors who are in an arm of this installation."""
    return list(islice((each for number in count() if drawn(client, arm, each := f"v-{number}")), n))


def arms(client: Client) -> list[tuple[Any, ...]]:
    columns = session_arms.c
    chosen = session_arms.select().with_only_columns(columns.arm, columns.share).order_by(columns.deflection_id)
    return [tuple(row) for row in client.app.state.context.database.read(lambda c: c.execute(chosen).all())]


def test_who_is_held_out_sees_no_answer_and_is_not_told_that_there_is_none(knowing: Client) -> None:
    body = ask(knowing, KNOWN, visitor=visitors(knowing, "holdout")[0])

    assert (body["decision"], body["reason_code"]) == ("holdout", "holdout")
    assert (body["answer"], body["articles"], body["clarification"]) == (None, [], None)
    assert (body["confidence"], body["while_you_wait"], body["certificate"]) == (None, None, None)
    assert body["reason"] == "A person will help you."
    assert body["next_human_at"] is not None


def test_who_is_held_out_can_open_a_ticket_at_once(knowing: Client) -> None:
    session = ask(knowing, KNOWN, visitor=visitors(knowing, "holdout")[0])

    opened = knowing.post(f"/v1/deflections/{session['id']}/ticket", json={"email": "kim@example.com"})

    assert opened.status_code == 201
    assert sessions(knowing)[-1]["ended"] == "escalated"


def test_the_other_arm_is_answered_as_ever_and_both_are_kept_with_the_share(knowing: Client) -> None:
    held, other = visitors(knowing, "holdout")[0], visitors(knowing, "bot")[0]

    decisions = [ask(knowing, KNOWN, visitor=each)["decision"] for each in (held, other)]

    assert decisions == ["holdout", "answer"]
    assert sorted(arms(knowing)) == [("bot", 0.5), ("holdout", 0.5)]


def test_a_visitor_stays_in_one_arm_whatever_is_asked(knowing: Client) -> None:
    visitor = visitors(knowing, "holdout")[0]

    asked = [ask(knowing, question, visitor=visitor)["decision"] for question in (KNOWN, UNKNOWN, "Where is my bill?")]

    assert set(asked) == {"holdout"}


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("The whole platform is down for all of our users.", "emergency"),
        ("I want to talk to a person", "person_requested"),
    ],
)
def test_emergencies_and_who_asks_for_a_person_are_in_no_arm(knowing: Client, question: str, code: str) -> None:
    for visitor in (*visitors(knowing, "holdout"), *visitors(knowing, "bot")):
        body = ask(knowing, question, visitor=visitor)
        assert (body["decision"], body["reason_code"]) == ("hand_off", code)
    assert arms(knowing) == []


def test_greetings_thanks_and_repeated_questions_are_in_no_arm(knowing: Client) -> None:
    visitor = visitors(knowing, "holdout")[0]

    for text in ("Hello", "Thank you", KNOWN, KNOWN):
        ask(knowing, text, visitor=visitor)

    assert arms(knowing) == [("holdout", 0.5)]


def test_without_a_visitor_the_account_is_drawn_and_else_the_session(knowing: Client) -> None:
    named = {ask(knowing, f"{KNOWN} {number}", account="acme")["decision"] for number in range(6)}
    nobody = Counter(ask(knowing, KNOWN)["decision"] for _ in range(40))

    assert len(named) == 1
    assert nobody["holdout"] > 5
    assert nobody["answer"] > 5


def test_a_proven_customer_is_drawn_by_the_identity_and_a_claimed_account_counts_for_nothing(
    knowing: Client, make_key: MakeKey
) -> None:
    shop = site(knowing, make_key)
    proven = {shop.ask(f"{KNOWN} {n}", identity=shop.signed("user-17"))["decision"] for n in range(5)}
    claimed = {shop.ask(KNOWN, account="acme")["decision"] for _ in range(25)}

    assert len(proven) == 1
    assert claimed == {"answer", "holdout"}


class TestWithoutAHoldout:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, holdout=0.0)

    def test_nobody_is_drawn(self, knowing: Client) -> None:
        decisions = {ask(knowing, KNOWN, visitor=f"v-{number}")["decision"] for number in range(10)}

        assert decisions == {"answer"}
        assert arms(knowing) == []


@pytest.mark.parametrize("said", ["0.6", "60", "5%", "-0.1", "nan"])
def test_a_holdout_of_more_than_half_or_of_no_share_is_refused_at_start(said: str) -> None:
    refused = r"FIRSTLINE_HOLDOUT='.*' cannot be used: give a share from 0 to 0.5, such as 0.05: more than half"
    with pytest.raises(SettingNotValid, match=refused):
        Settings.from_environment({"FIRSTLINE_HOLDOUT": said})


@pytest.mark.parametrize(("said", "share"), [("0", 0.0), ("0.05", 0.05), ("0.5", 0.5)])
def test_a_share_up_to_half_is_taken(said: str, share: float) -> None:
    assert Settings.from_environment({"FIRSTLINE_HOLDOUT": said}).holdout == share
    assert Settings.from_environment({}).holdout == 0
