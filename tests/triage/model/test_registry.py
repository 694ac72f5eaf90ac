from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.tiny_bundle import tiny_bundle
from triage.errors import BundleRefused, CanaryShareRefused, NoCurrentModel, NothingToRollBackTo, UnknownVersion
from triage.model.registry import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def test_a_new_registry_has_nothing_current(registry: Registry) -> None:
    assert registry.current() is None
    assert registry.versions() == []


def test_an_added_bundle_serves_once_it_is_made_current(registry: Registry, tmp_path: Path) -> None:
    version = registry.add(tiny_bundle(tmp_path / "one"))
    assert registry.versions() == [version]
    assert registry.current_id() is None
    registry.make_current(version)
    assert registry.current() == registry.path(version)


def test_adding_the_same_bundle_twice_keeps_one(registry: Registry, tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "one")
    assert registry.add(bundle) == registry.add(bundle)
    assert len(registry.versions()) == 1


def test_rollback_and_rollback_again_go_to_and_fro(registry: Registry, tmp_path: Path) -> None:
    first, second = (registry.add(tiny_bundle(tmp_path / name, name=name)) for name in ("one", "two"))
    registry.make_current(first)
    registry.make_current(second)
    assert registry.rollback() == first
    assert registry.rollback() == second
    assert registry.current_id() == second


def test_making_the_current_one_current_keeps_the_way_back(registry: Registry, tmp_path: Path) -> None:
    first, second = (registry.add(tiny_bundle(tmp_path / name, name=name)) for name in ("one", "two"))
    registry.make_current(first)
    registry.make_current(second)
    registry.make_current(second)
    assert registry.previous_id() == first


def test_there_is_no_way_back_from_the_first(registry: Registry, tmp_path: Path) -> None:
    registry.make_current(registry.add(tiny_bundle(tmp_path / "one")))
    with pytest.raises(NothingToRollBackTo):
        registry.rollback()


def test_a_damaged_bundle_does_not_come_in(registry: Registry, tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "one")
    (bundle / "golden.json").write_text("{}")
    with pytest.raises(BundleRefused):
        registry.add(bundle)
    assert registry.versions() == []


def test_an_unknown_version_cannot_be_made_current(registry: Registry) -> None:
    with pytest.raises(UnknownVersion, match="promote"):
        registry.make_current("0" * 64)


def test_what_an_interrupted_copy_left_is_no_version(registry: Registry, tmp_path: Path) -> None:
    tiny_bundle(registry.folder / ".tmp-x" / "copy")
    (registry.folder / ".tmp-current").write_text("half")
    assert registry.versions() == []
    assert registry.current_id() is None


class TestShadowAndCanary:
    @pytest.fixture
    def registry(self, tmp_path: Path) -> Registry:
        registry = Registry(tmp_path / "models")
        for name in ("first", "second", "third"):
            registry.add(tiny_bundle(tmp_path / name, name=name))
        return registry

    @pytest.fixture
    def versions(self, registry: Registry) -> list[str]:
        """The current version, and two others."""
        found = registry.versions()
        registry.make_current(found[0])
        return found

    def test_are_remembered_until_they_are_stopped(self, registry: Registry, versions: list[str]) -> None:
        registry.start_shadow(versions[1])
        started = registry.start_canary(versions[2], 0.1)
        again = Registry(registry.folder)
        assert (again.shadow_id(), again.canary()) == (versions[1], started)
        again.stop_shadow()
        assert again.stop_canary()
        assert (registry.shadow_id(), registry.canary(), registry.stop_canary()) == (None, None, False)
        assert registry.current_id() == versions[0]

    def test_each_start_is_another_run_and_the_end_of_one_leaves_the_next(
        self, registry: Registry, versions: list[str]
    ) -> None:
        first = registry.start_canary(versions[1], 0.1)
        second = registry.start_canary(versions[1], 0.1)
        assert first.run != second.run
        assert not registry.stop_canary(first.run)
        assert registry.canary() == second
        assert [registry.stop_canary(second.run) for _ in range(3)] == [True, False, False]
        assert sorted(path.name for path in registry.folder.iterdir()) == sorted([*versions, "current"])

    def test_of_many_that_stop_one_run_one_does(self, registry: Registry, versions: list[str]) -> None:
        for _ in range(20):
            run = registry.start_canary(versions[1], 0.1).run
            with ThreadPoolExecutor(8) as pool:
                assert sum(pool.map(registry.stop_canary, [run] * 8)) == 1

    def test_another_current_version_ends_the_canary_and_its_own_shadow(
        self, registry: Registry, versions: list[str]
    ) -> None:
        registry.start_shadow(versions[1])
        registry.start_canary(versions[1], 0.1)
        registry.make_current(versions[2])
        assert (registry.shadow_id(), registry.canary()) == (versions[1], None)
        registry.start_canary(versions[1], 0.1)
        registry.make_current(versions[1])
        assert (registry.shadow_id(), registry.canary()) == (None, None)
        registry.start_canary(versions[2], 0.1)
        assert registry.rollback() == versions[2]
        assert registry.canary() is None

    @pytest.mark.parametrize("share", [0.0, -0.1, 0.51, 10.0, float("nan")])
    def test_a_share_beyond_a_half_or_none_is_refused(
        self, registry: Registry, versions: list[str], share: float
    ) -> None:
        with pytest.raises(CanaryShareRefused, match="at most 50%"):
            registry.start_canary(versions[1], share)
        assert registry.canary() is None

    def test_without_another_current_version_there_is_nothing_to_compare_with(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        version = registry.versions()[0]
        for start in (registry.start_shadow, lambda each: registry.start_canary(each, 0.1)):
            with pytest.raises(NoCurrentModel, match="promote one first"):
                start(version)
        registry.make_current(version)
        with pytest.raises(NoCurrentModel, match="the current model itself"):
            registry.start_shadow(version)
        with pytest.raises(UnknownVersion):
            registry.start_shadow("x" * 64)

    def test_a_pointer_that_nobody_can_read_is_no_canary(self, registry: Registry, versions: list[str]) -> None:
        for written in ("", versions[1], f"{versions[1]} a-lot r", f"{versions[1]} 0.1 r r"):
            (registry.folder / "canary").write_text(written)
            assert registry.canary() is None

    def test_a_version_is_found_by_its_beginning_if_it_is_the_only_one(
        self, registry: Registry, versions: list[str]
    ) -> None:
        assert registry.find(versions[0][:12]) == versions[0]
        for beginning in ("", "nothing"):
            with pytest.raises(UnknownVersion):
                registry.find(beginning)

    def test_a_version_that_is_removed_is_neither(self, registry: Registry, versions: list[str]) -> None:
        registry.start_shadow(versions[1])
        registry.start_canary(versions[1], 0.1)
        registry.remove(versions[1])
        assert (registry.shadow_id(), registry.canary()) == (None, None)


@pytest.mark.parametrize("name", ["current", "previous", "shadow", "canary"])
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "\u201cid\u201d".encode(), b"\x00" * 4096, b"../..\n"])
def test_a_damaged_pointer_names_no_version_and_is_mended_by_the_next_command(
    registry: Registry, tmp_path: Path, name: str, content: bytes
) -> None:
    first, second = (registry.add(tiny_bundle(tmp_path / each, name=each)) for each in ("one", "two"))
    registry.make_current(first)
    (registry.folder / name).write_bytes(content)

    named = {registry.current_id(), registry.previous_id(), registry.shadow_id()}
    assert named & {first, second} <= {first}
    assert registry.canary() is None
    registry.stop_canary("of another run")
    registry.make_current(second)
    registry.start_canary(first, 0.1)
    registry.start_shadow(first)
    assert registry.stop_canary()
    assert registry.current_id() == second


@pytest.mark.parametrize("share", ["0", "-1", "nan", "inf", "0.51", "1e9"])
def test_a_canary_pointer_with_a_share_that_no_command_writes_is_none(registry: Registry, share: str) -> None:
    registry.folder.mkdir()
    (registry.folder / "canary").write_text(f"{'a' * 64} {share} run\n")
    assert registry.canary() is None
