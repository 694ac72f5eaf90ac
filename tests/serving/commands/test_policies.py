"""`firstline policies` as people type it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.change_log.policy_changes import notes_of
from serving.cli import cli

ROUTING = Path("triage/policies/routing.toml").read_text("utf-8")
WIDE = {"COLUMNS": "200"}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    new, policies = tmp_path / "new", tmp_path / "policies"
    new.mkdir()
    policies.mkdir()
    (policies / "routing.toml").write_text(ROUTING)
    (new / "routing.toml").write_text(f"# tidied\n{ROUTING}")
    return new, policies


def apply(folders: tuple[Path, Path], *words: str) -> tuple[int, str]:
    new, policies = folders
    told = WIDE | {"FIRSTLINE_POLICIES": str(policies), "FIRSTLINE_HOME": str(policies.parent)}
    done = CliRunner().invoke(cli, ["policies", "apply", str(new), *words], env=told)
    return done.exit_code, done.output


@pytest.mark.parametrize("words", [(), ("--because", " ")])
def test_policies_are_not_applied_without_a_reason(folders: tuple[Path, Path], words: tuple[str, ...]) -> None:
    code, said = apply(folders, *words)
    assert (code, "--because" in said) == (2, True)
    assert (folders[1] / "routing.toml").read_text() == ROUTING


def test_policies_are_applied_with_a_reason(folders: tuple[Path, Path]) -> None:
    code, said = apply(folders, "--because", "tidier")
    assert (code, "Applied: routing.toml." in said) == (0, True)
    assert notes_of(folders[1])["routing.toml"].because == "tidier"


def test_the_first_files_go_into_an_empty_folder(folders: tuple[Path, Path]) -> None:
    (folders[1] / "routing.toml").unlink()
    code, said = apply(folders, "--because", "our own routing")
    assert (code, "Applied: routing.toml." in said) == (0, True)
    assert (folders[1] / "routing.toml").read_text() == f"# tidied\n{ROUTING}"
