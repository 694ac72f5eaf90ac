from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from retrieval.encoder import encoder as encoders
from retrieval.errors import EncoderNotUsable
from tests.tiny_bundle import DIM, tiny_encoder_files


def saved(folder: Path) -> Path:
    for name, data in zip(encoders.FILES, tiny_encoder_files(), strict=True):
        (folder / name).write_bytes(data)
    return folder


def model() -> onnx.ModelProto:
    return onnx.load_from_string(tiny_encoder_files()[0])


def with_pools() -> tuple[bytes, bytes, bytes]:
    """Give the tiny encoder two pools: the mean of its words, and that once more."""
    changed = model()
    changed.graph.node.append(helper.make_node("Unsqueeze", ["mean", "one"], ["row"]))
    changed.graph.node.append(helper.make_node("Concat", ["row", "row"], ["pools"], axis=1))
    changed.graph.initializer.append(numpy_helper.from_array(np.array([1]), "one"))
    changed.graph.output.append(helper.make_tensor_value_info("pools", TensorProto.FLOAT, ["batch", 2, DIM]))
    _, tokenizer, config = tiny_encoder_files()
    return changed.SerializeToString(), tokenizer, config


def refused(changed: onnx.ModelProto | bytes) -> str:
    _, tokenizer, config = tiny_encoder_files()
    data = changed if isinstance(changed, bytes) else changed.SerializeToString()
    with pytest.raises(EncoderNotUsable) as caught:
        encoders.from_files(data, tokenizer, config)
    return str(caught.value)


def test_vectors_have_unit_length_and_the_stated_columns() -> None:
    encoder = encoders.from_files(*tiny_encoder_files())

    vectors = encoder.encode(["export csv", "refund", "words nobody knows"])

    assert vectors.shape == (3, DIM) == (3, encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_an_encoder_without_pools_has_the_vector_as_its_only_state() -> None:
    encoder = encoders.from_files(*tiny_encoder_files())

    reading = encoder.read(["export csv", "refund"])

    assert encoder.n_pools == 1
    assert reading.states.shape == (2, 1, DIM)
    np.testing.assert_array_equal(reading.states[:, 0], reading.vectors)


def test_a_text_has_the_same_states_in_any_company() -> None:
    encoder = encoders.from_files(*with_pools())
    texts = ["export csv", *["refund"] * 10, "password"]

    together = encoder.read(texts)

    assert together.states.dtype == np.float16
    assert together.states.shape == (12, 2, DIM)
    np.testing.assert_array_equal(together.states[:1], encoder.read(texts[:1]).states)
    np.testing.assert_array_equal(together.vectors, encoder.encode(texts))


def test_texts_of_any_length_have_bit_for_bit_the_vectors_of_a_serial_run_in_their_order() -> None:
    encoder = encoders.from_files(*with_pools())
    texts = [" ".join(["export", "csv", "refund", "password"][: 1 + n % 4] * (1 + n * 7 % 23)) for n in range(60)]

    together = encoder.read(texts)

    alone = [encoder.read([text]) for text in texts]
    assert together.vectors.tobytes() == b"".join(each.vectors.tobytes() for each in alone)
    assert together.states.tobytes() == b"".join(each.states.tobytes() for each in alone)


def test_a_fault_of_one_text_ends_the_run() -> None:
    encoder = encoders.from_files(*tiny_encoder_files())
    seen: list[int] = []

    def stop(done: int, _: int) -> None:
        seen.append(done)
        raise KeyError(done)

    with pytest.raises(KeyError):
        encoder.encode(["export"] * 200, progress=stop)

    assert len(seen) < 200


def test_pools_of_other_columns_are_refused() -> None:
    graph, *_ = with_pools()
    changed = onnx.load_from_string(graph)
    changed.graph.output[1].type.tensor_type.shape.dim[2].dim_value = DIM + 1
    with pytest.raises(EncoderNotUsable):
        encoders.from_files(changed.SerializeToString(), *tiny_encoder_files()[1:])


def test_no_text_at_all_is_no_vector() -> None:
    assert encoders.from_files(*tiny_encoder_files()).encode([]).shape == (0, DIM)


def test_progress_counts_every_text() -> None:
    seen: list[tuple[int, int]] = []

    encoders.from_files(*tiny_encoder_files()).encode(
        ["export"] * 10, progress=lambda done, of: seen.append((done, of))
    )

    assert seen == [(done, 10) for done in range(1, 11)]


def test_characters_are_cut_before_anything_looks_at_them() -> None:
    graph, tokenizer, config = tiny_encoder_files()
    patient = json.dumps(json.loads(config) | {"max_chars": 1_100, "max_tokens": 1_000_000}).encode()
    encoder = encoders.from_files(graph, tokenizer, patient)
    long = "export csv " * 100

    np.testing.assert_array_equal(encoder.encode([long + "refund " * 100_000]), encoder.encode([long]))


def test_questions_and_passages_are_read_with_their_own_prefixes() -> None:
    graph, tokenizer, config = tiny_encoder_files()
    plain = encoders.from_files(graph, tokenizer, config)
    marks = {"query_prefix": "login ", "passage_prefix": "api ", "multilingual": True}
    marked = encoders.from_files(graph, tokenizer, json.dumps(json.loads(config) | marks).encode())

    np.testing.assert_array_equal(marked.encode(["csv"]), plain.encode(["login csv"]))
    np.testing.assert_array_equal(marked.read(["csv"]).vectors, plain.encode(["login csv"]))
    np.testing.assert_array_equal(marked.encode(["csv"], as_passages=True), plain.encode(["api csv"]))
    assert (marked.passages_differ, marked.facts.multilingual) == (True, True)


def test_an_encoder_without_prefixes_reads_passages_as_questions() -> None:
    plain = encoders.from_files(*tiny_encoder_files())

    np.testing.assert_array_equal(plain.encode(["csv"], as_passages=True), plain.encode(["csv"]))
    assert (plain.passages_differ, plain.facts.multilingual) == (False, False)


def test_the_fingerprint_names_graph_tokenizer_and_configuration(tmp_path: Path) -> None:
    first = encoders.load(saved(tmp_path)).fingerprint
    config = json.loads((tmp_path / "encoder.json").read_text())
    (tmp_path / "encoder.json").write_text(json.dumps(config | {"max_tokens": 32}))

    assert encoders.load(tmp_path).fingerprint != first
    assert encoders.from_files(*tiny_encoder_files(1)).fingerprint != first


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (saved(tmp_path) / "tokenizer.json").unlink()

    with pytest.raises(EncoderNotUsable, match=r"No such file.*tokenizer\.json"):
        encoders.load(tmp_path)


def test_weights_in_another_file_are_refused_before_the_runtime_sees_them() -> None:
    changed = model()
    tensor = changed.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")

    assert "keeps weights in another file" in refused(changed)


def test_weights_of_another_file_inside_a_node_are_refused() -> None:
    hidden = onnx.TensorProto(dims=[1], data_type=1, data_location=onnx.TensorProto.EXTERNAL)
    changed = model()
    changed.graph.node.append(onnx.helper.make_node("Constant", [], ["x"], value=hidden))

    assert "keeps weights in another file" in refused(changed)


def test_foreign_operators_are_refused() -> None:
    by_node, by_import = model(), model()
    by_node.graph.node[0].domain = "com.example"
    by_import.opset_import.append(onnx.helper.make_opsetid("com.example", 1))

    assert "operators of b'com.example'" in refused(by_node)
    assert "operators of b'com.example'" in refused(by_import)


def test_sparse_weights_and_functions_are_refused() -> None:
    sparse, function = model(), model()
    sparse.graph.sparse_initializer.add()
    function.functions.add(name="f")

    assert "sparse weights" in refused(sparse)
    assert "functions of its own" in refused(function)


@pytest.mark.parametrize("data", [b"", b"not a model", b"\xff" * 100, tiny_encoder_files()[0][:-20]])
def test_what_is_no_whole_model_is_refused(data: bytes) -> None:
    assert "cannot be used" in refused(data)


def test_a_configuration_that_does_not_fit_the_graph_is_refused() -> None:
    graph, tokenizer, config = tiny_encoder_files()
    for change, reason in (
        ({"dim": 3}, "3 columns"),
        ({"format": 9}, "format 9"),
        ({"max_chars": "many"}, "ValueError"),
        ({"query_prefix": 7}, "query_prefix in encoder.json must be a text"),
        ({"passage_prefix": "p" * 201}, "passage_prefix in encoder.json must be a text"),
        ({"multilingual": "yes"}, "multilingual in encoder.json must be true or false"),
    ):
        other = json.dumps(json.loads(config) | change).encode()
        with pytest.raises(EncoderNotUsable, match=reason):
            encoders.from_files(graph, tokenizer, other)


def test_a_damaged_tokenizer_is_refused() -> None:
    graph, _, config = tiny_encoder_files()

    with pytest.raises(EncoderNotUsable, match="firstline-train encoder"):
        encoders.from_files(graph, b'{"model": null}', config)
