"""Every file that the README or a page of docs/ names exists, and every setting is documented."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from serving.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "datasets/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = "triage|retrieval|training|serving|tests|datasets|notebooks|docs"
NAMED = re.compile(rf"(?<![\w/.])(?:{TOP})/[\w./-]*\.(?:py|toml|md|ipynb|html|png|gz|tsv)\b")
FOLDERS = re.compile(rf"`((?:{TOP})/[\w./-]*/)`")
LINKS = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")
MADE = {"datasets/public/"}  # `make data` makes it


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(NAMED.findall(text)) | set(FOLDERS.findall(text)) - MADE
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    assert [link for link in LINKS.findall(text) if not (page.parent / link).exists()] == []


def test_paths_are_found_in_the_pages() -> None:
    architecture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert {"triage/sla/deadlines.py", "triage/policies/routing.toml"} <= set(NAMED.findall(architecture))


def test_every_setting_is_documented() -> None:
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    settings = [PREFIX + each.name.upper() for each in fields(Settings)]
    assert [name for name in settings if f"`{name}`" not in operations] == []
