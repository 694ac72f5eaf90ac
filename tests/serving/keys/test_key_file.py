"""The file of the API keys on a disk that does not take it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.cli import cli
from serving.storage.errors import KeyFileNotUsable


def a_folder(home: Path) -> None:
    (home / "keys.db").mkdir()


def another_file(home: Path) -> None:
    (home / "keys.db").write_text("these are no keys, but a page of text " * 100)


def a_file_for_a_home(home: Path) -> None:
    home.rmdir()
    home.write_text("not a folder")


@pytest.mark.parametrize("spoil", [a_folder, another_file, a_file_for_a_home])
def test_a_key_that_cannot_be_kept_is_refused_in_words(tmp_path: Path, spoil: object) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert callable(spoil)
    spoil(home)
    with pytest.raises(KeyFileNotUsable, match=r"keys\.db cannot be used .*: check that this account may write there"):
        CliRunner().invoke(cli, ["keys", "create", "--scope", "admin", "--home", str(home)], catch_exceptions=False)
