"""The settings as they are printed, and the page that has them."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

from click.testing import CliRunner

from training.cli import cli
from training.commands.settings import commented
from training.config import RefitConfig, read

PAGE = Path(__file__).parents[3] / "docs/refit.md"


def test_what_is_printed_is_read_back_as_the_same_settings(tmp_path: Path) -> None:
    path = tmp_path / "refit.toml"
    path.write_text(commented(RefitConfig()))
    assert read(path) == RefitConfig()


def test_every_setting_says_what_it_means() -> None:
    lines = commented(RefitConfig()).splitlines()
    bare = [line for before, line in pairwise(lines) if line and line[0] != "#" and before[:1] != "#"]
    assert bare == []
    assert set(tomllib.loads("\n".join(lines))) == {each.name for each in fields(RefitConfig)}


def test_the_page_has_all_settings_as_they_are_now() -> None:
    block = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert block == commented(RefitConfig()), "write what `firstline-train config --show` prints into docs/refit.md"


def test_config_shows_what_a_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "refit.toml"
    path.write_text("[certificate]\nalpha = 0.02\n")
    told = CliRunner().invoke(cli, ["config", "--config", str(path)])
    assert "\nalpha = 0.02\n" in told.stdout
    path.write_text("[certificate]\nalfa = 0.02\n")
    assert "alfa" in str(CliRunner().invoke(cli, ["config", "--config", str(path)]).exception)


def test_the_heads_of_a_taxonomy_stand_on_top(tmp_path: Path) -> None:
    (path := tmp_path / "taxonomy.toml").write_text(
        '[[heads]]\nname = "severity"\nkind = "ordinal"\n[[heads]]\nname = "topic"\nkind = "tree"\n'
        'levels = ["category", "intent"]\n[severity]\nlow = ""\nhigh = ""\n'
    )
    shown = CliRunner().invoke(cli, ["config", "--taxonomy", str(path)]).output
    assert shown.startswith(
        "# Heads of taxonomy.toml:\n#   severity (ordinal: low, high)\n#   topic (tree of category, intent)\n"
        "#   priority (single)\n\n"
    )
    assert "[data]" in shown
