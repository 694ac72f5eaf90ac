from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from retrieval.answering.learnt.ranker import SECOND_FILE, LearntRanker
from retrieval.answering.ranker import LinearRanker
from serving.inference.loaded_model import load
from tests.fakes import HashingEncoder
from tests.retrieval.answering.learnt.rankers import a_ranker, bundle_with, bundle_with_second
from tests.tiny_bundle import DIM, tiny_bundle
from training.promotion.promotion import judge
from triage.errors import BundleRefused
from triage.model.bundle_files import digest, read_manifest, seal
from triage.model.manifest import to_record

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


class Opened:
    """Would make a file if anything unpickled it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.path), "w")


def changed_in_place(folder: Path, content: bytes, path: str = SECOND_FILE) -> Path:
    """Put another file into a bundle, and seal it as its maker would."""
    record = to_record(read_manifest(folder))
    before = digest(folder / path)
    (folder / path).write_bytes(content)
    record = json.loads(json.dumps(record).replace(before, hashlib.sha256(content).hexdigest()))
    seal(folder, {name: value for name, value in record.items() if name not in ("files", "id", "format")})
    return folder


def archived(**arrays: np.ndarray) -> bytes:
    np.savez(out := io.BytesIO(), **arrays)  # type: ignore[arg-type]
    return out.getvalue()


WHOLE = archived(**a_ranker(DIM, ["export"]).to_arrays())
NAN = np.full(DIM, np.nan, np.float32)


@pytest.mark.parametrize("path", [SECOND_FILE, "heads/category.npz", "lexical.npz"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"PK\x03\x04garbage",
        WHOLE[:-40],
        WHOLE.replace(b"\x93NUMPY", b"\x93NUMBY"),
        archived(x=np.zeros(1)),
    ],
    ids=["empty", "garbage", "no archive", "truncated", "other headers", "other arrays"],
)
def test_a_damaged_archive_is_refused_however_it_is_damaged(tmp_path: Path, path: str, content: bytes) -> None:
    folder = changed_in_place(bundle_with_second(tmp_path, a_ranker(DIM, ["export"])), content, path)
    with pytest.raises(BundleRefused, match="refit it with"):
        load(folder, origin="current", at=AT)
    refusal = judge(folder, None, HashingEncoder().encode)
    assert not refusal.gates[0].passed
    assert "refit it with" in refusal.gates[0].reason


@pytest.mark.parametrize(
    "arrays",
    [
        {"centre": NAN},
        {"title_map": np.float32(1)},
        {"question_map": np.float32(1)},
        {"label_shares": np.full((2, 1), 1j)},
        {"columns": np.array([2**40])},
        {"map_weight": np.array(np.nan)},
    ],
    ids=lambda arrays: next(iter(arrays)),
)
def test_arrays_that_are_no_numbers_or_have_other_shapes_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    content = archived(**(a_ranker(DIM, ["export"]).to_arrays() | arrays))
    with pytest.raises(BundleRefused, match="its ranker cannot be read"):
        load(changed_in_place(bundle_with_second(tmp_path, a_ranker(DIM, [])), content), origin="current", at=AT)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    objects = {name: np.array([Opened(opened)]) for name in a_ranker(DIM, []).to_arrays()}
    folder = changed_in_place(bundle_with_second(tmp_path, a_ranker(DIM, [])), archived(**objects))
    with pytest.raises(BundleRefused, match="allow_pickle"):
        load(folder, origin="current", at=AT)
    assert not opened.exists()


@pytest.mark.parametrize("gone", [SECOND_FILE, "encoder/model.onnx"])
def test_a_file_that_is_missing_says_what_to_do(tmp_path: Path, gone: str) -> None:
    folder = bundle_with_second(tmp_path, a_ranker(DIM, []))
    (folder / gone).unlink()
    with pytest.raises(BundleRefused, match="is missing: copy the bundle again, or refit it with"):
        load(folder, origin="current", at=AT)


def test_weights_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    folder = bundle_with_second(tmp_path, a_ranker(DIM, []))
    record = to_record(read_manifest(folder))
    record["answers"]["second_ranker"]["weights"] = {"cosine_of": 1.0}
    seal(folder, {name: value for name, value in record.items() if name not in ("files", "id", "format")})
    with pytest.raises(BundleRefused, match="its ranker has no weights"):
        load(folder, origin="current", at=AT)
