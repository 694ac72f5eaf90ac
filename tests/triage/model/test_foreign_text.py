"""The foreign-text gate as it serves: one score, a threshold by language, and bundles made before it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.manifests import a_head
from tests.training.desk import OTHER_DESK, fitted, tickets
from tests.training.test_refit import FAST
from training.bundles import folder as bundle_folder
from training.classifiers import foreign_texts
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.foreign_text import ForeignTextGate, Gate, GateFigures, Neighbours, sentence_vectors
from triage.model.manifest import from_record, to_record

ENTRY = ForeignTextGate(
    file="foreign_text.npz",
    sharpness=2.0,
    energies={"category": 0.5},
    intercept=-1.0,
    threshold=0.0,
    thresholds={"de": -2.0},
    measured=GateFigures(n=0, abstained=None, background=0, caught=0.0, languages={}),
)
GATE = Gate(ENTRY, Neighbours(np.eye(2, dtype=np.float16), np.array([3.0, -3.0], np.float32)))


def test_a_score_is_of_the_neighbours_the_energies_and_the_intercept() -> None:
    states = np.array([[[2.0, 0.0], [9.0, 9.0]], [[0.0, 1.0], [9.0, 9.0]]], np.float16)  # only the first pool counts
    far = 3 * np.exp(-2 * 2)  # orthogonal unit vectors have the squared distance 2
    expected = [3 - far - 1 + 0.5 * 4, far - 3 - 1 + 0.5 * 1]
    assert GATE.scores(states, {"category": np.array([4.0, 1.0])}) == pytest.approx(expected, abs=1e-5)


def test_a_text_is_foreign_below_the_threshold_of_its_language() -> None:
    scores = np.array([-1.0, -1.0, -1.0, -2.5, 0.0])
    assert GATE.foreign(scores, ["en", None, "de", "de", "en"]).tolist() == [True, True, False, True, False]


def test_a_text_without_a_direction_has_a_vector_of_zeros() -> None:
    assert sentence_vectors(np.zeros((1, 3, 4), np.float16)).tolist() == [[0.0] * 4]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("gate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(foreign_texts, "background", lambda: OTHER_DESK)
        fitted(home, tickets(200), out="bundle", config=FAST)
    return home / "bundle"


def test_the_gate_of_a_bundle_speaks_for_all_its_heads(folder: Path) -> None:
    bundle = bundles.load(folder)
    assert bundle.gate is not None
    n, dim = 3, bundle.manifest.encoder.dim
    energies = {head: np.full(n, -1e6) for head in bundle.heads}
    found = bundle.foreign(np.ones((n, 1, dim), np.float32), energies, [None] * n)
    assert {head: each.tolist() for head, each in found.items()} == dict.fromkeys(bundle.heads, [True] * n)


def rewritten(folder: Path, out: Path, without: str = "", **changes: object) -> bundles.Bundle:
    """Return the bundle with another manifest, and without one of its files."""
    bundle = bundles.load(folder)
    files = [(each.path, bundle.read(each.path)) for each in bundle.manifest.files if each.path != without]
    bundle_folder.write(files, msgspec.structs.replace(bundle.manifest.unsealed(), **changes), out)
    return bundles.load(out)


def test_a_bundle_made_before_the_gate_keeps_its_heads_own_thresholds(folder: Path, tmp_path: Path) -> None:
    """So its certificates go on covering what they were tested on."""
    heads = bundles.load(folder).manifest.heads
    older = {head: msgspec.structs.replace(entry, familiar_at=2.0) for head, entry in heads.items()}
    older["product_area"] = msgspec.structs.replace(heads["product_area"], familiar_at=None)
    bundle = rewritten(folder, tmp_path / "older", without=bundles.GATE, heads=older, foreign_text=None)
    assert bundle.gate is None
    energies = {head: np.array([1.9, 2.0]) for head in bundle.heads}
    found = bundle.foreign(np.ones((2, 1, 16), np.float32), energies, ["en", "en"])
    assert {head: each.tolist() for head, each in found.items()} == {
        "category": [True, False],
        "product_area": [False, False],
    }


def test_a_gate_that_reads_a_head_which_is_not_there_is_refused(folder: Path, tmp_path: Path) -> None:
    entry = bundles.load(folder).manifest.foreign_text
    assert entry is not None
    changed = msgspec.structs.replace(entry, energies={"mood": 1.0})
    with pytest.raises(BundleRefused, match="reads heads that it does not have"):
        rewritten(folder, tmp_path / "odd", foreign_text=changed)


def test_a_manifest_without_a_gate_is_read_and_written_as_before() -> None:
    from tests.manifests import a_manifest

    record = json.loads(json.dumps(to_record(a_manifest(heads={"category": a_head(familiar_at=1.5)}))))
    assert "foreign_text" not in record
    assert from_record(record).heads["category"].familiar_at == 1.5
