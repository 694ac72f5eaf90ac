"""The console's screens for models in a real Chromium: questions by keyboard, and the report of a bundle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from serving.console.models.relabel import OVERLAY, QUEUE
from tests.browser.customer import Shop, press
from triage.tickets import doubtful_labels, label_decisions
from triage.tickets.doubtful_labels import Suspect

PAGES = ["/models/shadow", "/models/audit", "/models/relabel"]


@pytest.fixture
def queue(shop: Shop) -> None:
    suspects = [
        Suspect(f"t-{n}", "category", "bug", "billing", 0.9, ("9 of 9 nearest tickets are billing",), f"Question {n}")
        for n in range(3)
    ]
    doubtful_labels.write(shop.home / QUEUE, suspects)
    (shop.home / OVERLAY).unlink(missing_ok=True)


@pytest.mark.usefixtures("queue")
def test_labels_are_decided_by_one_key_each_and_the_last_one_is_undone(console: Callable[..., Any], shop: Shop) -> None:
    page = console("/models/relabel")
    labels = page.locator(".choices strong").all_inner_texts()
    for number, key in enumerate([str(labels.index("billing") + 1), str(labels.index("bug") + 1)]):
        page.get_by_text(f"Question {number}", exact=True).wait_for()
        press(page, key)
    page.get_by_text("Question 2", exact=True).wait_for()
    assert "1 to decide · 2 decided" in page.locator("main").inner_text()
    press(page, "u")
    page.get_by_text("Question 1", exact=True).wait_for()
    press(page, "s")
    page.get_by_text("Question 2", exact=True).wait_for()
    said = [(each.id, each.was, each.label) for each in label_decisions.read(shop.home / OVERLAY)]
    assert said == [("t-0", "bug", "billing"), ("t-1", "bug", "bug")]


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_screens_and_nothing_overflows(console: Callable[..., Any], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = console(PAGES[0], color_scheme=scheme, viewport={"width": 320, "height": 800})
    for path in PAGES:
        page.goto(page.url.partition("/models")[0] + path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_report_keeps_its_style_and_can_run_nothing(console: Callable[..., Any]) -> None:
    page = console("/models")
    with page.expect_navigation() as opened:
        page.get_by_role("link", name="Report", exact=True).first.click()
    policy = opened.value.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("; sandbox")
    assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"  # its style sheet counts, by its hash
