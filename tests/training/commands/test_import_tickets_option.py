"""`import` takes its file as an argument, and by `--tickets` as other commands do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from training.commands.imports import import_

ROWS = "id,subject,description,created_at,category\nA-1,Export,It hangs,2025-02-03T10:00:00Z,bug\n"


@pytest.fixture
def export(tmp_path: Path) -> str:
    path = tmp_path / "export.csv"
    path.write_text(ROWS, "utf-8")
    return str(path)


def test_the_file_may_be_an_argument_or_an_option(export: str, tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    by_argument = CliRunner().invoke(import_, [export, *home])
    by_option = CliRunner().invoke(import_, ["--tickets", export, "--force", *home])
    assert (by_argument.exit_code, by_option.exit_code) == (0, 0), by_option.output
    assert by_option.output == by_argument.output


def test_none_and_two_are_refused_with_what_to_write(export: str) -> None:
    for given in ([], [export, "--tickets", export]):
        refused = CliRunner().invoke(import_, given)
        assert refused.exit_code == 2
        assert "name one file of tickets" in refused.output
