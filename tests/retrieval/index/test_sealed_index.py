"""An index is sealed as a bundle is: its manifest by its own digest, and that by a signature where one is asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from retrieval.articles.article import Article
from retrieval.errors import IndexNotSigned, IndexNotUsable
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from triage.signing.ed25519 import public_key
from triage.signing.signatures import TrustedKeys, sign

SECRET = b"\1" * 32
TRUSTED = TrustedKeys((public_key(SECRET),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved(tmp_path / "index", "a")


def saved(folder: Path, *ids: str) -> Path:
    articles = [Article(id=each, title=f"About {each}", body=f"All of {each}.") for each in ids]
    index_files.save(build(articles, HashingEncoder()), folder)
    return folder


def test_every_word_of_a_manifest_is_covered_by_its_id(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for change in ({"version": "0" * 64}, {"articles": 7}, {"id": "0" * 64}, {"more": 1}, {"id": None}):
        (folder / "manifest.json").write_text(json.dumps(manifest | change))
        with pytest.raises(IndexNotUsable, match="changed after it was written"):
            index_files.load(folder)
    (folder / "manifest.json").write_text('{"kind": "articles", "format": 4, "files": NaN}')
    with pytest.raises(IndexNotUsable, match="changed after it was written"):
        index_files.load(folder)


def test_an_index_of_before_says_that_it_must_be_built_again(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["id"]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 3}))
    with pytest.raises(IndexNotUsable, match=r"its format is 3, and this.*Build it again with `firstline index`"):
        index_files.load(folder)


def test_a_linked_manifest_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "manifest.json").rename(tmp_path / "elsewhere")
    (folder / "manifest.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexNotUsable, match="is a link"):
        index_files.load(folder)


def test_where_signatures_are_asked_for_only_a_signed_index_is_loaded(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(IndexNotSigned, match=r"is refused: it is not signed.*firstline keys sign"):
        index_files.load(folder, trusted=TRUSTED)
    sign(folder, "index", index_files.verified_id(folder), SECRET)
    assert set(index_files.load(folder, trusted=TRUSTED).articles) == {"a"}

    other = saved(tmp_path / "other", "b")
    shutil.copy(folder / "signature.json", other)
    with pytest.raises(IndexNotSigned, match="that of another index"):
        index_files.load(other, trusted=TRUSTED)
    sign(other, "bundle", index_files.verified_id(other), SECRET)
    with pytest.raises(IndexNotSigned, match="that of another index"):
        index_files.load(other, trusted=TRUSTED)


def test_a_signed_index_whose_file_was_changed_is_neither_loaded_nor_signed_again(folder: Path) -> None:
    sign(folder, "index", index_files.verified_id(folder), SECRET)
    (folder / "passages.jsonl").write_bytes((folder / "passages.jsonl").read_bytes().replace(b"All", b"Not"))
    with pytest.raises(IndexNotUsable, match=r"passages\.jsonl was changed"):
        index_files.load(folder, trusted=TRUSTED)
    with pytest.raises(IndexNotUsable, match=r"passages\.jsonl was changed"):
        index_files.verified_id(folder)


def test_a_new_index_replaces_a_signed_one_and_is_unsigned(folder: Path) -> None:
    sign(folder, "index", index_files.verified_id(folder), SECRET)
    saved(folder, "a", "b")
    with pytest.raises(IndexNotSigned):
        index_files.load(folder, trusted=TRUSTED)
    assert set(index_files.load(folder).articles) == {"a", "b"}


def test_vectors_of_an_index_that_nobody_signed_are_not_taken_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.md").write_text("# About a\n\nAll of a.\n")

    def encoded(trusted: TrustedKeys) -> int:
        encoder = HashingEncoder()
        index_files.build_index(tmp_path / "articles", folder, (encoder, None), trusted=trusted)
        return len(encoder.encoded)

    encoded(TrustedKeys())
    assert encoded(TrustedKeys()) == 0
    assert encoded(TRUSTED) > 0
