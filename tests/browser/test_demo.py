"""The demo page in a real browser: a question, an answer that does not help, and the ticket that it becomes."""

from __future__ import annotations

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

    ticket = visitor.card(1)
    told = ticket.inner_text()
    assert "Ticket: How do I reset my password?" in told
    assert "Category" in told
    assert "Team " in told
    assert "First response" in told
    assert ticket.locator("tr.next").count() == 1


def test_a_question_that_nothing_answers_goes_to_a_person_at_once(visitor: Visitor) -> None:
    assert "A person will answer this" in visitor.ask("My cat ate the keyboard").inner_text()

    visitor.leave_address("ben@example.com")

    assert "Ticket: My cat ate the keyboard" in visitor.card(1).inner_text()


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
