from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.errors import IndexNotUsable, IndexOfAnotherEncoder
from retrieval.index import file_contents
from retrieval.index import files as index_files
from retrieval.index.article_index import ArticleIndex, build
from retrieval.index.codes import rows_with
from retrieval.index.tokens import words
from retrieval.index.vector_index import VectorIndex
from retrieval.index.vector_kinds import HALF_FROM
from retrieval.index.word_index import WordIndex
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article, knowledge_base
from triage.signing.identity import identity


def found(index: ArticleIndex, question: str) -> dict[str, dict[str, float]]:
    """How each article fits, by its id."""
    fits = index.fits(question, HashingEncoder().encode([question])[0])
    columns = {"cosine": fits.cosine, "words": fits.words, "title_cosine": fits.title_cosine}
    return {
        article.id: {name: float(column[number]) for name, column in columns.items()}
        for number, article in enumerate(index.by_number)
    }


def test_meaning_and_words_are_scored_for_every_article() -> None:
    fits = found(build(knowledge_base(), HashingEncoder()), "export a report to csv")

    assert max(fits, key=lambda article_id: fits[article_id]["cosine"]) == "csv"
    assert fits["csv"]["words"] > fits["runbook"]["words"] > fits["invoice"]["words"] == 0
    assert fits["csv"]["title_cosine"] > fits["invoice"]["title_cosine"]


def test_an_article_fits_as_its_best_passage_does() -> None:
    index = build(knowledge_base(), HashingEncoder())
    fits = index.fits("reset password", HashingEncoder().encode(["reset password"])[0])

    for number in range(len(index.articles)):
        rows = index.passages_of(number)
        assert {index.passages[row].article_id for row in rows} == {index.by_number[number].id}
        assert fits.cosine[number] == max(fits.passage_cosine[row] for row in rows)
        assert fits.words[number] == max(fits.passage_words[row] for row in rows)


def test_an_article_that_is_gone_has_no_number() -> None:
    index = build(knowledge_base(), HashingEncoder())

    assert index.number("invoice") is not None
    assert index.number("retired") is None


def test_an_empty_knowledge_base_finds_nothing(tmp_path: Path) -> None:
    index = build([], HashingEncoder())
    index_files.save(index, tmp_path / "index")

    assert found(index, "anything") == found(index_files.load(tmp_path / "index"), "anything") == {}


def test_an_empty_knowledge_base_has_no_code_however_it_is_read(tmp_path: Path) -> None:
    index_files.save(build([], HashingEncoder()), tmp_path / "index")
    index = index_files.load(tmp_path / "index")

    assert index.passage_words.vocabulary == ()
    assert rows_with("500", index.passage_words, index.passages) == []


def test_a_changed_article_re_encodes_only_its_changed_passages() -> None:
    encoder = HashingEncoder()
    before = build(knowledge_base(), encoder)
    encoder.encoded.clear()
    changed = [*knowledge_base()[1:], an_article(body=an_article().body.replace("an hour", "a day"))]

    after = build(changed, encoder, previous=before)

    assert [text for text in encoder.encoded if "a day" in text] == encoder.encoded
    assert len(encoder.encoded) == 1
    assert after.version != before.version
    assert found(before, "valid for an hour")["reset"]["cosine"] > found(after, "valid for an hour")["reset"]["cosine"]


def test_passages_of_articles_that_stayed_are_taken_over_and_the_others_read_anew() -> None:
    before = build(knowledge_base(), HashingEncoder())
    changed = [an_article(body="# Anew\n\nAll is said otherwise."), an_article(id="new"), *knowledge_base()[:0:-1]]
    stayed = {article.id for article in knowledge_base()[1:]}

    after = build(changed, HashingEncoder(), previous=before)

    assert after.passages == build(changed, HashingEncoder()).passages
    taken_over = {id(passage) for passage in before.passages} & {id(passage) for passage in after.passages}
    assert taken_over == {id(passage) for passage in before.passages if passage.article_id in stayed}


def test_vectors_of_another_encoder_are_not_taken_over() -> None:
    before = build(knowledge_base(), HashingEncoder())
    other = HashingEncoder("hashing-2")

    build(knowledge_base(), other, previous=before)

    assert len(other.encoded) == before.rows


def test_the_version_depends_on_articles_and_encoder_alone() -> None:
    version = build(knowledge_base(), HashingEncoder()).version

    assert build(knowledge_base()[::-1], HashingEncoder()).version == version
    assert build(knowledge_base(), HashingEncoder("hashing-2")).version != version
    assert build(knowledge_base()[1:], HashingEncoder()).version != version


def test_a_saved_index_answers_as_before(tmp_path: Path) -> None:
    index = build(knowledge_base(), HashingEncoder())
    index_files.save(index, tmp_path / "index")

    loaded = index_files.load(tmp_path / "index", encoder=HashingEncoder())

    assert loaded.version == index.version
    assert loaded.passages == index.passages
    assert found(loaded, "reset my password") == found(index, "reset my password")


def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        index_files.save(build(knowledge_base(), HashingEncoder()), tmp_path / name)

    one, two = (json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("one", "two"))

    assert one == two


def test_saving_replaces_an_index_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    index_files.save(build(knowledge_base(), HashingEncoder()), tmp_path / "index")
    index_files.save(build(knowledge_base()[:2], HashingEncoder()), tmp_path / "index")

    assert len(index_files.load(tmp_path / "index").articles) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_saving_never_replaces_somebodys_documents(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")

    with pytest.raises(IndexNotUsable, match="files that are not an index"):
        index_files.save(build(knowledge_base(), HashingEncoder()), tmp_path)

    assert (tmp_path / "thesis.odt").exists()


@pytest.mark.parametrize("killed_at", range(10))
def test_a_process_that_is_killed_while_saving_leaves_the_old_index_or_the_new_one(
    killed_at: int, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    index_files.save(build(knowledge_base()[:2], HashingEncoder()), folder)
    child = multiprocessing.get_context("fork").Process(target=save_until, args=(folder, killed_at))
    child.start()
    child.join(60)

    assert child.exitcode == -signal.SIGKILL
    assert len(index_files.load(folder).articles) == (2 if killed_at < 9 else 5)
    index_files.save(build(knowledge_base()[:3], HashingEncoder()), folder)
    assert len(index_files.load(folder).articles) == 3


def save_until(folder: Path, killed_at: int) -> None:
    """Save five articles, and die at a step: before each of five files, before each rename, before the tidying up."""
    steps = 0

    def or_die(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any, **named: Any) -> Any:
            nonlocal steps
            if steps == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1
            return step(*given, **named)

        return stepped

    Path.write_bytes = or_die(Path.write_bytes)  # type: ignore[method-assign]
    Path.rename = or_die(Path.rename)  # type: ignore[method-assign]
    index_files.shutil.rmtree = or_die(shutil.rmtree)  # type: ignore[attr-defined]
    index_files.save(build(knowledge_base(), HashingEncoder()), folder)


@pytest.mark.parametrize("name", file_contents.FILES)
def test_one_changed_bit_is_refused_before_a_parser_sees_it(name: str, tmp_path: Path) -> None:
    index_files.save(build(knowledge_base(), HashingEncoder()), tmp_path / "index")
    path = tmp_path / "index" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    with pytest.raises(IndexNotUsable, match=f"{name} was changed after it was written"):
        index_files.load(tmp_path / "index")


def test_missing_cut_linked_and_foreign_files_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    index_files.save(build(knowledge_base(), HashingEncoder()), folder)
    vectors = folder / "vectors.faiss"
    data = vectors.read_bytes()

    vectors.write_bytes(data[:-1])
    with pytest.raises(IndexNotUsable, match="bytes instead of"):
        index_files.load(folder)
    vectors.unlink()
    with pytest.raises(IndexNotUsable, match=r"vectors\.faiss: No such file"):
        index_files.load(folder)
    (tmp_path / "elsewhere").write_bytes(data)
    vectors.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexNotUsable, match="is a link"):
        index_files.load(folder)
    for manifest in ("", "[]", '{"format": 99, "kind": "articles"}', '{"format": 2, "kind": "articles"}'):
        (folder / "manifest.json").write_text(manifest)
        with pytest.raises(IndexNotUsable, match="firstline index"):
            index_files.load(folder)


def test_a_foreign_vector_file_is_refused_although_its_hash_is_right(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    index_files.save(build(knowledge_base(), HashingEncoder()), folder)
    for data in (
        b"IwFl" + b"\0" * 100,
        b"IxFI" + b"\xff" * 200,
        VectorIndex.build(np.eye(4, dtype=np.float32)).to_bytes(),
    ):
        (folder / "vectors.faiss").write_bytes(data)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"]["vectors.faiss"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        manifest["id"] = identity(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest))

        with pytest.raises(IndexNotUsable, match="Error"):
            index_files.load(folder)


def test_an_index_of_another_encoder_is_refused(tmp_path: Path) -> None:
    index_files.save(build(knowledge_base(), HashingEncoder()), tmp_path / "index")

    with pytest.raises(IndexOfAnotherEncoder, match="hashing-2"):
        index_files.load(tmp_path / "index", encoder=HashingEncoder("hashing-2"))


def test_many_vectors_are_kept_in_half_precision_and_found_again() -> None:
    rows = np.random.default_rng(0).normal(size=(HALF_FROM, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = VectorIndex.build(rows)

    again = VectorIndex.from_bytes(index.to_bytes(), rows=len(rows), dim=8)
    scores, nearest = again.search(rows[:50], 1)

    np.testing.assert_array_equal(nearest[:, 0], np.arange(50))
    np.testing.assert_allclose(scores[:, 0], 1, atol=2e-3)
    assert len(index.to_bytes()) < rows.nbytes * 0.6


def test_neighbours_are_the_exact_ones_however_many_are_asked_for() -> None:
    rows = np.eye(3, dtype=np.float32)

    scores, nearest = VectorIndex.build(rows).search(np.array([[0, 0.8, 0.6]], dtype=np.float32), 10)

    assert nearest.tolist() == [[1, 2, 0]]
    np.testing.assert_allclose(scores, [[0.8, 0.6, 0]], atol=1e-6)


def test_word_scores_are_the_share_of_the_question_that_is_covered() -> None:
    index = WordIndex.build(["export csv report", "export", "invoice"])

    both, one, none = index.search("How do I export a CSV?")

    assert 1 > both > one > none == 0
    assert index.search("export csv zebra")[0] < both  # a word that nobody has stays uncovered
    assert not index.search("the and 🙂").any()


def test_words_meet_across_endings_accents_and_case() -> None:
    assert words("Exported EXPORTS exporting") == ["export"] * 3
    assert words("Café cafes") == ["cafe", "cafe"]
    assert words("How do I ...?") == []
