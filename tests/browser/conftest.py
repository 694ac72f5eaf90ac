"""A site that includes the widget, and browsers on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.browser.customer import Shop, signed_in
from tests.browser.site import site
from tests.browser.visitor import Visitor, browser_page, require_browser
from tests.journeys.service import command, create_key, serving


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    require_browser()
    home: Path = tmp_path_factory.mktemp("home")
    with site() as page:
        made = command(home, "firstline", "keys", "create", "--scope", "widget", "--origin", page.origin)
        key = re.findall(r"pk_\S+", made)[0]
        limits = "questions.visitor=none, questions.address=none, tickets.address=none, requests.address=none"
        admin = create_key(home, "admin")
        with serving(home, admin, FIRSTLINE_RATE_LIMITS=limits) as service:
            service.wait("/readyz", until=lambda body: body["ready"])
            page.base, page.key = str(service.client.base_url).rstrip("/"), key
            yield Shop(service, page, key, admin, home)


@pytest.fixture
def console(shop: Shop) -> Iterator[Callable[..., Any]]:
    """Open the console, signed in, in a browser with these options; any complaint of the browser fails the test."""
    visitors: list[Visitor] = []
    with ExitStack() as pages:

        def opened(path: str = "/", **options: Any) -> Any:
            visitor = Visitor(
                pages.enter_context(browser_page(**{"viewport": {"width": 1280, "height": 900}} | options))
            )
            visitors.append(visitor)
            return signed_in(visitor.page, shop, path)

        yield opened
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def visit(shop: Shop) -> Iterator[Callable[..., Visitor]]:
    """Open the site's page in a browser with these options; any complaint of the console fails the test."""
    visitors: list[Visitor] = []
    with ExitStack() as pages:

        def opened(*, lang: str = "en", more: str = "", inside: str = "", **options: Any) -> Visitor:
            shop.site.lang, shop.site.more, shop.site.inside = lang, more, inside
            visitor = Visitor(pages.enter_context(browser_page(**options)))
            visitors.append(visitor)
            visitor.page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
            visitor.page.goto(shop.site.origin)
            visitor.page.locator("firstline-widget .panel").wait_for(state="attached")
            return visitor

        yield opened
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
