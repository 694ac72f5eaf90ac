"""The demo page in a real browser: a question, an answer that does not help, and the ticket that it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.visitor import Visitor, browser_page
from tests.journeys.service import Service, create_key, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home, create_key(home, "admin"), FIRSTLINE_DEMO="1") as running:
        running.wait("/readyz", until=lambda body: body["ready"])
        yield running


@pytest.fixture
def visitor(request: pytest.FixtureRequest) -> Iterator[Visitor]:
    # The browser is asked for first: without one, no service is started.
    with browser_page() as page:
        running: Service = request.getfixturevalue("service")
        visitor = Visitor(page)
        page.goto(f"{running.client.base_url}/demo")
        yield visitor
    assert visitor.complaints == []


def test_a_question_is_answered_with_its_source_and_an_unhelpful_answer_becomes_a_ticket(visitor: Visitor) -> None:
    answer = visitor.ask("How do I reset my password?")
    assert "Forgot password?" in answer.locator(".answer").inner_text()
    assert "Reset your password" in answer.locator(".source").inner_text()

    visitor.say_no()
    visitor.leave_address("ann@example.com")

    receipt = visitor.card(1).inner_text()
    assert re.match(r"Ticket [0-9A-Z]{4}-[0-9A-Z]{4}\n", receipt)
    assert "How do I reset my password?" in receipt
    assert "This did not help." in receipt
    assert not re.search(r"Team|Tier|Category|P[0-4]\b", receipt)  # what agents see is not a visitor's


def test_a_reload_shows_the_conversation_and_what_a_person_has_written_meanwhile(
    visitor: Visitor, service: Service
) -> None:
    visitor.ask("My cat ate the keyboard")
    visitor.leave_address("gil@example.com")
    visitor.card(1)
    ticket = next(t for t in service.client.get("/v1/tickets").json()["tickets"] if t["email"] == "gil@example.com")
    service.client.post(f"/v1/tickets/{ticket['id']}/replies", json={"text": "Send us a picture of the cat."})

    visitor.page.reload()

    said = visitor.card(1)
    said.get_by_text("Send us a picture of the cat.").wait_for()
    assert "My cat ate the keyboard" in said.inner_text()


def test_another_tab_does_not_see_it(visitor: Visitor) -> None:
    visitor.ask("My cat ate the keyboard")
    other = visitor.page.context.new_page()

    other.goto(visitor.page.url)

    other.get_by_label("Your question").wait_for()
    assert other.get_by_role("log").get_by_role("article").count() == 0


def test_a_question_that_nothing_answers_goes_to_a_person_at_once(visitor: Visitor) -> None:
    assert "A person will answer this" in visitor.ask("My cat ate the keyboard").inner_text()

    visitor.leave_address("ben@example.com")

    assert "My cat ate the keyboard" in visitor.card(1).inner_text()


def test_an_address_that_is_none_is_told_and_nothing_is_sent(visitor: Visitor, service: Service) -> None:
    before = service.client.get("/v1/tickets").json()["tickets"]
    visitor.ask("My cat ate the keyboard")

    visitor.leave_address("ben")

    visitor.page.get_by_text("Give an address like you@example.com.").wait_for()
    assert service.client.get("/v1/tickets").json()["tickets"] == before


def test_markup_in_a_question_stays_text(visitor: Visitor) -> None:
    visitor.page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))

    visitor.ask("<img src=x onerror=alert(1)> my cat ate the keyboard")

    assert visitor.page.get_by_role("log").locator("img").count() == 0
