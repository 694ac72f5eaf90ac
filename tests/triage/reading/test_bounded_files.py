"""Bounds of files that somebody hands in: bombs, endless lines, damage; what is large and sound streams through."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.packed import bomb
from triage.errors import FileNotReadable
from triage.reading import bounded_files

SOUND = b"one\n\ntwo\nthree"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.JSONL.GZ"])
def test_lines_are_those_of_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(SOUND) if bounded_files.is_gzip(path) else SOUND)
    assert list(bounded_files.lines(path)) == [b"one\n", b"\n", b"two\n", b"three"]


def test_a_bomb_is_refused_without_being_kept(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.gz")
    tracemalloc.start()
    try:
        with pytest.raises(FileNotReadable, match=r"bomb\.gz: it unpacks to more than 100 times its size"):
            sum(1 for _ in bounded_files.lines(path))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_an_endless_line_is_refused(tmp_path: Path, name: str) -> None:
    path, content = tmp_path / name, b"x\n" + b" " * (bounded_files.LONGEST_LINE + 1)
    path.write_bytes(gzip.compress(content) if bounded_files.is_gzip(path) else content)
    with pytest.raises(FileNotReadable, match="line 2 is longer than 32,000,000 bytes"):
        list(bounded_files.lines(path))


def test_what_packs_as_texts_do_may_be_as_large_as_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_files, "SMALL", 1_000)
    line = os.urandom(2_000).hex().encode() + b" " * 40_000 + b"\n"  # packs to a twentieth
    path = tmp_path / "large.gz"
    path.write_bytes(b"".join(gzip.compress(line) for _ in range(200)))
    assert sum(map(len, bounded_files.lines(path))) == 200 * len(line) > 15 * path.stat().st_size


def test_a_caller_may_ask_for_less(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(SOUND)
    with pytest.raises(FileNotReadable, match="more than 5 bytes"):
        list(bounded_files.lines(tmp_path / "a.txt", most=5))


@pytest.mark.parametrize("damage", [lambda whole: whole[:-5], lambda _: SOUND, lambda whole: whole[:12] + b"\xff" * 9])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    (tmp_path / "a.gz").write_bytes(damage(gzip.compress(SOUND)))
    with pytest.raises(FileNotReadable, match="a damaged gzip file"):
        list(bounded_files.lines(tmp_path / "a.gz"))
