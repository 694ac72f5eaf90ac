"""The console's screen where people check tags: blind, one question at a time, recorded as the API records it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from serving.settings import Settings
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.certificates.watched_desk import WatchedDesk, a_certified, opened
from tests.serving.conftest import a_model
from tests.serving.console.conftest import HERE, Console

AGENT = Callable[..., dict[str, str]]
TEXT = "CSV export is empty"


@dataclass
class AuditRoom(Console):
    """Kim, an agent, and a desk that puts every certified label to a person."""

    desk: WatchedDesk
    key: dict[str, str]

    def queue(self, answer: str = "open") -> list[dict[str, Any]]:
        listed = self.client.get("/v1/certificates/audited", params={"answer": answer}, headers=self.key)
        return list(listed.json()["audited"])

    def files(self, **more: Any) -> None:
        assert self.client.post("/v1/tags", json={"subject": TEXT, **more}, headers=self.key).status_code == 200

    def answers(self, **fields: str) -> str:
        """Answer the oldest open question, and return the page that follows."""
        answered = self.post(f"/models/audit/{self.queue()[0]['id']}", **fields)
        assert answered.status_code == 303, answered.text
        return self.read(answered.headers["location"])


@pytest.fixture
def room(settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT) -> Iterator[AuditRoom]:
    key = make_key("agent", name="Kim")
    with opened(replace(settings, audited_share=1.0), clock, a_model(encoder, a_certified(clock)), {}) as desk:
        shown = key["Authorization"].removeprefix("Bearer ")
        desk.client.post("/sign-in", data={"key": shown}, headers=HERE)
        yield AuditRoom(desk.client, desk, key)


def test_the_screen_shows_the_ticket_and_does_not_say_what_the_model_says(room: AuditRoom) -> None:
    room.files(external_id="zd-7", description="Since this morning")
    page = room.read("/models/audit")
    assert f"{TEXT} Since this morning" in page
    assert "Your ticket zd-7" in page
    assert "Which category is right?" in page
    assert "0 answered" in page
    html = room.get("/models/audit")
    assert html.index('value="account"') < html.index('value="billing"') < html.index('value="bug"')
    assert 'data-key="1"' in html
    assert "the model said" not in html


def test_the_same_label_is_right_another_is_wrong_and_none_is_wrong_too(room: AuditRoom) -> None:
    for _ in range(3):
        room.files()
    assert "you and the model say bug ." in room.answers(label="bug")
    assert "you say billing , the model said bug ." in room.answers(label="billing")
    last = room.answers(none="1")
    assert "you say no label is right , the model said bug ." in last
    assert "3 answered: 1 right, 2 wrong" in last
    assert "There is nothing to check." in last
    assert [each["answered_label"] for each in room.queue("wrong")] == ["billing", None]
    assert {each["actor"] for each in room.queue("right") + room.queue("wrong")} == {"Kim"}


def test_an_answer_on_a_ticket_of_the_desk_sets_its_label(room: AuditRoom) -> None:
    ticket = room.client.post("/v1/tickets", json={"subject": TEXT}, headers=room.key).json()
    assert "Open the ticket" in room.read("/models/audit")
    room.answers(label="billing")
    tag = room.client.get(f"/v1/tickets/{ticket['id']}", headers=room.key).json()["tags"]["category"]
    assert (tag["label"], tag["mode"], tag["by"]) == ("billing", "agent", "agent:Kim")
    room.client.post("/v1/tickets", json={"subject": TEXT}, headers=room.key)
    assert "you say no label is right" in room.answers(none="1")
    assert room.queue() == []


def test_the_last_answer_can_be_given_again_and_a_question_skipped(room: AuditRoom) -> None:
    room.files()
    room.files(description="Another one")
    first, second = (each["id"] for each in room.queue())
    room.answers(label="billing")
    assert "Your answer was billing" in room.read(f"/models/audit?again={first}")
    room.post(f"/models/audit/{first}", label="bug")
    assert [each["id"] for each in room.queue("right")] == [first]
    assert "You have skipped the 1 that are left" in room.read(f"/models/audit?after={second}")
    assert TEXT in room.read("/models/audit?again=adt_nothing&last=nothing")


def test_of_many_labels_the_likely_ones_have_keys_and_the_others_stand_in_a_list(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    said = {"bug": 0.85, "zebra": 0.03, "billing": 0.02, "apple": 0.01} | {f"topic_{n}": 0.01 for n in range(9)}
    bundle = replace(a_certified(clock), says={"category": said})
    key = make_key("agent", name="Kim")
    with opened(replace(settings, audited_share=1.0), clock, a_model(encoder, bundle), {}) as desk:
        desk.client.post("/sign-in", data={"key": key["Authorization"].removeprefix("Bearer ")}, headers=HERE)
        room = AuditRoom(desk.client, desk, key)
        room.files()
        html = room.get("/models/audit")
        buttons = re.findall(r'name="label" value="(\w+)"', html)
        assert buttons == sorted(buttons)
        assert {"bug", "zebra", "billing"} <= set(buttons)
        assert len(buttons) <= 9
        assert "<option>topic_8</option>" in html
        assert "you say topic_8 , the model said bug ." in room.answers(label="topic_8")


@pytest.mark.parametrize(("fields", "status"), [({}, 400), ({"label": "nonsense"}, 422)])
def test_what_is_no_answer_is_refused(room: AuditRoom, fields: dict[str, str], status: int) -> None:
    room.files()
    assert room.post(f"/models/audit/{room.queue()[0]['id']}", **fields).status_code == status
    assert room.post("/models/audit/adt_nothing", label="bug").status_code == 404
    assert len(room.queue()) == 1
