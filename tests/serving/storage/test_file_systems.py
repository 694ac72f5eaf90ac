"""An embedded database lies on a disk of its own machine, whatever the mounts look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.storage.database import EmbeddedDatabase
from serving.storage.errors import FolderNotLocal
from serving.storage.file_systems import NETWORKED, fstype_of, insist_on_local, mounted, owner_only

ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw"


def mount(point: str, fstype: str, *, root: str = "/", optional: str = "shared:7 ") -> str:
    return f"40 22 0:40 {root} {point} rw,relatime {optional}- {fstype} server:/export rw,vers=4.2"


def fstype(path: str, *lines: str) -> str | None:
    return fstype_of(Path(path), "\n".join((ROOT, *lines)))


def test_the_deepest_mount_above_a_path_decides() -> None:
    lines = mount("/srv", "nfs4"), mount("/srv/desk/local", "xfs"), mount("/srv/desk", "cifs")
    assert fstype("/srv/desk/local/home", *lines) == "xfs"
    assert fstype("/srv/desk/home", *lines) == "cifs"
    assert fstype("/srv/home", *lines) == "nfs4"
    assert fstype("/home", *lines) == "ext4"


def test_a_neighbour_whose_name_begins_alike_is_another_place() -> None:
    assert fstype("/srv/desk-local/home", mount("/srv/desk", "nfs")) == "ext4"


def test_of_two_mounts_at_one_point_the_last_hides_the_first() -> None:
    assert fstype("/srv/home", mount("/srv", "nfs4"), mount("/srv", "tmpfs")) == "tmpfs"


def test_a_bind_mount_has_the_type_of_what_it_shows() -> None:
    assert fstype("/var/lib/firstline", mount("/var/lib/firstline", "nfs4", root="/export/desk")) == "nfs4"
    assert fstype("/srv/local", mount("/srv", "nfs4"), mount("/srv/local", "btrfs", root="/@desk")) == "btrfs"


def test_names_with_spaces_are_read_as_the_kernel_writes_them() -> None:
    assert fstype("/mnt/our desk/a\\b", mount("/mnt/our\\040desk", "cifs")) == "cifs"
    assert fstype("/mnt/a\\b/c", mount("/mnt/a\\134b", "nfs")) == "nfs"


def test_optional_fields_may_be_none_or_many() -> None:
    assert fstype("/srv", mount("/srv", "nfs", optional="")) == "nfs"
    assert fstype("/srv", mount("/srv", "nfs", optional="shared:1 master:2 propagate_from:3 ")) == "nfs"


@pytest.mark.parametrize("each", sorted(NETWORKED))
def test_every_network_file_system_is_refused_with_both_ways_out(each: str) -> None:
    with pytest.raises(FolderNotLocal, match=r"FIRSTLINE_HOME .* FIRSTLINE_DATABASE_URL") as refused:
        insist_on_local(Path("/srv/home"), mount("/srv", each))
    assert refused.value.fstype == each


@pytest.mark.parametrize("each", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "9p", "virtiofs", "fuse", "newfs"])
def test_local_and_unknown_file_systems_are_taken(each: str) -> None:
    insist_on_local(Path("/srv/home"), mount("/srv", each))


@pytest.mark.parametrize("text", ["", "garbage", "1 2 3 - nfs", "22 1 254:0 / / rw"])
def test_where_nobody_can_tell_nothing_is_refused(text: str) -> None:
    insist_on_local(Path("/srv/home"), text)


def test_a_home_that_is_a_link_lies_where_it_leads(tmp_path: Path) -> None:
    far, home = tmp_path / "far", tmp_path / "home"
    home.symlink_to(far)
    with pytest.raises(FolderNotLocal):
        insist_on_local(home, mount(str(far.resolve()), "nfs4"))


def test_a_database_on_a_network_file_system_does_not_open_and_leaves_nothing_there(tmp_path: Path) -> None:
    path = tmp_path / "home" / "firstline.db"
    with pytest.raises(FolderNotLocal, match="nfs4"):
        EmbeddedDatabase(path, mounts=lambda: mount(str(tmp_path.resolve()), "nfs4")).open()
    assert list(tmp_path.iterdir()) == []


def test_this_machine_says_where_its_own_folders_lie() -> None:
    if not Path("/proc/self/mountinfo").exists():
        pytest.skip("this system has no /proc/self/mountinfo")
    assert fstype_of(Path("/proc/self"), mounted()) == "proc"


def test_a_database_is_its_owners_even_if_it_was_everybodys(tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    old.write_bytes(b"")
    old.chmod(0o664)
    assert [owner_only(path).stat().st_mode & 0o777 for path in (old, new)] == [0o600, 0o600]
