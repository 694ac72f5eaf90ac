"""One ONNX graph answers as the bundle does: the same labels, and probabilities within 1e-4."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner

from retrieval.encoder.encoder import from_files
from tests.journeys.service import ROOT
from tests.tiny_bundle import tiny_bundle
from tests.training.desk import fitted, tickets
from tests.training.promotion.test_promotion import FAST
from training.bundles import held_out, onnx_heads
from training.bundles.onnx_heads import ENDS_IN, IDS, VALUES
from training.cli import cli
from training.errors import GraphNotExported
from triage.model import bundle as bundles
from triage.model.bundle import Bundle

SAMPLE = ROOT / "var/sample/bundle"


def session_of(path: Path) -> onnxruntime.InferenceSession:
    return onnx_heads.session_of(path.read_bytes())


def exported(folder: Path, out: Path) -> dict[str, object]:
    done = CliRunner().invoke(cli, ["export-onnx", "--bundle", str(folder), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(360), out="bundle", config=FAST)
    return bundles.load(home / "bundle")


def test_a_fitted_bundle_is_one_graph_with_the_same_answers(desk: Bundle, tmp_path: Path) -> None:
    told = exported(desk.files.folder, tmp_path / "model.onnx")
    assert told["texts"] == 50
    session = session_of(tmp_path / "model.onnx")
    assert [node.name for node in session.get_outputs()] == [ENDS_IN + head for head in desk.heads]
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["labels"]) == {head: list(each.classes_) for head, each in desk.heads.items()}
    assert facts["bundle"] == desk.id
    texts = [row.text for row in held_out.read(desk)][:50]
    found = onnx_heads.agreement(desk, session, texts)
    assert found.same_labels
    assert found.largest < 1e-4


@pytest.mark.skipif(not (SAMPLE / "manifest.json").exists(), reason="the sample models are not built: run `make setup`")
def test_the_samples_bundle_is_one_graph_with_the_same_answers_on_50_tickets(tmp_path: Path) -> None:
    """With the packaged encoder: pools, and rounding to float16 on the way."""
    bundle = bundles.load(SAMPLE)
    told = exported(SAMPLE, tmp_path / "model.onnx")
    assert told["texts"] == 50
    session = session_of(tmp_path / "model.onnx")
    texts = [row.text for row in held_out.read(bundle)][:50]
    found = onnx_heads.agreement(bundle, session, texts)
    assert found.same_labels
    assert found.largest < 1e-4
    assert found.tokens_alone < 1  # the n-grams count: without them some labels are others


def test_without_n_grams_the_graph_is_the_encoders_share_and_several_texts_run_at_once(tmp_path: Path) -> None:
    bundle = bundles.load(tiny_bundle(tmp_path / "tiny"))
    exported(tmp_path / "tiny", tmp_path / "model.onnx")
    session = session_of(tmp_path / "model.onnx")
    encoder = from_files(*bundle.encoder_files())
    texts = ["csv export empty", "reset password login", "api key broken"]
    ids = np.array([[2, 1, 3], [7, 6, 8], [9, 10, 11]], dtype=np.int64)
    states = encoder.read(texts).states
    for name, rows in zip(bundle.heads, session.run(None, {"input_ids": ids}), strict=True):
        head = bundle.heads[name]
        np.testing.assert_allclose(rows, head.predict_proba([""] * 3, states), atol=1e-4)
    columns, values = zip(*(bundle.heads.lexicon.row(text) for text in texts), strict=True)
    width = max(map(len, columns))
    ngrams = {IDS: np.zeros((3, width), np.int64), VALUES: np.zeros((3, width), np.float32)}
    for row, (own, weights) in enumerate(zip(columns, values, strict=True)):
        ngrams[IDS][row, : len(own)], ngrams[VALUES][row, : len(own)] = own, weights
    for name, rows in zip(bundle.heads, session.run(None, {"input_ids": ids} | ngrams), strict=True):
        np.testing.assert_allclose(rows, bundle.heads[name].predict_proba(texts, states), atol=1e-4)


def test_a_graph_that_answers_otherwise_is_not_written(
    desk: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = onnx_heads._scores
    monkeypatch.setattr(
        onnx_heads, "_scores", lambda graph, *given: graph.add("Mul", right(graph, *given), graph.number("odd", -1))
    )
    given = ["export-onnx", "--bundle", str(desk.files.folder), "--out", str(tmp_path / "model.onnx")]
    done = CliRunner().invoke(cli, given)
    assert isinstance(done.exception, GraphNotExported)
    assert "differ by" in str(done.exception)
    assert not (tmp_path / "model.onnx").exists()
