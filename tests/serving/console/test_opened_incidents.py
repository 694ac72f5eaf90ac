"""An incident is opened by hand, changed and ended in the console, which says who was told."""

from __future__ import annotations

from datetime import timedelta

from tests.serving.console.desk import ConsoleDesk

TOLD = {"title": "Sign-in fails", "message": "We are on it.", "terms": "password, log in", "area": "billing"}


def opened(desk: ConsoleDesk) -> str:
    sent = desk.console.post("/incidents/opened", **TOLD, priority="P1")
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"]).removesuffix("?done=opened")


def test_it_is_opened_changed_and_ended_on_its_page(desk: ConsoleDesk) -> None:
    console = desk.console
    assert "Open an incident" in console.read("/incidents")
    path = opened(desk)
    assert f'href="{path}"' in console.get("/incidents")
    page = console.get(path)
    assert "We are on it." in page
    assert "agent:" not in page + console.get("/incidents")
    assert 'value="password, log in"' in page
    assert "<option selected>billing</option>" in page
    assert console.post(path, **TOLD | {"message": "Found it."}).headers["location"] == f"{path}?done=changed"
    assert "Found it." in console.get(path)
    assert console.post(f"{path}/end", text="").headers["location"] == f"{path}?done=ended"
    assert "End the incident" not in console.read(path)
    assert "Ended" in console.read(path)
    assert console.post(path, **TOLD).status_code == 409


def test_its_end_can_resolve_its_tickets(desk: ConsoleDesk) -> None:
    path = opened(desk)
    lead = desk.console.get(path).split('href="/queue/')[1].split('"')[0]
    assert desk.console.post(f"{path}/end", text="It works.").headers["location"] == f"{path}?done=concluded"
    ticket = desk.console.client.get(f"/v1/tickets/{lead}", headers=desk.key).json()
    assert (ticket["status"], ticket["transcript"][-1]["text"]) == ("resolved", "It works.")
    assert ticket["tags"]["priority"]["label"] == "P1"


def test_the_page_lists_who_was_told(desk: ConsoleDesk) -> None:
    path = opened(desk)
    assert "Nobody has asked about it yet" in desk.console.read(path)
    desk.clock.advance(timedelta(seconds=3))
    asked = {"question": "I cannot log in", "human_requested": True, "account": "acme"}
    desk.console.client.post("/v1/deflections", json=asked, headers=desk.key).raise_for_status()
    assert "1 of 1 questions" in desk.console.read(path)
    assert "acme" in desk.console.read(path)


def test_what_is_missing_is_said(desk: ConsoleDesk) -> None:
    refused = desk.console.post("/incidents/opened", **TOLD | {"message": ""})
    assert refused.status_code == 400
    assert "message" in refused.text
