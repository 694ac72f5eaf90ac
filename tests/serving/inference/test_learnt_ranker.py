from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from retrieval.answering.learnt.ranker import LearntRanker
from retrieval.answering.ranker import LinearRanker
from serving.inference.loaded_model import load
from tests.retrieval.answering.learnt.rankers import a_ranker, bundle_with, bundle_with_second
from tests.tiny_bundle import DIM, tiny_bundle
from triage.errors import BundleRefused

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_bundle_brings_its_ranker_along(tmp_path: Path) -> None:
    ranker = a_ranker(DIM, ["export"])

    loaded = load(bundle_with(tmp_path, ranker), origin="current", at=AT).ranker

    assert isinstance(loaded, LearntRanker)
    assert loaded.weights == ranker.weights
    for name, values in ranker.to_arrays().items():
        assert (loaded.to_arrays()[name] == values).all(), name


def test_a_bundle_from_before_ranks_by_its_weights(tmp_path: Path) -> None:
    assert load(tiny_bundle(tmp_path), origin="current", at=AT).ranker == LinearRanker()


def test_a_ranker_that_is_not_the_one_the_manifest_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="its ranker is of another file"):
        load(bundle_with(tmp_path, a_ranker(DIM, ["export"]), sha256="0" * 64), origin="current", at=AT)


def test_a_ranker_of_another_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="another encoder"):
        load(bundle_with(tmp_path, a_ranker(DIM + 1, ["export"])), origin="current", at=AT)


def test_trees_that_would_never_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="no trees"):
        load(bundle_with(tmp_path, a_ranker(DIM, ["export"]), left=np.array([0], np.int8)), origin="current", at=AT)


def test_a_bundle_brings_the_ranker_of_its_second_encoder_along(tmp_path: Path) -> None:
    ranker = a_ranker(DIM, ["export"])

    loaded = load(bundle_with_second(tmp_path, ranker), origin="current", at=AT)

    assert isinstance(loaded.second_ranker, LearntRanker)
    assert loaded.second_ranker.memory.by_second
    reader = loaded.second_reader(loaded.second_encoder)
    assert reader is not None
    assert reader.ranker is loaded.second_ranker


def test_a_bundle_from_before_ranks_both_views_alike(tmp_path: Path) -> None:
    assert load(tiny_bundle(tmp_path, second=1), origin="current", at=AT).second_ranker is None


def test_a_second_ranker_that_is_not_the_one_the_manifest_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="its ranker is of another file"):
        load(bundle_with_second(tmp_path, a_ranker(DIM, ["export"]), sha256="0" * 64), origin="current", at=AT)
