"""Personal data of an export reaches no file of a bundle: not precedents, golden texts or held-out tickets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.personal_data_corpus import Line, corpus
from tests.training.desk import fitted, ticket

FOUND = [each for each in corpus() if each.secrets and not each.left]
LONG_ENOUGH = 6  # "Bob" stands in other words, too


def planted(number: int, line: Line) -> dict[str, object]:
    row = ticket(number)
    html = "".join(f"<p>{each}</p>" for each in line.text.split("\n") if "<" not in line.text)
    return row | {
        "subject": f"{row['subject']}\n{line.text}",
        "description": f"{row['description']}\n\n{html or line.text}",
        "resolution": f"{row['resolution']}\n{line.text}",
    }


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    fitted(home, [planted(number, line) for number, line in enumerate(FOUND)])
    return home / "candidate"


def test_no_file_of_a_bundle_holds_what_was_planted(bundle: Path) -> None:
    files = {path: path.read_text("utf-8", "replace") for path in bundle.rglob("*") if path.is_file()}
    assert {"golden.json", "holdout.jsonl", "cases.jsonl"} <= {path.name for path in files}
    left = {
        (path.name, secret)
        for path, content in files.items()
        for line in FOUND
        for secret in line.secrets
        if len(secret) >= LONG_ENOUGH and (secret in content or secret.replace("/", "\\/") in content)
    }
    assert left == set()


def test_the_placeholders_are_there_instead(bundle: Path) -> None:
    cases = (bundle / "cases" / "cases.jsonl").read_text("utf-8")
    assert all(f"[{kind}]" in cases for kind in ("card", "iban", "phone", "name", "secret", "email"))
