"""Connections to which nothing is written: their tickets wait for nothing."""

from __future__ import annotations

from pathlib import Path

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
