"""Restoring into the mount point of a volume, which can neither be renamed nor be renamed onto."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.backup.backup import back_up
from serving.backup.errors import BackupRefused, PlaceOccupied
from serving.backup.restore import restore
from serving.backup.staged_home import staged_home
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.process import database_of
from serving.settings import Settings
from serving.storage.database import EmbeddedDatabase, read_only
from serving.storage.errors import HomeInUse
from serving.storage.process_lock import ProcessLock
from serving.storage.tables import metadata
from tests.crash.test_no_space import mounted_or_skipped, run
from tests.fakes import MONDAY_MORNING
from tests.filled_database import ROWS, fill_every_table


def quiet(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a desk with rows, keys and a model."""
    settings = Settings(home=tmp_path_factory.mktemp("desk"))
    database = database_of(settings)
    database.open()
    database.write(fill_every_table)
    database.close()
    KeyStore(KeyFile(settings.keys_path)).create(Scope.AGENT, at=MONDAY_MORNING, name="kim")
    (settings.models_path / "b1").mkdir(parents=True)
    (settings.models_path / "b1" / "manifest.json").write_text("{}")
    (settings.models_path / "current").write_text("b1\n")
    back_up(settings, settings.home / "out" / "desk.tar.gz", MONDAY_MORNING, quiet)
    return settings.home / "out" / "desk.tar.gz"


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Settings]:
    """The settings of a home that is a mounted, empty disk."""
    mounted_or_skipped(tmp_path / "volume", "-t", "tmpfs", "-o", "size=32m", "tmpfs")
    yield Settings(home=tmp_path / "volume")
    run("umount", str(tmp_path / "volume"))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_restored(settings: Settings) -> None:
    with read_only(settings.stored_in) as connection:
        found = {table.name: len(connection.execute(table.select()).all()) for table in metadata.sorted_tables}
    assert found == {name: 0 if name == "keys" else ROWS for name in found}  # keys of one process lie in a file
    assert "kim" in {key.name for key in KeyStore(KeyFile(settings.keys_path)).list()}
    assert (settings.models_path / "current").read_text() == "b1\n"


def test_a_backup_comes_back_into_a_volume_and_a_service_begins_there(kept: Path, volume: Settings) -> None:
    restore(kept, volume, quiet)

    assert names(volume.home) == {"firstline.db", "keys.db", "models"}
    assert_restored(volume)
    database = EmbeddedDatabase(volume.database_path)
    database.open()
    database.close()


def test_a_volume_mounted_from_a_folder_of_the_same_disk_is_one_too(kept: Path, tmp_path: Path) -> None:
    """As containers bind folders: the device is the same, and only the list of mounts knows."""
    (tmp_path / "folder").mkdir()
    home = tmp_path / "home"
    mounted_or_skipped(home, "--bind", str(tmp_path / "folder"))
    try:
        restore(kept, Settings(home=home), quiet)
        assert_restored(Settings(home=home))
    finally:
        run("umount", str(home))


def test_what_a_new_disk_has_and_what_a_killed_restore_left_does_not_occupy_a_volume(
    kept: Path, volume: Settings
) -> None:
    (volume.home / "lost+found").mkdir()
    (volume.home / ".firstline-restore-killed").mkdir()
    (volume.home / ".firstline-restore-killed" / "firstline.db").write_text("half")
    (volume.home / "firstline.lock").write_text("1")

    restore(kept, volume, quiet)

    assert names(volume.home) == {"firstline.db", "keys.db", "models", "lost+found"}
    assert_restored(volume)


def test_a_damaged_backup_leaves_a_volume_as_it_was(kept: Path, volume: Settings, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(kept.read_bytes()[:-9])
    with pytest.raises(BackupRefused):
        restore(damaged, volume, quiet)
    assert names(volume.home) == set()


def test_a_volume_that_gets_occupied_meanwhile_keeps_what_it_has(kept: Path, volume: Settings) -> None:
    def occupy(what: str, done: int, total: int | None) -> None:
        (volume.home / "keys.db").write_text("somebody's")

    with pytest.raises(PlaceOccupied):
        restore(kept, volume, occupy)
    assert names(volume.home) == {"keys.db"}
    assert (volume.home / "keys.db").read_text() == "somebody's"


def test_when_one_entry_cannot_be_moved_those_before_it_are_taken_back(volume: Settings) -> None:
    (volume.home / "lost+found").mkdir()

    def arrive() -> None:
        with staged_home(volume.home, "erased.jsonl") as folder:
            for name in ("erased.jsonl", "keys.db", "lost+found", "models"):
                (folder / name).touch()  # a file cannot take the place of a folder

    with pytest.raises(IsADirectoryError):
        arrive()
    assert names(volume.home) == {"lost+found"}


def test_a_volume_that_a_process_owns_is_left_alone(kept: Path, volume: Settings) -> None:
    owner = ProcessLock(volume.home / "firstline.lock")
    owner.take()
    try:
        with pytest.raises(HomeInUse):
            restore(kept, volume, quiet)
    finally:
        owner.release()
