"""Costs of a contact: the table that comes with Firstline, and what a desk may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.contact_costs import default, of_folder, parse
from triage.errors import PolicyRefused

SOUND = "[contact]\nother = 8\nphone = 20\n[self_serve]\narticle = 0.5\nanswer = 1\n"


def test_a_deflected_call_saves_its_cost_less_that_of_reading() -> None:
    assert default().saved("phone") == pytest.approx(22.40)


@pytest.mark.parametrize("channel", ["pigeon", None])
def test_another_channel_costs_what_others_cost(channel: str | None) -> None:
    assert parse(SOUND).saved(channel) == pytest.approx(7.5)


def test_nothing_saves_less_than_nothing() -> None:
    assert parse(SOUND.replace("other = 8", "other = 0.1")).saved(None) == 0


def test_a_desks_own_table_takes_the_place_of_ours(tmp_path: Path) -> None:
    assert of_folder(tmp_path) == default()
    (tmp_path / "costs.toml").write_text(SOUND)
    assert of_folder(tmp_path).contact("phone") == 20


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("not toml", "no TOML"),
        ("[contact]\nother = 1\n", r"\[self_serve\] is missing"),
        (SOUND.replace("other = 8", "email = 8"), "`other` is missing"),
        (SOUND.replace("= 20", "= -1"), "`phone` is -1"),
        (SOUND.replace("= 20", '= "dear"'), "`phone` is 'dear'"),
        (SOUND.replace("= 20", "= nan"), "`phone` is nan"),
    ],
)
def test_a_table_that_says_nothing_sound_is_refused_by_name(text: str, names: str) -> None:
    with pytest.raises(PolicyRefused, match=names):
        parse(text)
