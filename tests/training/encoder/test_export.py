from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from tokenizers import Tokenizer

from retrieval.encoder import encoder as encoders
from tests.training.tiny_bert import CONFIG, TinyBert, safetensors, tokenizer
from training.encoder import weights as encoder_weights
from training.encoder.bert_graph import Shape, build
from training.encoder.export import export
from training.encoder.smooth_quant import smoothed
from training.errors import WeightsNotUsable

TEXTS = ("my invoice is wrong", "how do i reset the password", "export", "unknown words here", "is " * 40)


def test_the_graph_computes_what_the_paper_says(tmp_path: Path) -> None:
    bert = TinyBert()
    folder = export(tmp_path / "out", source=bert.save(tmp_path / "in"), precisions=["fp32"])["fp32"]

    vectors = encoders.load(folder).encode(TEXTS)

    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(vector, bert.encode(text), atol=2e-6)


def test_the_graph_gives_five_views_of_the_same_run(tmp_path: Path) -> None:
    bert = TinyBert()
    folder = export(tmp_path / "out", source=bert.save(tmp_path / "in"), precisions=["fp32"])["fp32"]
    encoder = encoders.load(folder)

    reading = encoder.read(TEXTS)

    np.testing.assert_array_equal(reading.vectors, encoder.encode(TEXTS))
    for text, states in zip(TEXTS, reading.states, strict=True):
        middle, between, last = bert.states(text)  # of two layers the last but two is the embeddings
        views = (last.mean(0), last.std(0), middle.std(0), middle.mean(0), between.mean(0))
        np.testing.assert_allclose(states, views, atol=2e-3)  # float16


def test_int8_stays_close_to_fp32_and_is_a_fraction_of_it(tmp_path: Path) -> None:
    folders = export(tmp_path / "out", source=TinyBert().save(tmp_path / "in"))
    plain, small = (encoders.load(folders[precision]) for precision in ("fp32", "int8"))

    assert np.sum(plain.encode(TEXTS) * small.encode(TEXTS), axis=1).min() > 0.98
    assert small.facts.precision == "int8"
    assert small.fingerprint != plain.fingerprint


def test_evening_columns_out_for_int8_changes_nothing_by_itself() -> None:
    bert, shape = TinyBert(), Shape.from_config(CONFIG)
    reader = tokenizer()
    reader.no_padding()

    evened, divisors = smoothed(bert.weights, shape, reader)

    before = _encoded(build(bert.weights, shape, name="before", divisors={}))
    after = _encoded(build(evened, shape, name="after", divisors=divisors))
    np.testing.assert_allclose(after, before, atol=2e-6)
    assert any(len(set(factors.tolist())) > 1 for factors in divisors.values())


def test_the_same_weights_give_the_same_fingerprint(tmp_path: Path) -> None:
    source = TinyBert().save(tmp_path / "in")

    first, second = (encoders.load(export(tmp_path / name, source=source)["int8"]) for name in ("one", "two"))

    assert first.fingerprint == second.fingerprint


def test_padding_of_the_published_tokenizer_is_switched_off(tmp_path: Path) -> None:
    assert tokenizer().encode("export").ids != [12]

    folder = export(tmp_path / "out", source=TinyBert().save(tmp_path / "in"), precisions=["fp32"])["fp32"]

    assert Tokenizer.from_file(str(folder / "tokenizer.json")).encode("export").ids == [12]


def test_padded_columns_would_not_change_a_vector(tmp_path: Path) -> None:
    folder = export(tmp_path / "out", source=TinyBert().save(tmp_path / "in"), precisions=["fp32"])["fp32"]
    session = encoders.load(folder)._session

    def run(ids: list[int], mask: list[int]) -> np.ndarray:
        feed = {"input_ids": [ids], "attention_mask": [mask], "token_type_ids": [[0] * len(ids)]}
        return session.run(None, {name: np.array(value, dtype=np.int64) for name, value in feed.items()})[0]

    np.testing.assert_allclose(run([2, 3, 4], [1, 1, 1]), run([2, 3, 4, 0, 0], [1, 1, 1, 0, 0]), atol=1e-6)


def test_somebody_elses_onnx_file_gets_pooled_and_normalised(tmp_path: Path) -> None:
    bert = TinyBert()
    folder = tmp_path / "foreign"
    folder.mkdir()
    onnx.save(
        _ending_in_token_states(build(bert.weights, Shape.from_config(CONFIG), name="foreign")), folder / "model.onnx"
    )
    (folder / "tokenizer.json").write_text(tokenizer().to_str())

    encoder = encoders.load(export(tmp_path / "out", source=folder, precisions=["fp32"])["fp32"])

    assert encoder.name == "foreign"
    np.testing.assert_allclose(encoder.encode(TEXTS[:1])[0], bert.encode(TEXTS[0]), atol=2e-6)


def test_weights_with_another_hash_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(TinyBert().weights))
    encoder_weights.read(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())

    with pytest.raises(WeightsNotUsable, match="its sha256 is not 000"):
        encoder_weights.read(path, sha256="0" * 64)


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, (10**12).to_bytes(8, "little") + b"{}"])
def test_a_damaged_weights_file_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)

    with pytest.raises(WeightsNotUsable, match="not a safetensors file"):
        encoder_weights.read(path)


def test_what_cannot_be_found_or_built_says_why(tmp_path: Path) -> None:
    roberta = TinyBert().save(tmp_path / "roberta", config={**CONFIG, "model_type": "roberta"})

    for source, reason in (
        (tmp_path / "nowhere", "there is no such folder"),
        ("nowhere", "a Hugging Face id looks like owner/name"),
        (tmp_path, "tokenizer.json is missing"),
        (roberta, "neither BERT weights in model.safetensors nor a model.onnx"),
    ):
        with pytest.raises(WeightsNotUsable, match=reason):
            export(tmp_path / "out", source=source)


def _encoded(model: onnx.ModelProto) -> np.ndarray:
    facts = {"format": 1, "name": "t", "dim": 32, "precision": "fp32", "max_tokens": 24, "max_chars": 500}
    files = (model.SerializeToString(), tokenizer().to_str().encode(), json.dumps(facts).encode())
    return encoders.from_files(*files).encode(TEXTS)


def _ending_in_token_states(model: onnx.ModelProto) -> onnx.ModelProto:
    """Cut the pooling off, as exporters of token states leave it."""
    nodes = list(model.graph.node)
    last = max(number for number, node in enumerate(nodes) if node.op_type == "LayerNormalization")
    del model.graph.node[last + 1 :]
    del model.graph.output[:]
    states = helper.make_tensor_value_info(nodes[last].output[0], onnx.TensorProto.FLOAT, ["texts", "tokens", 32])
    model.graph.output.append(states)
    return model
