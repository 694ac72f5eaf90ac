"""The page of a survey in a real Chromium: by keyboard, in light and dark, and nothing that axe finds."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from serving.surveys.page import rendered
from serving.surveys.rating import Stand, Survey
from tests.browser.visitor import browser_page


def shown(page: Any, stand: Stand) -> Any:
    page.set_content(rendered(Survey(stand, "K7Q2-9XMB", "de"), "").content)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_whatever_the_page_says_and_nothing_overflows(scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with browser_page(color_scheme=scheme, viewport={"width": 320, "height": 640}) as page:
        for stand in {each for kind in get_args(Stand) for each in (get_args(kind) or (kind,))}:
            found = Axe().run(shown(page, stand))
            assert found.violations_count == 0, f"{stand}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_rating_is_chosen_and_sent_by_keyboard_alone() -> None:
    with browser_page() as page:
        sent: list[str] = []
        page.route("**/survey", lambda route: (sent.append(route.request.post_data or ""), route.abort()))
        form = shown(page, "open").locator("form")
        form.evaluate("(form) => { form.action = 'https://desk.example.com/survey'; }")

        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.type("Gut")
        page.keyboard.press("Tab")
        with page.expect_request("**/survey"):
            page.keyboard.press("Enter")

    assert sent == ["rating=2&comment=Gut"]
