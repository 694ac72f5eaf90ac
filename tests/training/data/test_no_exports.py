"""Files that are no export say what they are and what to do, whatever their names promise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.data.rows import rows
from training.errors import TicketsNotReadable

TICKETS = [{"id": "1", "description": "it fails"}, {"id": "2", "description": "it works"}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tickets.json", json.dumps(TICKETS).encode(), r"jq -c '\.\[\]'"),
        ("tickets.jsonl", json.dumps(TICKETS).encode(), r"jq -c '\.\[\]'"),
        ("tickets.jsonl", json.dumps(TICKETS, indent=1).encode("utf-8-sig"), r"jq -c '\.\[\]'"),
        ("tickets.jsonl", json.dumps({"tickets": TICKETS}, indent=1).encode(), "one JSON document"),
        ("tickets.csv", b"PK\x03\x04" + bytes(300), "it is a workbook"),
        ("tickets.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(300), "it is a workbook"),
        ("tickets.csv", b"\n <!DOCTYPE html><title>Sign in</title>", "it is a web page"),
        ("tickets.tsv", b"<?xml version='1.0'?>", "it is a web page or XML"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TicketsNotReadable, match=said):
        list(rows(tmp_path / name))


def imported(folder: Path, content: str) -> str:
    (folder / "tickets.csv").write_text(content)
    done = CliRunner().invoke(cli, ["import", str(folder / "tickets.csv"), "--home", str(folder), "--force"])
    return f"{done.output}{done.exception}"


def test_a_title_above_the_columns_and_another_delimiter_are_asked_for(tmp_path: Path) -> None:
    assert "delete any title above the line" in imported(tmp_path, "Export of ACME\n\nid,description\n1,it fails\n")
    assert "If a title stands above the line" in imported(tmp_path, "Export, ACME\n\nno,what\n1,it fails\n2,it works\n")
    assert 'such as delimiter = "|"' in imported(tmp_path, "no^what\n1^it fails\n2^it works\n")
    assert 'such as delimiter = "|"' in imported(tmp_path, 'id^description\n1^"it fails, ""again"" "x"\n')


def test_what_cannot_be_read_has_not_our_names(tmp_path: Path) -> None:
    assert "have our names" not in imported(tmp_path, "id,description\n")
    assert "There are no rows in it" in imported(tmp_path, "id,description\n")
