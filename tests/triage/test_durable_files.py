from __future__ import annotations

import os
from pathlib import Path

import pytest

from triage.durable_files import new_folder, write_file


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reached the disk, and when the rename came."""
    seen: list[str] = []
    fsync, replace, rename = os.fsync, Path.replace, Path.rename

    def flushed(descriptor: int) -> None:
        seen.append(f"flush {Path(f'/proc/self/fd/{descriptor}').readlink().name.split('.')[-1]}")
        fsync(descriptor)

    def moved(self: Path, target: Path) -> Path:
        seen.append("rename")
        return replace(self, target)

    def put(self: Path, target: Path) -> Path:
        seen.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", moved)
    monkeypatch.setattr(Path, "rename", put)
    return seen


def test_a_file_is_on_disk_before_its_name_is_and_then_the_folder(tmp_path: Path, steps: list[str]) -> None:
    home = tmp_path / "home"
    home.mkdir()

    write_file(home / "erased.jsonl", b"{}\n")

    assert (home / "erased.jsonl").read_bytes() == b"{}\n"
    assert steps == ["flush part", "rename", "flush home"]


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "current"
    write_file(path, b"old")

    def half(file: object) -> None:
        file.write(b"new")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_file(path, half)

    assert [each.name for each in tmp_path.iterdir()] == ["current"]
    assert path.read_bytes() == b"old"


def test_a_file_may_be_for_its_owners_eyes_only(tmp_path: Path) -> None:
    write_file(tmp_path / "backup", lambda file: file.write(b"secret"), mode=0o600)

    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_a_folder_is_on_disk_before_its_name_is(tmp_path: Path, steps: list[str]) -> None:
    home = tmp_path / "home"
    home.mkdir()

    with new_folder(home / "v1") as folder:
        (folder / "heads").mkdir()
        (folder / "heads" / "a.npz").write_bytes(b"x")

    assert (home / "v1" / "heads" / "a.npz").read_bytes() == b"x"
    assert sorted(steps[:3]) == ["flush heads", "flush npz", "flush part"]
    assert steps[3:] == ["rename", "flush home"]


def test_a_folder_that_is_not_finished_goes_away(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_folder(tmp_path / "v1") as folder:
        (folder / "no such folder" / "file").write_bytes(b"x")

    assert list(tmp_path.iterdir()) == []
