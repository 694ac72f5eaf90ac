"""A customer at the demo page in a real Chromium, and what it takes to have one."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.journeys.service import ROOT

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
# Its own sandbox needs rights that a container rarely has; only our own page is opened.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 120_000  # milliseconds; only what never comes costs them


def require_browser() -> None:
    """Skip with the reason where there is no browser; BROWSER=required makes that a failure."""
    if importlib.util.find_spec("playwright") is None:
        missing = "playwright is not installed: `make setup` brings it"
    elif CHROMIUM is None:
        missing = "no Chromium on this machine: apt-get install chromium"
    elif not (ROOT / "var/sample/bundle/manifest.json").exists():
        missing = "the sample models are not built: run `make setup`"
    else:
        return
    if os.environ.get("BROWSER") == "required":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def browser_page(**options: Any) -> Iterator[Any]:
    """Open an empty page; see `require_browser` for where there is no browser. Options are the browser context's."""
    require_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS, timeout=PATIENCE)
        defaults = {"viewport": {"width": 800, "height": 720}, "locale": "en-US", "reduced_motion": "reduce"}
        context = browser.new_context(**defaults | options)
        context.set_default_timeout(PATIENCE)
        try:
            yield context.new_page()
        finally:
            browser.close()


class Visitor:
    """Does what a customer does, by what is written on the page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def ask(self, question: str) -> Any:
        """Ask, and wait for the card that comes back."""
        self.page.get_by_label("Your question").fill(question)
        self.page.get_by_role("button", name="Ask", exact=True).click()
        return self.card(0)

    def say_no(self) -> None:
        self.page.get_by_role("button", name="No, I need a person").click()

    def leave_address(self, email: str) -> None:
        self.page.get_by_label("Your email").fill(email)
        self.page.get_by_role("button", name="Send to a person").click()

    def card(self, number: int) -> Any:
        """Wait for the n-th card of the conversation."""
        card = self.page.get_by_role("log").get_by_role("article").nth(number)
        card.wait_for()
        return card
