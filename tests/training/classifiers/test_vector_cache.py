from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retrieval.encoder.encoder import Reading
from tests.fakes import HashingEncoder
from training.classifiers.vector_cache import CachedEncoder, VectorCache

TEXTS = ["export empty", "invoice twice", "reset password"]


def encode(folder: Path, encoder: HashingEncoder, texts: list[str]) -> np.ndarray:
    return VectorCache(folder, encoder).encode(texts, lambda done, total: None)  # type: ignore[arg-type]


def test_a_second_run_encodes_nothing_and_gives_the_same_bits(tmp_path: Path) -> None:
    first = HashingEncoder()
    vectors = encode(tmp_path, first, TEXTS)
    second = HashingEncoder()
    assert (encode(tmp_path, second, [TEXTS[2], TEXTS[0]]) == vectors[[2, 0]]).all()
    assert second.encoded == []


def test_a_text_is_encoded_once_however_often_it_occurs(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    vectors = encode(tmp_path, encoder, [TEXTS[0]] * 5)
    assert encoder.encoded == [TEXTS[0]]
    assert vectors.shape == (5, encoder.dim)


def test_another_encoder_has_vectors_of_its_own(tmp_path: Path) -> None:
    encode(tmp_path, HashingEncoder(), TEXTS)
    other = HashingEncoder("hashing-2")
    encode(tmp_path, other, TEXTS)
    assert other.encoded == TEXTS


def test_a_torn_record_is_cut_off_and_the_file_goes_on(tmp_path: Path) -> None:
    encode(tmp_path, HashingEncoder(), TEXTS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    again = HashingEncoder()
    expected = HashingEncoder().encode([*TEXTS, "new one"])
    assert (encode(tmp_path, again, [*TEXTS, "new one"]) == expected).all()
    assert again.encoded == [TEXTS[2], "new one"]
    last = HashingEncoder()
    encode(tmp_path, last, [*TEXTS, "new one"])
    assert last.encoded == []


def test_a_damaged_vector_is_encoded_again(tmp_path: Path) -> None:
    encode(tmp_path, HashingEncoder(), TEXTS)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[16 : 16 + 2048] = np.full(512, 3.0, "<f4").tobytes()
    path.write_bytes(data)
    again = HashingEncoder()
    assert (encode(tmp_path, again, TEXTS) == HashingEncoder().encode(TEXTS)).all()
    assert again.encoded == [TEXTS[0]]


class PoolingEncoder(HashingEncoder):
    """Has a second view of each text: its vector, halved."""

    n_pools = 2

    def read(self, texts: Sequence[str], *, progress: object = None) -> Reading:
        vectors = self.encode(texts, progress=progress)
        return Reading(vectors, np.stack((vectors, vectors / 2), axis=1).astype(np.float16))


def test_states_are_kept_beside_the_vectors(tmp_path: Path) -> None:
    def read(encoder: PoolingEncoder, texts: Sequence[str]) -> Reading:
        return VectorCache(tmp_path, encoder).read(texts, lambda done, total: None)  # type: ignore[arg-type]

    first = read(PoolingEncoder(), TEXTS)
    again = PoolingEncoder()
    second = read(again, TEXTS[::-1])
    assert again.encoded == []
    assert first.states.shape == (3, 2, PoolingEncoder.dim)
    assert (second.states[::-1] == first.states).all()
    assert (second.vectors[::-1] == first.vectors).all()


def test_no_texts_have_no_vectors(tmp_path: Path) -> None:
    assert encode(tmp_path, HashingEncoder(), []).shape == (0, HashingEncoder.dim)


class MarkingEncoder(HashingEncoder):
    """Reads a text as a passage otherwise than as a question."""

    passages_differ = True

    def encode(self, texts: Sequence[str], *, as_passages: bool = False, progress: object = None) -> np.ndarray:
        return super().encode([f"{'passage' if as_passages else 'query'} {text}" for text in texts])


def test_a_text_has_one_vector_as_a_question_and_another_as_a_passage(tmp_path: Path) -> None:
    def both(encoder: MarkingEncoder) -> tuple[np.ndarray, np.ndarray]:
        cached = CachedEncoder(encoder, VectorCache(tmp_path, encoder))  # type: ignore[arg-type]
        return cached.encode(TEXTS), cached.encode(TEXTS, as_passages=True)

    asked, passages = both(MarkingEncoder())
    again = MarkingEncoder()
    np.testing.assert_array_equal(both(again), (asked, passages))

    assert again.encoded == []
    np.testing.assert_array_equal(asked, MarkingEncoder().encode(TEXTS))
    np.testing.assert_array_equal(passages, MarkingEncoder().encode(TEXTS, as_passages=True))
