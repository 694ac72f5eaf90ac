"""An agent's work in the console in a real Chromium: by keyboard, on pages that stay up to date, hostile texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.customer import Shop, press

HOSTILE = '<img src=x onerror="alert(1)"> \u202egnp.exe <script>alert(2)</script> javascript:alert(3)'


def opened(shop: Shop, **fields: Any) -> dict[str, Any]:
    made = shop.service.client.post("/v1/tickets", json={"subject": "Export is empty", **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_an_agent_answers_waits_and_resolves_by_keyboard(shop: Shop, console: Callable[..., Any]) -> None:
    ticket = opened(shop, description="Since today every export is empty.", email="ann@example.com")
    page = console(f"/queue?q={ticket['number']}")
    press(page, "j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Export is empty").wait_for()
    press(page, "a")
    page.get_by_text("The assignee was changed.").wait_for()
    press(page, "r")
    page.keyboard.type("Which export, the CSV one?")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("The ticket is pending: it waits for the customer.").wait_for()
    page.get_by_text("set it to pending").wait_for()

    page.get_by_label("To the customer").fill("Not sent yet")
    reply = {"text": "Yes, the CSV one.", "by": "customer"}
    shop.service.client.post(f"/v1/tickets/{ticket['id']}/replies", json=reply).raise_for_status()
    page.get_by_text("Yes, the CSV one.").wait_for()  # nobody loaded the page again
    assert page.get_by_label("To the customer").input_value() == "Not sent yet"
    page.get_by_label("To the customer").fill("")

    page.keyboard.press("Escape")
    press(page, "s")
    page.get_by_label("How it ended").select_option("workaround")
    page.get_by_role("button", name="Resolve").click()  # with the version that the page has shown since
    page.get_by_text("The ticket is resolved.").wait_for()
    found = shop.service.client.get(f"/v1/tickets/{ticket['id']}").json()
    assert (found["status"], found["resolution_type"]) == ("resolved", "workaround")
    press(page, "?")
    assert "back to the queue" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    press(page, "g")
    page.get_by_role("heading", name="Queue").wait_for()


def test_hostile_texts_do_nothing_in_a_browser(shop: Shop, console: Callable[..., Any]) -> None:
    ticket = opened(
        shop, subject=HOSTILE, description=HOSTILE, account=HOSTILE, health=HOSTILE[:60], attachments=[HOSTILE]
    )
    client = shop.service.client
    client.post(f"/v1/tickets/{ticket['id']}/replies", json={"text": HOSTILE, "actor": HOSTILE}).raise_for_status()
    page = console(f"/queue/{ticket['id']}")
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message) or dialog.dismiss())
    page.reload()
    page.goto(page.url.rpartition("/")[0])
    page.get_by_role("link", name=HOSTILE[:20]).first.wait_for()
    assert asked == []
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_a_ticket_with_everything_open(
    shop: Shop, console: Callable[..., Any], scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    ticket = opened(shop, description="Since today.", arr=9_000, tags={"priority": "P2", "category": "bug"})
    page = console(f"/queue/{ticket['id']}", color_scheme=scheme, viewport={"width": width, "height": 800})
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
