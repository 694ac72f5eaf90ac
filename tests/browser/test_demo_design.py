"""What the demo page promises to eyes, keyboards and screen readers, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.browser.visitor import Visitor, browser_page, require_browser
from tests.journeys.service import Service, create_key, serving

SCREENS = [{"width": 1280, "height": 800}, {"width": 360, "height": 740}]
STEPS = "How do I reset my password?"
BACK_AT = "2999-01-01T08:00:00Z"
FOR_A_PERSON = "Please delete our whole workspace and refund the last invoice"

# Relative luminance and contrast as WCAG 2.2 defines them.
CONTRAST = """node => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = channels(color).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = getComputedStyle(node);
  let behind = node;
  const above = (each) => each.parentElement ?? each.getRootNode().host;
  while (channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = above(behind);
  const [low, high] = [light(seen.color), light(getComputedStyle(behind).backgroundColor)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""

FOCUSED = "node => node === node.getRootNode().activeElement"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    require_browser()
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home, create_key(home, "admin"), FIRSTLINE_DEMO="1") as running:
        running.wait("/readyz", until=lambda body: body["ready"])
        yield running


@pytest.fixture
def visit(service: Service) -> Iterator[Callable[..., Visitor]]:
    """Open the page in a browser with these options."""
    visitors: list[Visitor] = []
    with ExitStack() as open_pages:

        def opened(**options: Any) -> Visitor:
            page = open_pages.enter_context(browser_page(**options))
            visitors.append(Visitor(page))
            page.goto(f"{service.client.base_url}/demo")
            return visitors[-1]

        yield opened
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def in_view(page: Any, selector: str) -> bool:
    box, screen = page.locator(selector).bounding_box(), page.viewport_size
    return bool(box["y"] >= 0 and box["y"] + box["height"] <= screen["height"])


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen['width']} px")
def test_the_input_stays_in_view_and_nothing_overflows(visit: Callable[..., Visitor], screen: dict[str, int]) -> None:
    visitor = visit(viewport=screen)
    page = visitor.page

    def fits() -> bool:
        wide = page.evaluate("document.documentElement.scrollWidth")
        return wide <= screen["width"] and in_view(page, "#question") and in_view(page, "#person")

    assert fits()
    answer = visitor.ask(STEPS)
    assert fits()
    assert in_view(page, ".said")  # the question, and its answer from the start
    assert answer.bounding_box()["y"] < screen["height"] / 2
    visitor.say_no()
    visitor.leave_address("ann@example.com")
    visitor.card(1)
    assert fits()
    page.evaluate("scrollTo(0, 0)")
    assert fits()


def test_steps_are_a_list_and_carry_no_numbers_of_their_own(visit: Callable[..., Visitor]) -> None:
    steps = visit().ask(STEPS).locator(".answer ol > li")

    assert steps.count() >= 3
    assert not any(text[0].isdigit() for text in steps.all_inner_texts())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sentence_that_answers_is_marked_and_all_text_can_be_read(
    visit: Callable[..., Visitor], scheme: str
) -> None:
    visitor = visit(color_scheme=scheme)
    answer = visitor.ask(STEPS)

    assert answer.locator("mark").count() == 1
    assert "Forgot password?" in answer.locator("mark").inner_text()
    seen = "h1, h2, h3, mark, .answer li, .answer p, .source, a, .muted, .notice, .said, button, summary, label, .badge"
    visitor.say_no()
    for each in visitor.page.locator(seen).all():
        assert each.evaluate(CONTRAST) >= 4.5, each.inner_text()


def out_of_hours(visitor: Visitor) -> Visitor:
    """Let the service say that a person is back in a while, whatever the hour of this run is."""

    def later(route: Any) -> None:
        response = route.fetch()
        body = response.json()
        route.fulfill(response=response, json=body | {"next_human_at": BACK_AT} if "next_human_at" in body else body)

    visitor.page.route("**/v1/deflections**", later)
    return visitor


def test_a_person_can_be_asked_for_without_a_question(visit: Callable[..., Visitor], service: Service) -> None:
    visitor = out_of_hours(visit())
    visitor.page.get_by_role("button", name="Talk to a person").click()
    assert visitor.page.get_by_label("What is it about?").evaluate(FOCUSED)

    visitor.leave_address("cleo@example.com")

    assert "I would like to talk to a person." in visitor.card(0).inner_text()
    assert service.client.get("/v1/tickets").json()["tickets"][0]["email"] == "cleo@example.com"
    assert visitor.page.get_by_role("log").get_by_text("A person is back").count() == 1


def test_what_was_typed_goes_to_the_person(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.get_by_label("Your question").fill("The invoice of May is missing")

    visitor.page.get_by_role("button", name="Talk to a person").click()
    visitor.leave_address("dan@example.com")

    assert "The invoice of May is missing" in visitor.card(0).inner_text()


def test_everything_can_be_done_with_the_keyboard_and_is_announced(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    page.get_by_label("Your question").focus()
    page.keyboard.type(STEPS)
    page.keyboard.press("Enter")
    visitor.card(0)
    assert page.get_by_label("Your question").evaluate(FOCUSED)

    page.get_by_role("button", name="No, I need a person").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your email").wait_for()
    page.keyboard.type("eve@example.com")  # the focus went there
    page.keyboard.press("Enter")

    ticket = visitor.card(1)
    assert ticket.evaluate(FOCUSED)
    log = page.get_by_role("log")
    assert (log.get_attribute("aria-live"), log.get_attribute("aria-label")) == ("polite", "Conversation")
    assert page.get_by_role("status").count() == 1


def test_while_one_waits_there_is_something_to_read_and_the_time_is_local(visit: Callable[..., Visitor]) -> None:
    visitor = out_of_hours(visit(timezone_id="Asia/Tokyo", viewport=SCREENS[0]))

    card = visitor.ask(FOR_A_PERSON)

    aside = card.get_by_role("complementary", name="While you wait")
    assert aside.get_by_role("link").count() >= 1
    form = card.locator("form").bounding_box()
    assert aside.bounding_box()["x"] > form["x"] + form["width"] / 2  # beside it
    shown = card.locator("time")
    there = datetime.fromisoformat(str(shown.get_attribute("datetime"))).astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{there:%b} {there.day}, {there:%I:%M %p} GMT+9" in shown.inner_text()


def test_no_id_is_shown_as_it_is(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.ask(STEPS)
    visitor.say_no()
    visitor.leave_address("fay@example.com")
    visitor.card(1)

    text = visitor.page.locator("main").inner_text()

    assert "tkt_" not in text
    assert "dfl_" not in text


def test_an_empty_desk_says_that_it_shows_the_sample(visit: Callable[..., Visitor]) -> None:
    assert "the sample's articles" in visit().page.locator(".notice").inner_text()
