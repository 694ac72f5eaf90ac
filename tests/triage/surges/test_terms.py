"""`surges.toml`: how many false alarms a desk accepts, and how many must report."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.errors import PolicyRefused
from triage.surges import terms
from triage.surges.alarms import BUDGET, FEWEST


def test_what_comes_with_firstline_is_what_the_thresholds_are_made_for(tmp_path: Path) -> None:
    assert terms.of_folder(None) == terms.of_folder(tmp_path) == terms.Terms(BUDGET, FEWEST)


def test_a_desk_sets_its_own(tmp_path: Path) -> None:
    (tmp_path / terms.FILE).write_text("[proposals]\nfalse_alarms_a_month = 4\nfewest_senders = 3\n")
    assert terms.of_folder(tmp_path) == terms.Terms(4.0, 3)
    assert terms.parse("[proposals]\nfalse_alarms_a_month = 4") == terms.Terms(4.0, FEWEST)


ALARMS = "[proposals]\nfalse_alarms_a_month = "


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = [",
        "proposals = 1",
        f"{ALARMS}0",
        "[proposals]",
        f"{ALARMS}1\nfewest_senders = 1",
        f"{ALARMS}1\nmore = 2",
    ],
)
def test_what_is_no_such_number_is_refused(text: str) -> None:
    with pytest.raises(PolicyRefused, match=r"surges\.toml"):
        terms.parse(text)
