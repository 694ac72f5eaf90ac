from __future__ import annotations

from pathlib import Path

import pytest

from training.config import RefitConfig, read
from training.errors import ConfigRefused


def test_without_a_file_everything_has_a_default() -> None:
    assert read(None) == RefitConfig()


def test_a_configuration_written_and_read_again_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "refit.toml").write_text(RefitConfig().to_toml())
    assert read(tmp_path / "refit.toml") == RefitConfig()


def test_the_cascade_is_switched_on_by_one_setting_and_left_out_where_it_is_off(tmp_path: Path) -> None:
    (tmp_path / "refit.toml").write_text("[cascade]\nenabled = true\n")
    config = read(tmp_path / "refit.toml")
    assert config.cascade.enabled
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert read(tmp_path / "again.toml") == config
    assert "cascade" not in RefitConfig().to_toml()


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "refit.toml").write_text("[head]\nstrengths = [1]\n[slices]\nhold_out = 0.2\n")
    config = read(tmp_path / "refit.toml")
    assert (config.head.strengths, config.slices.hold_out) == ((1.0,), 0.2)
    assert config.slices.calibrate == RefitConfig().slices.calibrate


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[head]\nstrenghts = [1]", "no setting 'strenghts'; settings: strengths"),
        ("[heads]\nstrengths = [1]", r"no section \[heads\]"),
        ("seed = 1", r"no section \[seed\]"),
        ("[cascade]\nenabled = 1", "expected something like false"),
        ("[head]\nstrengths = []", "expected something like"),
        ("[head]\nstrengths = 'large'", "expected something like"),
        ("[head]\nstrengths = [0]", "must be above 0"),
        ("[data]\nminimum_support = 1.5", "expected something like"),
        ("[data]\nminimum_support = true", "expected something like"),
        ("[data]\nminimum_support = 1", "at least 2"),
        ("[slices]\nhold_out = 0.6", "at least half"),
        ("[certificate]\nalpha = 0", "above 0"),
        ("[certificate]\ndelta = 0.6", "at most 0.5"),
        ("[data]\nmax_bad_share = 5.0", "between 0 and 1"),
        ("[head", "Expected"),
    ],
)
def test_what_nobody_understands_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "refit.toml").write_text(text)
    with pytest.raises(ConfigRefused, match=reason):
        read(tmp_path / "refit.toml")
