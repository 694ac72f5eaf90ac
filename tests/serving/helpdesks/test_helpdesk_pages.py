"""The pages of helpdesks say what is so: their files are read, and the names that they give for customers exist."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from serving.helpdesks.port.connections import Connection, read
from tests.serving.helpdesks import test_chatwoot_thread, test_intercom_thread, test_jira_thread

PAGES = Path(__file__).parents[3] / "docs" / "helpdesks"
KINDS = ["jira", "chatwoot", "intercom", "hubspot", "standard"]
KNOWN = {
    "jira": test_jira_thread.read(test_jira_thread.an_issue())[0].fields,
    "chatwoot": test_chatwoot_thread.read([])[0].fields,
    "intercom": test_intercom_thread.FIELDS | {"tags": ""},
}


def page(kind: str) -> str:
    return (PAGES / f"{kind}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_the_page_is_read_as_it_stands(kind: str, tmp_path: Path) -> None:
    [toml] = re.findall(r"```toml\n(.*?)```", page(kind), re.DOTALL)
    [(name, table)] = tomllib.loads(toml).items()
    for key in ("token_file", "hook_secret_file"):
        if key in table:
            (tmp_path / table[key]).write_text("s3cret", encoding="utf-8")
    if "customer" not in {each.name for each in fields(Connection)}:
        toml = toml.partition(f"[{name}.customer]")[0]
    file = tmp_path / "helpdesks.toml"
    file.write_text(toml, encoding="utf-8")
    connection = read(file)[name]
    assert (connection.kind, connection.hook_secret) == (kind, "s3cret")


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_the_names_of_the_page_are_those_that_the_helpdesk_gives(kind: str) -> None:
    table = page(kind).partition("## Names for")[2].partition("## Limits")[0]
    cells = [line.split("|")[1] for line in table.split("\n") if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell) if not name.endswith(".NAME")}
    assert named
    assert named <= set(KNOWN[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_tells_how_to_see_that_it_works(kind: str) -> None:
    words = " ".join(page(kind).split())
    assert ".venv/bin/firstline helpdesks check" in words
    assert ".venv/bin/firstline helpdesks waiting" in words
