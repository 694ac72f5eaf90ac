"""What agents do with audited labels on the desk's own tickets: set, change, or leave them until the ticket ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from serving.settings import Settings
from tests.serving.certificates.watched_desk import WatchedDesk

AGENT = Callable[..., dict[str, str]]


def opens(desk: WatchedDesk, **more: Any) -> dict[str, Any]:
    answer = desk.client.post("/v1/tickets", json={"subject": "CSV export is empty", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patch(desk: WatchedDesk, ticket: dict[str, Any], label: str) -> dict[str, Any]:
    headers = {"If-Match": f'"{ticket["version"]}"'}
    path = f"/v1/tickets/{ticket['id']}"
    answer = desk.client.patch(path, json={"tags": {"category": label}, "actor": "ana"}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ends(desk: WatchedDesk, ticket: dict[str, Any], to: str = "resolved") -> None:
    answer = desk.client.post(f"/v1/tickets/{ticket['id']}/transitions", json={"to": to, "actor": "ana"})
    assert answer.status_code in {200, 201}, answer.text


def test_a_ticket_of_the_desk_asks_too(desk: WatchedDesk) -> None:
    ticket = opens(desk)
    assert (ticket["tags"]["category"]["mode"], ticket["tags"]["category"]["reason_code"]) == ("suggest", "audited")
    (waiting,) = desk.queue()
    assert (waiting["ticket_id"], waiting["tagging_id"]) == (ticket["id"], None)


def test_setting_the_suggested_label_confirms_it_and_another_says_it_is_wrong(desk: WatchedDesk) -> None:
    patch(desk, opens(desk), "bug")
    patched = patch(desk, opens(desk), "billing")
    watch = desk.certificate()["watch"]
    assert (watch["answers"], watch["wrong"]) == (2, 1)
    (wrong,) = desk.queue("wrong")
    assert wrong["actor"] == "agent:ana"
    patch(desk, patched, "bug")
    assert desk.certificate()["watch"]["wrong"] == 0


def test_a_ticket_that_ends_untouched_is_no_answer_and_may_still_get_one(desk: WatchedDesk) -> None:
    ticket = opens(desk)
    ends(desk, ticket)
    ends(desk, ticket, to="closed")
    watch = desk.certificate()["watch"]
    assert (watch["answers"], watch["open"], watch["unconfirmed"], watch["wealth"]) == (0, 0, 1, 1.0)
    patch(desk, desk.client.get(f"/v1/tickets/{ticket['id']}").json(), "bug")
    watch = desk.certificate()["watch"]
    assert (watch["answers"], watch["wrong"], watch["unconfirmed"]) == (1, 0, 0)


def test_an_answered_ticket_stays_answered_when_it_ends(desk: WatchedDesk) -> None:
    ticket = opens(desk)
    patch(desk, ticket, "bug")
    ends(desk, ticket)
    assert desk.certificate()["watch"]["unconfirmed"] == 0


def test_a_label_that_a_person_set_at_the_start_asks_nobody(desk: WatchedDesk) -> None:
    opens(desk, tags={"category": "billing"})
    assert desk.queue() == []


def test_three_wrong_tickets_end_the_certificate(desk: WatchedDesk) -> None:
    for _ in range(3):
        patch(desk, opens(desk), "billing")
    desk.look()  # every second
    assert desk.certificate()["state"] == "expired"
    assert opens(desk)["tags"]["category"]["reason_code"] == "certificate_expired"


class TestAPlainShare:
    """Where no tag is audited."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, audited_share=0.0)

    def test_changing_an_applied_label_is_a_correction_and_setting_it_again_is_none(self, desk: WatchedDesk) -> None:
        first, second = opens(desk), opens(desk)
        assert first["tags"]["category"]["mode"] == "auto"
        desk.client.app.state.certificate_watch.flush()
        patch(desk, first, "billing")
        patch(desk, second, "bug")
        watch = desk.certificate()["watch"]
        assert (watch["answers"], watch["corrections"]) == (0, 1)
