"""What a customer does with the widget on a site, and an agent with the console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.journeys.service import Service

STEPS = "How do I reset my password?"
NOBODY_KNOWS = "My cat ate the keyboard"
LOCKED_OUT = "Our whole team is locked out, cannot log in, error 403 on SSO?"


@dataclass
class Shop:
    """The service, a site that includes its widget, its publishable key, a key for the console, and the home folder."""

    service: Service
    site: Site
    key: str
    admin: str
    home: Path


def launched(visitor: Visitor) -> Visitor:
    visitor.page.locator("button.launcher").click()
    return visitor


def asked(visitor: Visitor, question: str, number: int = 0) -> Any:
    visitor.page.locator("#question").fill(question)
    visitor.page.keyboard.press("Enter")
    return visitor.card(number)


def tickets(shop: Shop, email: str) -> list[dict[str, Any]]:
    return [each for each in shop.service.client.get("/v1/tickets").json()["tickets"] if each["email"] == email]


def signed_in(page: Any, shop: Shop, path: str = "/") -> Any:
    """Sign in to the console and open a page."""
    page.goto(f"{shop.site.base}/sign-in?next={quote(path)}")
    page.get_by_label("Your key").fill(shop.admin)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def press(page: Any, key: str) -> None:
    """Press a shortcut once the page's script is there: while a busy machine still loads it, a key does nothing."""
    page.wait_for_load_state()
    page.keyboard.press(key)
