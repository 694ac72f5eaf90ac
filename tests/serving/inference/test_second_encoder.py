"""A desk without a bundle whose second encoder is damaged, half copied or swapped for another file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.encoder.encoder import FILES
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent, OwnContent
from serving.settings import Settings
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock
from tests.tiny_bundle import tiny_encoder_files
from triage.model.registry import Registry

AT = FrozenClock().now()


def written(folder: Path, seed: int) -> Path:
    folder.mkdir(parents=True)
    for name, content in zip(FILES, tiny_encoder_files(seed), strict=True):
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return written(tmp_path / "second", seed=1)


@pytest.fixture
def models(settings: Settings, tmp_path: Path, second: Path) -> LiveModels:
    telemetry, registry = Telemetry(), Registry(settings.models_path)
    first = written(tmp_path / "first", seed=0)
    content = DeskContent(registry, lambda: OwnContent(articles=True), telemetry)
    found = LiveModels(registry, tmp_path / "sample", FrozenClock(), telemetry, content, [first])
    found.read_again_by(lambda: second)
    return found


def half(folder: Path) -> None:
    (folder / FILES[0]).write_bytes((folder / FILES[0]).read_bytes()[:50])


def no_tokenizer(folder: Path) -> None:
    (folder / FILES[1]).unlink()


def no_graph(folder: Path) -> None:
    (folder / FILES[0]).write_bytes(b"<html>404 Not Found</html>")


@pytest.mark.parametrize("damage", [half, no_tokenizer, no_graph])
def test_a_damaged_second_encoder_stops_nothing_else_and_is_named(
    models: LiveModels, second: Path, damage: Callable[[Path], None]
) -> None:
    damage(second)

    models.watch(AT)

    assert models.take().second_encoder is None
    assert models.missing() is None
    assert f"The encoder in {second} cannot be used" in (models.refused() or "")


def test_one_that_is_repaired_serves_without_a_restart(models: LiveModels, second: Path) -> None:
    whole = (second / FILES[0]).read_bytes()
    half(second)
    models.watch(AT)

    (second / FILES[0]).write_bytes(whole)
    models.watch(AT)

    assert models.take().second_encoder is not None
    assert models.refused() is None


def test_one_that_is_removed_while_it_serves_goes_on(models: LiveModels, second: Path) -> None:
    models.watch(AT)
    no_tokenizer(second)

    models.watch(AT)

    assert models.take().second_encoder is not None
    assert models.refused() is None
