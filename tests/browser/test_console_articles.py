"""The console's articles in a real Chromium: files of a folder and a zip, a draft that is kept, and what axe finds."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.customer import press

PAGE = "---\ntitle: Archive a board\n---\nOpen the board and choose *Archive*.\n\n# More\n\n| a | b |\n|-|-|\n| 1 | 2 |"
HOSTILE = (
    "---\ntitle: '<img src=x onerror=alert(1)>'\n---\n<script>alert(1)</script> <img src=https://x.example/p.png>\n"
)


def address(page: Any, path: str) -> str:
    return str(page.url).partition("/articles")[0] + path


def accessible(page: Any, where: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{where}, {scheme}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where


def test_a_folder_and_a_zip_are_looked_at_and_taken_in(console: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    (folder / "guides").mkdir(parents=True)
    (folder / "guides" / "archive.md").write_text(PAGE)
    (folder / "hostile.md").write_text(HOSTILE)
    (folder / "picture.png").write_bytes(b"\x89PNG\0")
    packed = tmp_path / "more.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("zipped.md", "# From a zip\n\nText.\n")
        archive.writestr("../out.md", "# Out\n\nText.\n")
    page = console("/articles/import", viewport={"width": 320, "height": 800})
    accessible(page, "import")
    page.get_by_label("A folder").set_input_files(folder)
    page.get_by_label("Or files").set_input_files(packed)
    page.get_by_role("button", name="Look at what would change").click()
    page.get_by_text("1 other file left alone").wait_for()
    assert page.get_by_text("its path leads out of the folder").count() == 1
    accessible(page, "plan")
    page.get_by_role("button", name="Import 3 articles").click()
    page.get_by_text("Imported").first.wait_for()
    page.goto(address(page, "/articles/view?id=guides%2Farchive"))
    accessible(page, "article")
    page.goto(address(page, "/articles/view?id=hostile"))
    accessible(page, "hostile article")


def test_an_article_is_written_previewed_and_tried(console: Callable[..., Any]) -> None:
    page = console("/articles", viewport={"width": 320, "height": 800})
    press(page, "n")
    page.get_by_label("Title").fill("Feed the office tortoise")
    page.get_by_label("Web address").fill("https://x.example/a")
    page.get_by_label("Text", exact=True).fill("# Lettuce\n\nGive the tortoise fresh lettuce every morning.")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Lettuce").wait_for()
    accessible(page, "preview")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved").wait_for()
    page.goto(address(page, "/articles/try"))
    page.get_by_label("Question").fill("what lettuce does the office tortoise eat every morning")
    page.get_by_role("button", name="What would it answer?").click()
    page.get_by_role("link", name="Feed the office tortoise").first.wait_for()
    accessible(page, "a tried question")
    page.goto(address(page, "/articles/gaps"))
    accessible(page, "gaps")
