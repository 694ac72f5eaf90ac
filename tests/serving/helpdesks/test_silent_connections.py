"""Connections to which nothing is written: their tickets wait for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.cli import cli
from serving.helpdesks.waiting import silent

FILE = """
[shop]
kind = "standard"
hook_secret = "s3cret"
token = "t0ken"

[freshdesk]
url = "https://acme.freshdesk.com"
token = "t0ken"

[zendesk]
url = "https://acme.zendesk.com"
hook_secret = "s3cret"
options.user = "bot@acme.example"
"""


def test_a_connection_without_a_token_and_a_system_that_takes_no_tickets_are_silent(tmp_path: Path) -> None:
    file = tmp_path / "helpdesks.toml"
    file.write_text(FILE, encoding="utf-8")
    assert silent(file) == {"shop", "zendesk"}
    assert silent(None) == set()


@pytest.mark.usefixtures("migrated_home")
def test_what_waits_is_listed_where_a_connection_names_declared_heads_and_fields(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "taxonomy.toml").write_text('[[heads]]\nname = "intent"\n', encoding="utf-8")
    (tmp_path / "policies" / "fields.toml").write_text('[order]\nkind = "order_number"\n', encoding="utf-8")
    named = FILE + 'fields.intent = "1"\nfields.order = "2"\n'
    (tmp_path / "helpdesks.toml").write_text(named, encoding="utf-8")
    places = {"FIRSTLINE_POLICIES": "policies", "FIRSTLINE_HELPDESKS": "helpdesks.toml"}
    environment = {name: str(tmp_path / file) for name, file in places.items()}
    listed = CliRunner().invoke(cli, ["helpdesks", "waiting", "--home", str(tmp_path / "home")], env=environment)
    assert listed.output == "Nothing waits.\n"
