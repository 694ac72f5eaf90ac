"""A disk that is full, or that may no longer be written: what is not kept is refused, and all is well afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from serving.storage.database import EmbeddedDatabase
from serving.storage.errors import FolderNotWritable, StorageNotWritable
from tests.crash.killable_service import KillableService, all_tickets, assert_whole

DISK = "12m"
BALLAST = 3_000_000  # bytes that somebody takes from the disk when it is full
PATIENCE = 60.0  # seconds until a service that does not heal is an error


def run(*words: str) -> None:
    subprocess.run(words, capture_output=True, check=True)


def mounted_or_skipped(place: Path, *words: str) -> None:
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", *words, str(place)], capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here (it takes root)")


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A small disk in memory."""
    place = tmp_path / "disk"
    mounted_or_skipped(place, "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs")
    yield place
    run("umount", str(place))


@pytest.fixture
def ext4(tmp_path: Path) -> Iterator[Path]:
    """A disk in a file, which Linux makes read-only when something is wrong with it."""
    place = tmp_path / "disk"
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("there is no mkfs.ext4 here")
    with image_of(place).open("wb") as image:
        image.truncate(32 << 20)
    run("mkfs.ext4", "-q", str(image_of(place)))
    mounted_or_skipped(place, "-o", "loop,errors=remount-ro", str(image_of(place)))
    yield place
    run("umount", str(place))


def image_of(disk: Path) -> Path:
    return disk.with_suffix(".img")


def trigger_of(disk: Path) -> Path:
    """Return the file that makes ext4 believe that the disk has an error."""
    source = next(line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if f" {disk} " in line)
    return Path("/sys/fs/ext4", Path(source).name, "trigger_fs_error")


@contextmanager
def serving(disk: Path) -> Iterator[tuple[KillableService, httpx.Client]]:
    """Serve from a home on the disk, with a client."""
    service = KillableService(disk / "home")
    address, headers = f"http://127.0.0.1:{service.port}", {"Authorization": f"Bearer {service.key}"}
    try:
        service.start()
        with httpx.Client(base_url=address, headers=headers, timeout=30) as desk:
            yield service, desk
    finally:
        service.close()


def opened(desk: httpx.Client, number: int, size: int = 10) -> httpx.Response:
    body = {"subject": f"Case {number}", "description": "x" * size, "external_id": str(number)}
    return desk.post("/v1/tickets", json=body, headers={"Idempotency-Key": f"key-{number}"})


def until_refused(desk: httpx.Client, kept: dict[int, str]) -> int:
    """Open tickets until one is refused, and return its number."""
    for number in range(len(kept), 5_000):
        answer = opened(desk, number, 30_000)
        if answer.status_code != 201:
            assert_refused(answer)
            return number
        kept[number] = answer.json()["id"]
    raise AssertionError("the disk is never full")


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:firstline:problem:storage-not-writable"
    assert int(answer.headers["Retry-After"]) > 0


def until_taken(desk: httpx.Client, number: int) -> str:
    """Repeat a ticket, under its key, until the service takes it."""
    begun = time.monotonic()
    while (answer := opened(desk, number, 30_000)).status_code != 201:
        assert_refused(answer)
        assert time.monotonic() - begun < PATIENCE, answer.text
        time.sleep(0.1)
    return str(answer.json()["id"])


def check(service: KillableService, kept: dict[int, str]) -> None:
    """Kill it, start it again, and find exactly what was acknowledged, in a file that is sound."""
    service.kill()
    service.start()
    found = {int(ticket["subject"].removeprefix("Case ")): ticket["id"] for ticket in all_tickets(service)}
    assert found == kept
    service.kill()
    with service.look() as connection:
        assert_whole(connection)


def test_a_full_disk_refuses_what_it_cannot_keep_and_takes_tickets_again_when_there_is_room(tmpfs: Path) -> None:
    with serving(tmpfs) as (service, desk):
        (tmpfs / "ballast").write_bytes(bytes(BALLAST))
        kept: dict[int, str] = {}
        refused = until_refused(desk, kept)

        for number in range(refused + 1, refused + 21):
            assert_refused(opened(desk, number, 100_000))
        assert desk.get(f"/v1/tickets/{kept[0]}").status_code == 200
        with service.look() as connection:
            assert_whole(connection)

        (tmpfs / "ballast").unlink()
        kept[refused] = until_taken(desk, refused)
        check(service, kept)


def test_a_disk_that_linux_made_read_only_refuses_and_loses_nothing(ext4: Path) -> None:
    with serving(ext4) as (service, desk):
        kept = {number: opened(desk, number).json()["id"] for number in range(5)}

        trigger_of(ext4).write_text("test")
        for number in range(5, 10):
            assert_refused(opened(desk, number))
        assert desk.get(f"/v1/tickets/{kept[0]}").status_code == 200

        service.close()
        run("umount", str(ext4))
        run("mount", "-o", "loop", str(image_of(ext4)), str(ext4))
        service.start()
        kept[5] = until_taken(desk, 5)
        check(service, kept)


def test_files_that_may_not_be_written_for_a_while_refuse_and_heal_without_a_restart(ext4: Path) -> None:
    with serving(ext4) as (service, desk):
        kept = {number: opened(desk, number).json()["id"] for number in range(5)}
        files = [str(service.home / f"firstline.db{end}") for end in ("", "-wal")]

        run("chattr", "+i", *files)
        for number in range(5, 10):
            assert_refused(opened(desk, number))
        assert desk.get(f"/v1/tickets/{kept[0]}").status_code == 200

        run("chattr", "-i", *files)
        kept[5] = until_taken(desk, 5)
        check(service, kept)


def test_a_purge_on_a_full_disk_waits_for_room_and_the_writer_lives_on(tmpfs: Path) -> None:
    """A purge copies the log into the file, which may have to grow."""
    ballast = tmpfs / "ballast"
    ballast.write_bytes(bytes(BALLAST))
    database = EmbeddedDatabase(tmpfs / "firstline.db")
    database.open()
    database.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT)")))
    with pytest.raises(StorageNotWritable):
        fill_up(database)

    assert database.purge() is False
    ballast.unlink()
    database.write(fill)
    assert database.purge() is True
    database.close()


def fill(connection: sa.Connection) -> None:
    connection.execute(sa.text("INSERT INTO notes (text) VALUES (:text)"), {"text": "x" * 100_000})


def fill_up(database: EmbeddedDatabase) -> None:
    for _ in range(1_000):
        database.write(fill)


def test_a_home_that_cannot_be_written_is_refused_at_start_in_words(tmpfs: Path) -> None:
    run("mount", "-o", "remount,ro", str(tmpfs))
    with pytest.raises(FolderNotWritable, match=r"Read-only file system.*FIRSTLINE_HOME"):
        EmbeddedDatabase(tmpfs / "home" / "firstline.db").open()
    run("mount", "-o", "remount,rw", str(tmpfs))
    database = EmbeddedDatabase(tmpfs / "home" / "firstline.db")
    database.open()
    database.close()
