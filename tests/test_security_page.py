"""docs/security.md names a test for each attack that it says is defended against: compared with the tree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = PAGE.partition("| attack | defence | test |\n|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
TESTS = {row.split(" | ")[0].strip("| "): re.findall(r"`(tests/[\w/]+\.py)`", row.split(" | ")[2]) for row in ROWS}


def test_each_attack_names_files_that_hold_tests() -> None:
    assert len(TESTS) > 15
    assert [attack for attack, named in TESTS.items() if not named] == []
    named = sorted({each for files in TESTS.values() for each in files})
    assert [each for each in named if not (ROOT / each).is_file()] == []
    assert [
        each for each in named if not re.search(r"^\s*def test_", (ROOT / each).read_text("utf-8"), re.MULTILINE)
    ] == []


def test_every_fuzzer_is_on_the_page() -> None:
    fuzzers = {f"tests/fuzz/{each.name}" for each in (ROOT / "tests/fuzz").glob("test_*.py")}
    assert fuzzers <= {each for files in TESTS.values() for each in files}
