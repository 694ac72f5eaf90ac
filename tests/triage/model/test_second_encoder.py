"""A bundle with a second encoder: its files, its vectors of closed tickets, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder.encoder import from_files
from tests.tiny_bundle import TEXTS, tiny_bundle
from tests.triage.model.test_bundle import resealed, rewritten
from triage.errors import BundleRefused
from triage.model import bundle as bundles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "bundle", second=1)


def test_a_bundle_carries_a_second_encoder_and_the_closed_tickets_by_it(folder: Path) -> None:
    bundle = bundles.load(folder)
    second = from_files(*bundle.second_encoder_files() or ())
    cases = bundle.cases()

    assert bundle.manifest.second_encoder is not None
    assert bundle.manifest.second_encoder.fingerprint == second.fingerprint != bundle.encoder_fingerprint
    assert bundle.golden.second_failures(second.encode(TEXTS)) == []
    assert cases.second is not None
    assert cases.second.vectors.shape == cases.vectors.shape


def test_a_bundle_with_one_encoder_says_nothing_of_a_second(tmp_path: Path) -> None:
    folder = tiny_bundle(tmp_path / "bundle")
    bundle = bundles.load(folder)

    assert bundle.second_encoder_files() is None
    assert bundle.cases().second is None
    assert "second" not in (folder / "manifest.json").read_text()
    assert "second" not in (folder / "golden.json").read_text()


def test_a_second_encoder_that_reads_otherwise_fails_its_golden_texts(folder: Path) -> None:
    bundle = bundles.load(folder)
    first = from_files(*bundle.encoder_files())

    assert bundle.golden.second_failures(first.encode(TEXTS))[0].startswith("second encoder: golden texts are off")


def test_a_second_encoder_without_its_record_is_refused(folder: Path) -> None:
    resealed(folder, lambda manifest: manifest.pop("second_encoder"))

    with pytest.raises(BundleRefused, match="second encoder"):
        bundles.load(folder)


def test_the_first_encoder_named_again_as_the_second_is_refused(folder: Path) -> None:
    resealed(folder, lambda manifest: manifest.update(second_encoder=manifest["encoder"]))

    with pytest.raises(BundleRefused, match="second encoder is the first"):
        bundles.load(folder)


def test_a_damaged_file_of_the_second_encoder_is_refused(folder: Path) -> None:
    path = folder / "second_encoder" / "model.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    with pytest.raises(BundleRefused, match=r"second_encoder/model\.onnx is damaged"):
        bundles.load(folder)


def test_second_vectors_of_other_tickets_are_refused(folder: Path) -> None:
    out = io.BytesIO()
    np.save(out, np.zeros((3, 16), np.float16))
    rewritten(folder, "cases/second_vectors.npy", out.getvalue())

    with pytest.raises(BundleRefused, match="vectors do not belong together"):
        bundles.load(folder).cases()
    assert json.loads((folder / "manifest.json").read_text())["second_encoder"]["name"] == "tiny-2"
