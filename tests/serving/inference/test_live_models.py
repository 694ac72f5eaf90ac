"""Loading and swapping bundles: real bundles, a real registry, and a pointer that moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.inference import live_models
from serving.inference.errors import ModelNotReady
from serving.inference.live_models import LiveModels
from serving.peers.refusals import Refusals
from serving.settings import Settings
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock
from tests.tiny_bundle import tiny_bundle
from triage.model.registry import Registry

AT = FrozenClock().now()


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return Registry(settings.models_path)


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def models(registry: Registry, tmp_path: Path, telemetry: Telemetry) -> LiveModels:
    return LiveModels(registry, tmp_path / "sample", FrozenClock(), telemetry)


@pytest.fixture
def promote(registry: Registry, tmp_path: Path) -> Callable[..., str]:
    """Build a bundle, add it and make it current, as `firstline-train promote` does."""

    def made(name: str, **options: object) -> str:
        version = registry.add(tiny_bundle(tmp_path / f"fitted-{name}", name=name, **options))
        registry.make_current(version)
        return version

    return made


def counted(telemetry: Telemetry, name: str) -> float:
    return telemetry.registry.get_sample_value(name) or 0.0


def test_without_any_bundle_it_says_what_to_run(models: LiveModels) -> None:
    models.reload()

    with pytest.raises(ModelNotReady, match="make setup"):
        models.take()
    assert "make train" in (models.missing() or "")


def test_the_sample_serves_while_there_is_no_current_bundle(models: LiveModels, tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "sample")

    models.reload()

    assert models.take().origin == "sample"
    assert models.missing() is None


def test_a_sample_that_appears_later_is_noticed(models: LiveModels, tmp_path: Path) -> None:
    models.watch(AT)
    tiny_bundle(tmp_path / "sample")

    models.watch(AT)

    assert models.take().origin == "sample"


def test_the_current_bundle_goes_before_the_sample(
    models: LiveModels, tmp_path: Path, promote: Callable[..., str]
) -> None:
    tiny_bundle(tmp_path / "sample", name="sample")
    version = promote("mine")

    models.reload()

    assert (models.take().version, models.take().origin) == (version, "current")


def test_a_pointer_that_moves_is_followed_and_the_encoder_is_shared(
    models: LiveModels, promote: Callable[..., str], telemetry: Telemetry
) -> None:
    promote("first")
    models.watch(AT)
    before = models.take()

    second = promote("second")
    models.watch(AT)

    after = models.take()
    assert (after.version, before.version) == (second, before.version)
    assert after.encoder is before.encoder
    assert counted(telemetry, "firstline_model_swaps_total") == 2


def test_a_bundle_with_another_encoder_brings_its_own(models: LiveModels, promote: Callable[..., str]) -> None:
    promote("first")
    models.watch(AT)
    before = models.take()

    promote("second", seed=1)
    models.watch(AT)

    assert models.take().encoder.fingerprint != before.encoder.fingerprint


def test_rolling_back_brings_the_previous_bundle_back(
    models: LiveModels, registry: Registry, promote: Callable[..., str]
) -> None:
    first = promote("first")
    promote("second")
    models.watch(AT)

    registry.rollback()
    models.watch(AT)

    assert models.take().version == first


def test_nothing_is_loaded_again_while_the_pointer_stands(
    models: LiveModels, promote: Callable[..., str], telemetry: Telemetry
) -> None:
    promote("first")

    for _ in range(3):
        models.watch(AT)

    assert counted(telemetry, "firstline_model_swaps_total") == 1


@pytest.mark.parametrize("file", ["manifest.json", "encoder/model.onnx", "heads/category.npz", "cases/vectors.npy"])
def test_a_damaged_bundle_is_refused_and_the_old_one_keeps_serving(
    models: LiveModels, registry: Registry, promote: Callable[..., str], telemetry: Telemetry, file: str
) -> None:
    first = promote("first")
    models.watch(AT)
    second = promote("second")
    path = registry.path(second) / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    models.watch(AT)
    models.watch(AT)  # and it is not tried again each second

    assert models.take().version == first
    refused = models.status.refused
    assert refused is not None
    assert refused.id == second
    assert f"{first} keeps serving" in (models.refused() or "")
    assert models.missing() is None
    assert counted(telemetry, "firstline_model_refusals_total") == 1


def test_a_bundle_whose_golden_texts_come_out_differently_is_refused(
    models: LiveModels, promote: Callable[..., str]
) -> None:
    first = promote("first")
    models.watch(AT)
    promote("second", golden_off_by=0.01)

    models.watch(AT)

    assert models.take().version == first
    assert "golden texts come out differently" in (models.refused() or "")


def test_a_pointer_to_nothing_is_refused(models: LiveModels, registry: Registry, promote: Callable[..., str]) -> None:
    first = promote("first")
    models.watch(AT)
    (registry.folder / "current").write_text("../../etc\n")

    models.watch(AT)

    assert models.take().version == first
    assert models.status.refused is not None


def test_at_the_start_the_previous_bundle_stands_in_for_a_damaged_one(
    models: LiveModels, registry: Registry, promote: Callable[..., str]
) -> None:
    first, second = promote("first"), promote("second")
    (registry.path(second) / "golden.json").write_bytes(b"{}")

    models.reload()

    assert (models.take().version, models.take().origin) == (first, "previous")
    assert models.status.refused is not None


def test_the_refusal_is_forgotten_when_a_good_bundle_follows(
    models: LiveModels, registry: Registry, promote: Callable[..., str]
) -> None:
    promote("first")
    models.watch(AT)
    (registry.path(promote("second")) / "golden.json").write_bytes(b"{}")
    models.watch(AT)

    third = promote("third")
    models.watch(AT)

    assert models.take().version == third
    assert models.refused() is None


class TestAmongWorkers:
    @pytest.fixture
    def both(self, registry: Registry, tmp_path: Path) -> list[LiveModels]:
        folder = tmp_path / "run"
        folder.mkdir()
        workers = [LiveModels(registry, tmp_path / "sample", FrozenClock(), Telemetry()) for _ in range(2)]
        for each in workers:
            each.heed(Refusals(folder))
        return workers

    def test_a_bundle_that_one_refuses_is_refused_by_all(
        self, both: list[LiveModels], promote: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = promote("first")
        for each in both:
            each.watch(AT)
        second = promote("second")
        both[0].watch(AT)
        assert both[0].take().version == second

        def no_memory(*_: object, **__: object) -> None:
            raise MemoryError

        with monkeypatch.context() as patched:
            patched.setattr(live_models, "load", no_memory)
            both[1].watch(AT)
        assert "MemoryError" in (both[1].refused() or "")

        for _ in range(2):
            for each in both:
                each.watch(AT)
            assert [each.take().version for each in both] == [first, first]
            assert all("MemoryError" in (each.refused() or "") for each in both)

        third = promote("third")
        for each in both:
            each.watch(AT)
        assert [(each.take().version, each.refused()) for each in both] == [(third, None), (third, None)]
