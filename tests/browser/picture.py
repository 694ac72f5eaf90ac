"""Take the README's picture of the demo page: `python -m tests.browser.picture`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser.visitor import Visitor, browser_page
from tests.journeys.service import ROOT, create_key, serving

PICTURE = ROOT / "docs/demo.png"


def take(path: Path) -> None:
    """Ask, say no, become a ticket; then take what is on the screen."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with (
            serving(home, create_key(home, "admin"), FIRSTLINE_DEMO="1") as service,
            browser_page(viewport={"width": 800, "height": 1460}) as page,
        ):
            service.wait("/readyz", until=lambda body: body["ready"])
            visitor = Visitor(page)
            page.goto(f"{service.client.base_url}/demo")
            visitor.ask("How do I reset my password?")
            visitor.say_no()
            visitor.leave_address("ann@example.com")
            visitor.card(1)
            page.screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    take(PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")
