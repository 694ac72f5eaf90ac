"""`firstline replay` prints a table or CSV, and refuses what cannot be replayed in a sentence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.errors import ServingError
from tests.builders import a_tag
from tests.serving.replay.past import (
    Run,
    file,
    folder_of,
    tagged,
)


def test_a_table_and_csv_say_the_same(connection: sa.Connection, run: Run) -> None:
    file(connection, 0, tagged(category=a_tag("=cmd()", confidence=0.8)))
    connection.commit()

    table, rows = run("--auto-at", "category=0.5"), run("--auto-at", "category=0.5", "--csv")

    assert "tags, category: 1 otherwise (auto 0 → 1, suggest 1 → 0)" in table.output
    assert "tkt_00: category: suggest =cmd() → auto =cmd()" in table.output
    assert "How customers would have reacted is not known" in table.output
    assert list(csv.reader(io.StringIO(rows.output))) == [
        ["what", "id", "name", "before", "after"],
        ["tag", "tkt_00", "category", "suggest =cmd()", "auto =cmd()"],
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--until", "2025-12-31"), "The window ends at 2025-12-31T00:00:00Z, not after it begins"),
        (("--until", "2026-01-02"), "No ticket and no session began from 2026-01-01T00:00:00Z to 2026-01-02"),
        (("--auto-at", "mood=0.5"), "there is no head 'mood'; heads are category, product_area, priority"),
        (("--auto-at", "category"), "'' is no number from 0 to 1"),
        (("--suggest-at", "category=0.9", "--auto-at", "category=0.5"), "shown only from higher on"),
        (("--answer-at", "nan"), "'nan' is no number from 0 to 1"),
        (("--answer-at", "0.2", "--clarify-at", "0.3"), "clarified from higher on"),
        (("--holdout", "0.6"), "'0.6' is no number from 0 to 0.5"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_a_sentence(
    run: Run, connection: sa.Connection, words: tuple[str, ...], said: str
) -> None:
    connection.commit()
    done = run(*words)

    assert isinstance(done.exception, ServingError)
    assert said in str(done.exception)


def test_a_folder_must_hold_what_is_meant(run: Run, migrated_home: Path, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, slaa="")
    assert "slaa.toml is no policy file: the folder may hold sla.toml" in str(run("--policy", folder).exception)
    assert "is a file: name a folder" in str(run("--policy", folder / "slaa.toml").exception)
    (folder / "slaa.toml").rename(folder / "notes.txt")
    assert "has none of sla.toml" in str(run("--policy", folder).exception)
    assert run("--policy", tmp_path / "nowhere").exit_code == 2
    assert run("--json", "--csv").exit_code == 2


def test_a_trial_may_not_leave_routing_without_its_plans(run: Run, migrated_home: Path, tmp_path: Path) -> None:
    """A new file is checked against those that stay."""
    rules = '[teams.night]\ncalendar = "nowhere"\n\n[[rules]]\nteam = "night"\ntier = "T1"\nbecause = "all"\n'
    assert "no calendar is called 'nowhere'" in str(run("--policy", folder_of(tmp_path, routing=rules)).exception)
