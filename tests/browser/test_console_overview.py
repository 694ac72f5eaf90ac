"""The console's first page in a real Chromium: with tickets and questions, live, in both themes and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.customer import Shop

SENT = {"subject": "CSV export is empty", "description": "Since Monday every export has no rows.", "channel": "email"}


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A desk with two tickets and a question."""
    for _ in range(2):
        shop.service.client.post("/v1/tickets", json=SENT | {"plan": "standard"}).raise_for_status()
    asked = {"question": "How do I reset my password?", "visitor": "v-1", "locale": "en"}
    shop.service.client.post("/v1/deflections", json=asked).raise_for_status()
    return shop


def test_what_is_open_changes_on_the_page_when_a_ticket_comes_in(busy: Shop, console: Callable[..., Any]) -> None:
    page = console()
    figure = page.locator("#now-open .figure")
    before = int(figure.inner_text().replace(",", ""))
    assert before >= 2
    with page.expect_response("**/live"):
        page.reload()
    busy.service.client.post("/v1/tickets", json=SENT).raise_for_status()
    expect(figure).to_have_text(f"{before + 1:,}", timeout=20_000)
    assert page.locator("#now figure").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_every_table_open_and_nothing_overflows(
    busy: Shop, console: Callable[..., Any], scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = console(color_scheme=scheme, viewport={"width": 320, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_chart_is_read_as_a_table_without_a_mouse(busy: Shop, console: Callable[..., Any]) -> None:
    page = console()
    summary = page.locator("#deflection figure summary").first
    summary.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Deflection ladder")
    expect(table.get_by_role("row").nth(1)).to_contain_text("100 %")


def test_without_a_script_the_page_says_the_same(busy: Shop, console: Callable[..., Any]) -> None:
    page = console(java_script_enabled=False)
    expect(page.get_by_role("heading", name="Deflection ladder")).to_be_visible()
    expect(page.locator("#kpis .card")).to_have_count(6)
