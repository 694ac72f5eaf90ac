"""The console in a real Chromium: rooms, both themes, narrow screens, and nothing that axe finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ROOMS = [
    *("/", "/queue", "/articles", "/models", "/settings/keys", "/settings/webhooks", "/settings/helpdesks"),
    *("/settings/policies?created_at=2026-11-27T16:00&plan=premium&priority=P1", "/settings/jobs"),
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
