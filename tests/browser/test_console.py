"""The console in a real Chromium: an agent's way through it, themes, narrow screens, nothing that axe finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.customer import NOBODY_KNOWS, Shop, asked, launched, press, signed_in
from tests.browser.visitor import Visitor

ROOMS = [
    *("/", "/queue", "/queue?status=closed&q=nothing", "/models", "/models/shadow", "/models/audit", "/models/relabel"),
    *("/articles", "/articles/new", "/articles/gaps", "/articles/try", "/articles/import"),
    *("/reports", "/reports/experiment", "/reports/trends", "/reports/deflection?by=article&days=365"),
    "/reports/capacity?tickets_a_month=500&deflection=30",
    *("/settings/keys", "/settings/webhooks", "/settings/helpdesks", "/settings/jobs"),
    "/settings/policies?created_at=2026-11-27T16:00&plan=premium&priority=P1",
    *("/articles/view?id=reset-your-password", "/sign-in"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_any_room_and_nothing_overflows(
    console: Callable[..., Any], scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = console(color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in ROOMS:
        page.goto(page.url.partition("/")[0] + "//" + page.url.split("/")[2] + path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_question_on_another_site_becomes_a_ticket_that_an_agent_resolves_by_keyboard_and_form(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    customer = launched(visit())
    asked(customer, NOBODY_KNOWS)
    customer.leave_address("journey@example.com")
    receipt = customer.card(1).inner_text()
    number = receipt.split("Ticket ")[1][:9]

    browser = customer.page.context.browser
    desk = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    agent = Visitor(signed_in(desk, shop, f"/queue?q={number}"))
    press(desk, "j")
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="Conversation").wait_for()
    assert NOBODY_KNOWS in desk.locator(".talk").inner_text()
    press(desk, "a")
    desk.get_by_text("Assigned to").wait_for()
    press(desk, "r")
    desk.keyboard.type("Turn it upside down and shake it.")
    desk.get_by_role("button", name="Send", exact=True).click()
    desk.locator(".talk").get_by_text("Turn it upside down").wait_for()
    desk.get_by_text("Resolve", exact=True).first.click()
    desk.locator("#resolve-form").get_by_role("button", name="Resolve").click()
    desk.locator("#ticket-head").get_by_text("resolved").wait_for()

    customer.page.reload()
    launched(customer)
    customer.page.get_by_text("Turn it upside down").wait_for()
    assert agent.complaints == []


def test_an_open_queue_shows_a_new_ticket_without_being_asked(console: Callable[..., Any], shop: Shop) -> None:
    page = console("/queue")
    opened = {"subject": "It came while I watched", "description": "x", "email": "live@example.com"}
    shop.service.client.post("/v1/tickets", json=opened).raise_for_status()
    page.get_by_text("It came while I watched").wait_for()


def test_a_stolen_cookie_of_another_site_and_a_form_from_there_do_nothing(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    """The site of the widget sends a form to the console in the agent's own browser."""
    visitor = visit()
    page = signed_in(visitor.page, shop)
    page.goto(shop.site.origin)
    form = f'<form method="post" action="{shop.site.base}/sign-out"><button>Win a prize</button></form>'
    page.set_content(form)
    page.get_by_role("button", name="Win a prize").click()
    page.get_by_role("heading", name="This form is not from your session").wait_for()
    page.goto(shop.site.base)
    page.get_by_role("button", name="Sign out").wait_for()
    visitor.complaints.clear()  # the browser itself reports the request that was refused


def opened_ticket(shop: Shop, email: str) -> str:
    made = shop.service.client.post("/v1/tickets", json={"subject": "Export", "description": "x", "email": email})
    return str(made.json()["id"])


def test_a_key_that_is_held_down_does_one_thing(console: Callable[..., Any], shop: Shop) -> None:
    page = console(f"/queue/{opened_ticket(shop, 'held@example.com')}")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.wait_for_load_state()  # else its script is not there yet
    page.keyboard.down("a")
    page.keyboard.down("a")  # while it is down, that is a repetition
    page.get_by_text("Assigned to").wait_for()
    page.keyboard.up("a")
    assert len(sent) == 1


def test_a_typed_reply_is_there_again_after_the_session_ended_on_the_way(
    console: Callable[..., Any], shop: Shop
) -> None:
    page = console(f"/queue/{opened_ticket(shop, 'draft@example.com')}")
    page.wait_for_load_state()  # else its script may not be there before the form is sent
    page.get_by_label("To the customer").fill("A long answer.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_label("Your key").fill(shop.admin)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Conversation").wait_for()
    assert page.get_by_label("To the customer").input_value() == "A long answer."
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".talk").get_by_text("A long answer.").wait_for()
    assert page.get_by_label("To the customer").input_value() == ""


def test_ten_tabs_of_one_browser_all_load_and_the_one_in_front_is_live(console: Callable[..., Any], shop: Shop) -> None:
    """A browser has six connections to a service: a stream for each tab would leave the seventh none."""
    first = console("/queue")
    tabs = [first, *(first.context.new_page() for _ in range(9))]
    for tab in tabs[1:]:
        tab.add_init_script("Object.defineProperty(document, 'hidden', {get: () => true})")  # as behind another tab
        tab.goto(first.url)
        tab.get_by_role("heading", name="Queue").wait_for()
    press(first, "j")  # a chosen row does not hold the list back
    shop.service.client.post(
        "/v1/tickets", json={"subject": "For ten tabs", "description": "x", "email": "a@b.example"}
    )
    first.get_by_text("For ten tabs").wait_for()
