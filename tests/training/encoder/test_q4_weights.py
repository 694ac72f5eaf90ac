from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import encoder as encoders
from tests.training.encoder.q4_files import q4_file, rounded
from tests.training.tiny_bert import TinyBert, tokenizer
from training.encoder import q4_weights
from training.encoder.export import export
from training.encoder.sources import Source
from training.errors import WeightsNotUsable

TEXTS = ("my invoice is wrong", "how do i reset the password", "export", "is " * 40)


def a_source(folder: Path, data: bytes) -> Source:
    (folder / "weights.bin").write_bytes(data)
    (folder / "tokenizer.json").write_text(tokenizer().to_str())
    return Source(
        folder,
        "tiny",
        sha256=hashlib.sha256(data).hexdigest(),
        packed=folder / "weights.bin",
        max_tokens=24,
        multilingual=True,
        query_prefix="my ",
        passage_prefix="the ",
    )


def test_the_graph_unpacks_the_word_table_and_computes_what_the_weights_say(tmp_path: Path) -> None:
    bert = TinyBert()
    folders = export(tmp_path / "out", source=a_source(tmp_path, q4_file(bert.weights)))
    plain, small = (encoders.load(folders[precision]) for precision in ("fp32", "int8"))
    expected = TinyBert(rounded(bert.weights))

    for prefix, as_passages in (("my ", False), ("the ", True)):
        reference = np.array([expected.encode(prefix + text) for text in TEXTS])
        np.testing.assert_allclose(plain.encode(TEXTS, as_passages=as_passages), reference, atol=2e-6)
        assert np.sum(small.encode(TEXTS, as_passages=as_passages) * reference, axis=1).min() > 0.98
    assert (small.facts.multilingual, small.facts.max_tokens, small.n_pools) == (True, 24, 5)


def test_a_file_with_another_hash_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"anything")

    with pytest.raises(WeightsNotUsable, match="its sha256 is not 000"):
        q4_weights.read(tmp_path / "weights.bin", sha256="0" * 64)


def test_a_file_cut_short_anywhere_is_refused() -> None:
    data = q4_file(TinyBert().weights)
    q4_weights.parse(data)

    for size in [*range(0, 800, 7), *range(800, len(data), 997), len(data) - 1]:
        with pytest.raises((ValueError, struct.error)):
            q4_weights.parse(data[:size])


def test_changed_bytes_give_other_weights_or_a_refusal_and_never_another_error() -> None:
    data, draw = q4_file(TinyBert().weights), np.random.default_rng(19)
    for _ in range(300):
        changed = bytearray(data)
        for place in draw.integers(0, min(len(data), 1_500), size=3):
            changed[place] = draw.integers(256)
        try:
            q4_weights.parse(bytes(changed))
        except (ValueError, struct.error):
            continue


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({"hidden": 31}, "not those of a BERT encoder"),
        ({"layers": 0}, "not those of a BERT encoder"),
        ({"words": 2_000_000_000}, "not those of a BERT encoder"),
        ({"words": 3}, "emb.word has another size"),
        ({"places": 25}, "emb.pos has another size"),
        ({"wide": 96}, "has another size"),
        ({"layers": 3}, "l2.q.b is missing"),
    ],
)
def test_sizes_that_do_not_fit_the_tensors_are_refused(sizes: dict[str, int], reason: str, tmp_path: Path) -> None:
    source = a_source(tmp_path, q4_file(TinyBert().weights, sizes=sizes))

    with pytest.raises(WeightsNotUsable, match=reason):
        export(tmp_path / "out", source=source, precisions=["fp32"])


def test_a_missing_tensor_and_a_weight_that_is_no_number_are_refused() -> None:
    weights = TinyBert().weights
    with pytest.raises(ValueError, match=r"l1\.fo\.w is missing"):
        q4_weights.parse(q4_file(weights, without="l1.fo.w"))
    weights["encoder.layer.0.output.dense.bias"][3] = np.nan
    with pytest.raises(ValueError, match=r"l0\.fo\.b has values that are no numbers"):
        q4_weights.parse(q4_file(weights))
