"""Golden questions in a real Chromium, by keyboard and at 320 pixels: what axe finds, what a preview would break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.customer import Shop
from tests.browser.test_console_articles import accessible, address

TORTOISE = "# Lettuce\n\nGive the office tortoise fresh lettuce every morning."
QUESTION = '[[question]]\nask = "what does the office tortoise eat"\narticle = "tortoise"\n'


@pytest.fixture(scope="module")
def asked(shop: Shop) -> Shop:
    """A desk with an article and a golden question that passes."""
    article = {"title": "Feed the office tortoise", "body": TORTOISE}
    shop.service.client.put("/v1/articles/tortoise", json=article).raise_for_status()
    shop.service.wait("/v1/articles", until=lambda body: body["searchable"])
    shop.service.client.put("/v1/evals", json={"toml": QUESTION}).raise_for_status()
    shop.service.wait("/v1/evals", until=lambda body: [each["state"] for each in body["questions"]] == ["passing"])
    return shop


def test_questions_are_read_filtered_and_edited_by_keyboard(asked: Shop, console: Callable[..., Any]) -> None:
    page = console("/articles/evals", viewport={"width": 320, "height": 800})
    page.get_by_text("all pass").wait_for()
    accessible(page, "golden questions")
    page.keyboard.press("e")
    page.get_by_label("Questions", exact=True).press("End")
    accessible(page, "edit")
    page.get_by_label("Questions", exact=True).fill(
        QUESTION + '\n[[question]]\nask = "weather?"\narticle = "tortose"\n'
    )
    page.get_by_role("button", name="Ask them now").press("Enter")
    page.get_by_text("1 of 2 pass").wait_for()
    assert page.get_by_text("did you mean tortoise?").count() == 1
    accessible(page, "tried questions")
    page.goto(address(page, "/articles/evals?only=failing"))
    page.get_by_text("No question is like this").wait_for()


def test_a_preview_says_what_it_would_break(asked: Shop, console: Callable[..., Any]) -> None:
    page = console("/articles/edit?id=tortoise", viewport={"width": 320, "height": 800})
    page.get_by_label("Who sees it").select_option("internal")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Would break 1 golden question").wait_for()
    accessible(page, "a preview that breaks a question")
