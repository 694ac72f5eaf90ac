"""The widget for eyes, keyboards, screen readers and in many languages, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from serving.widget.script import LANGUAGES, texts
from tests.browser.customer import STEPS, Shop, asked, launched
from tests.browser.visitor import Visitor

FOCUSED = "node => node === node.getRootNode().activeElement"


def test_it_can_be_used_with_the_keyboard_only_and_gives_the_focus_back(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    page.locator("#other").focus()
    page.keyboard.press("Tab")
    assert page.locator("button.launcher").evaluate(FOCUSED)
    page.keyboard.press("Enter")
    assert page.locator("#question").evaluate(FOCUSED)
    page.keyboard.type(STEPS)
    page.keyboard.press("Enter")
    visitor.card(0)
    assert page.locator("#question").evaluate(FOCUSED)

    page.keyboard.press("Escape")

    assert page.locator(".panel").is_hidden()
    assert page.locator("button.launcher").evaluate(FOCUSED)
    assert page.locator("button.launcher").get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_page(visit: Callable[..., Visitor], language: str) -> None:
    visitor = launched(visit(lang=language))

    said = json.loads(texts(language).plain)
    assert said["greeting"] in visitor.page.locator(".greeting").inner_text()
    assert visitor.page.locator("#person").inner_text() == said["talk"]


def test_another_language_is_a_file_and_may_run_from_right_to_left(visit: Callable[..., Visitor], shop: Shop) -> None:
    visitor = visit()
    words = {"title": "كيف يمكننا المساعدة؟", "ask": "اسأل"}
    visitor.page.route(
        "**/ar.json", lambda route: route.fulfill(json=words, headers={"access-control-allow-origin": "*"})
    )
    shop.site.lang, shop.site.more = "ar", f'data-texts="{shop.site.base}/ar.json"'
    visitor.page.goto(shop.site.origin)
    launched(visitor)

    panel = visitor.page.locator(".panel")
    assert panel.get_attribute("dir") == "rtl"
    assert visitor.page.get_by_role("button", name="اسأل", exact=True).is_visible()
    assert visitor.page.locator("#person").inner_text() == "Talk to a person"  # what the file lacks is English
    box = visitor.page.get_by_role("button", name="اسأل", exact=True).bounding_box()
    assert box["x"] < visitor.page.locator("#person").bounding_box()["x"]


@pytest.mark.parametrize("width", [320, 1000])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(visit: Callable[..., Visitor], scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    visitor = visit(color_scheme=scheme, viewport={"width": width, "height": 700})

    def checked() -> None:
        # A page's own policy forbids evaluation of text, so the rules run as the browser's own script.
        found = Axe().run(
            visitor.page,
            options={
                "resultTypes": ["violations"],
                "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
            },
        )
        assert found.violations_count == 0, found.generate_report()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width

    checked()
    launched(visitor)
    checked()
    asked(visitor, STEPS)
    checked()
    visitor.say_no()
    checked()
    visitor.leave_address("axe@example.com")
    visitor.card(1)
    checked()


@pytest.mark.parametrize(
    ("scheme", "theme", "paper"), [("light", "dark", "rgb(18, 22, 28)"), ("dark", "light", "rgb(246, 247, 249)")]
)
def test_the_theme_of_the_page_wins_over_the_systems(
    visit: Callable[..., Visitor], scheme: str, theme: str, paper: str
) -> None:
    visitor = launched(visit(color_scheme=scheme, more=f'data-theme="{theme}"'))

    assert visitor.page.locator(".panel").evaluate("node => getComputedStyle(node).backgroundColor") == paper


def test_styles_of_the_page_do_not_leak_in_and_its_own_do_not_leak_out(visit: Callable[..., Visitor]) -> None:
    visitor = launched(visit())
    size = "node => getComputedStyle(node).fontSize"
    visitor.page.evaluate(
        """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync("* { font-size: 40px !important; }");
                   document.adoptedStyleSheets = [sheet]; }"""
    )

    assert visitor.page.locator("#person").evaluate(size) == "16px"
    assert visitor.page.locator("#other").evaluate("node => getComputedStyle(node).borderRadius") != "8px"
