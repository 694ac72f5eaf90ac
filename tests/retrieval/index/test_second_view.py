"""An index with the vectors of two encoders: saved and loaded, built again, narrowed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexNotUsable
from retrieval.index import file_contents
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from retrieval.index.second_view import Scale
from retrieval.index.vector_index import VectorIndex
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.retrieval.article_builders import an_article, knowledge_base


def test_an_index_comes_back_from_its_files_with_both_views(tmp_path: Path) -> None:
    index = build(knowledge_base(), HashingEncoder(), second=TranslatingEncoder())
    index_files.save(index, tmp_path / "index")
    index_files.save(index, tmp_path / "index")  # over one that has both

    loaded = index_files.load(tmp_path / "index")

    assert loaded.second is not None
    assert index.second is not None
    assert loaded.second.encoder == index.second.encoder
    assert loaded.second.scale.common == pytest.approx(index.second.scale.common)
    assert np.allclose(loaded.second.scale.centre, index.second.scale.centre)
    assert np.array_equal(loaded.second.vectors.vectors(), index.second.vectors.vectors())
    assert loaded.version == index.version != build(knowledge_base(), HashingEncoder()).version
    assert index_files.verified_id(tmp_path / "index")


def test_an_index_with_one_encoder_has_no_file_and_no_word_of_a_second(tmp_path: Path) -> None:
    index_files.save(build(knowledge_base(), HashingEncoder()), tmp_path / "index")

    assert {each.name for each in (tmp_path / "index").iterdir()} == {*file_contents.FILES, index_files.MANIFEST}
    assert "second" not in (tmp_path / "index" / index_files.MANIFEST).read_text()


def test_damaged_vectors_of_the_second_encoder_are_refused(tmp_path: Path) -> None:
    index_files.save(build(knowledge_base(), HashingEncoder(), second=TranslatingEncoder()), tmp_path / "index")
    path = tmp_path / "index" / file_contents.SECOND
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    with pytest.raises(IndexNotUsable, match=f"{file_contents.SECOND} was changed"):
        index_files.load(tmp_path / "index")


def test_a_changed_article_is_encoded_once_by_each_encoder() -> None:
    first, second = HashingEncoder(), TranslatingEncoder()
    before = build(knowledge_base(), first, second=second)
    first.encoded.clear()
    second.encoded.clear()
    changed = [*knowledge_base()[1:], an_article(body=an_article().body.replace("an hour", "a day"))]

    build(changed, first, second=second, previous=before)

    assert len(first.encoded) == len(second.encoded) == 1


def test_a_second_encoder_that_comes_later_leaves_the_first_vectors_as_they_are() -> None:
    first = HashingEncoder()
    before = build(knowledge_base(), first)
    first.encoded.clear()

    after = build(knowledge_base(), first, second=TranslatingEncoder(), previous=before)

    assert first.encoded == []
    assert after.second is not None
    assert len(after.second.vectors) == len(after.vectors)


def test_cosines_of_an_encoder_that_puts_all_texts_near_each_other_come_on_the_scale_of_the_first() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(60, 32))
    near = first + 4 * random.normal(size=32)  # the same texts, all with much in common
    indexes = [
        VectorIndex.build((each / np.linalg.norm(each, axis=1, keepdims=True)).astype(np.float32))
        for each in (first, near)
    ]
    scale = Scale.between(*indexes)

    vectors = indexes[1].vectors()
    others = np.array([scale(vectors[np.arange(60) != row] @ vectors[row], vectors[row]) for row in range(60)])
    assert float((vectors[1:] @ vectors[0]).mean()) > 0.9
    assert float(others.mean()) == pytest.approx(0.0, abs=0.1)
    assert float(scale(np.ones(1, np.float32), vectors[0])[0]) == pytest.approx(1.0, abs=1e-3)


def test_the_manifest_of_an_index_names_its_second_encoder(tmp_path: Path) -> None:
    index_files.save(build(knowledge_base(), HashingEncoder(), second=TranslatingEncoder()), tmp_path / "index")

    manifest = json.loads((tmp_path / "index" / index_files.MANIFEST).read_text())

    assert manifest["second_encoder"] == {"name": "translating", "fingerprint": "translating-1", "dim": 512}


def test_headings_and_known_questions_come_back_and_an_index_without_them_is_still_read(tmp_path: Path) -> None:
    asked = ["How do I reset it?"]
    index = build([an_article(asked=asked), *knowledge_base()[1:]], HashingEncoder(), second=TranslatingEncoder())
    index_files.save(index, tmp_path / "index")
    now = index_files.load(tmp_path / "index").second
    assert index.second is not None
    assert now is not None
    assert now.headings is not None
    assert now.asked is not None
    assert index.second.headings is not None
    assert np.array_equal(now.headings.vectors, index.second.headings.vectors)
    assert now.asked.texts == ("How do I reset it?",)

    older = replace(index, second=replace(index.second, headings=None, asked=None))
    index_files.save(older, tmp_path / "older")
    found = index_files.load(tmp_path / "older").second
    assert found is not None
    assert (found.headings, found.asked) == (None, None)
    assert found.asked_cosines(np.zeros(found.vectors.dim, dtype=np.float32)) is None
