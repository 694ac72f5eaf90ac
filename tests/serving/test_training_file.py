"""The training file, page by page: interrupted anywhere, it is the same file in the end."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from serving.training_file import Page, write


def a_row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"t-{number}", "subject": f"Subject {number}", "description": "x"} | more


PAGES = [
    [a_row(1), a_row(2)],
    [a_row(3), {"id": "t-4"}, a_row(5)],  # 4 says nothing
    [],
    [a_row(2, resolution="told again"), a_row(6)],
]


class Pages:
    """A source that fails at one page, once."""

    def __init__(self, broken: int | None = None) -> None:
        self.asked: list[str | None] = []
        self._broken = broken

    def __call__(self, cursor: str | None) -> Page:
        self.asked.append(cursor)
        number = int(cursor or 0)
        if number == self._broken:
            self._broken = None
            raise ConnectionError
        return Page(records=PAGES[number], cursor=str(number + 1), more=number + 1 < len(PAGES))


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_ticket_stands_once_with_its_last_row_and_bad_rows_are_counted(tmp_path: Path) -> None:
    written = write(tmp_path / "out.jsonl", Pages(), "all")
    assert [row["id"] for row in rows(tmp_path / "out.jsonl")] == ["t-1", "t-3", "t-5", "t-2", "t-6"]
    assert rows(tmp_path / "out.jsonl")[3]["resolution"] == "told again"
    assert (written.rows, list(written.bad.values())) == (5, [1])
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("broken", [0, 1, 2, 3])
@pytest.mark.parametrize("torn", [b"", b'{"id": "half a row' * 99])
def test_what_is_interrupted_goes_on_and_gives_the_same_file(tmp_path: Path, broken: int, torn: bytes) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    write(whole, Pages(), "all")
    pages = Pages(broken)
    with pytest.raises(ConnectionError):
        write(cut, pages, "all")
    assert not cut.exists()
    if broken and torn:
        with (tmp_path / "cut.jsonl.part").open("ab") as part:
            part.write(torn)  # the machine died while it wrote
    written = write(cut, pages, "all")
    assert cut.read_bytes() == whole.read_bytes()
    assert pages.asked.count(None) == (2 if broken == 0 else 1)
    assert sum(written.bad.values()) == 1


def test_an_interrupted_file_of_another_question_is_begun_anew(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(ConnectionError):
        write(out, Pages(2), "since January")
    pages = Pages()
    write(out, pages, "since February")
    assert pages.asked[0] is None
    assert len(rows(out)) == 5


def test_a_packed_file_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name / "out.jsonl.gz", Pages(), "all")
    packed = [(tmp_path / name / "out.jsonl.gz").read_bytes() for name in ("a", "b")]
    assert packed[0] == packed[1]
    assert len(gzip.decompress(packed[0]).splitlines()) == 5
