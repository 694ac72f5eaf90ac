"""Progress of long work on the screen and in a log."""

from __future__ import annotations

import pytest

from training.progress import Bars


def test_a_bar_leaves_nothing_in_a_log_but_the_lines_that_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars()
    with bars.bar("Encoding", 2) as move:
        move(1, 2)
        bars.say("2 tickets")
    assert capsys.readouterr().err == "2 tickets\n"
