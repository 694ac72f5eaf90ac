"""Take the pictures of the docs: `make pictures`."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.browser.console_pictures import take_console
from tests.browser.side_by_side import side_by_side
from tests.browser.site import site
from tests.browser.visitor import Visitor, browser_page
from tests.journeys.service import ROOT, command, create_key, serving

DEMO, WIDGET, CONSOLE = ROOT / "docs/demo.png", ROOT / "docs/widget.png", ROOT / "docs/console"
QUESTION = "How do I reset my password?"
SCREENS = (("light", 480, "en"), ("dark", 480, "de"), ("light", 320, "fr"))


def take_widget(path: Path) -> None:
    """Ask on a site, light, dark and on a phone; then put the screens side by side in one picture."""
    shots = []
    with tempfile.TemporaryDirectory() as folder, site() as shop:
        home = Path(folder)
        made = command(home, "firstline", "keys", "create", "--scope", "widget", "--origin", shop.origin)
        with serving(home, create_key(home, "admin")) as service:
            service.wait("/readyz", until=lambda body: body["ready"])
            shop.base, shop.key = str(service.client.base_url).rstrip("/"), re.findall(r"pk_\S+", made)[0]
            for scheme, width, lang in SCREENS:
                shop.lang = lang
                with browser_page(viewport={"width": width, "height": 780}, color_scheme=scheme) as page:
                    page.goto(shop.origin)
                    page.locator("button.launcher").click()
                    page.locator("#question").fill(QUESTION)
                    page.keyboard.press("Enter")
                    Visitor(page).card(0)
                    shots.append(page.screenshot(animations="disabled"))
    path.write_bytes(side_by_side(shots, [each[1] for each in SCREENS], height=780))


def take_demo(path: Path) -> None:
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
            visitor.ask(QUESTION)
            visitor.say_no()
            visitor.leave_address("ann@example.com")
            visitor.card(1)
            page.screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    for take, picture in ((take_demo, DEMO), (take_widget, WIDGET), (take_console, CONSOLE)):
        take(picture)
        for file in [picture] if picture.is_file() else sorted(picture.glob("*.png")):
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")
