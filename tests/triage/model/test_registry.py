from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_bundle import tiny_bundle
from triage.errors import BundleRefused, NothingToRollBackTo, UnknownVersion
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
