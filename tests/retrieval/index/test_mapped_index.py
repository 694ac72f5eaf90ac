"""A large index stays in its files: it answers as a small one does, and damage is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.answering.answer_question import Finder
from retrieval.articles.article import Article
from retrieval.errors import IndexNotUsable
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from triage.reading.lines import Lines

ENCODER = HashingEncoder()
ARTICLES = [
    Article(id=f"a{number}", title=f"Topic {word}", body=f"# First\nAll of {word}.\n\n# Then\nMore of {word} and mail.")
    for number, word in enumerate(["folders", "exports", "passwords", "invoices", "calendars", "filters"])
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(index_files, "CELLS_FROM", 4)
    index_files.save(build(ARTICLES, ENCODER), tmp_path / "index")
    return tmp_path / "index"


def test_passages_are_read_when_they_are_asked_for_and_answer_as_before(folder: Path) -> None:
    built, mapped = build(ARTICLES, ENCODER), index_files.load(folder, encoder=ENCODER)

    assert isinstance(mapped.passages, Lines)
    assert tuple(mapped.passages) == built.passages
    assert mapped.passages[2:4] == built.passages[2:4]
    for question in ("passwords", "mail of invoices", "exports and filters"):
        here, there = Finder(built, ENCODER).find(question), Finder(mapped, ENCODER).find(question)
        assert [(each.article.id, each.score) for each in there.suggestions] == [
            (each.article.id, pytest.approx(each.score)) for each in here.suggestions
        ]


def test_a_changed_article_takes_over_the_passages_of_a_mapped_index(folder: Path) -> None:
    mapped = index_files.load(folder)

    after = build([*ARTICLES[1:], Article(id="new", title="New", body="Text.")], ENCODER, previous=mapped)
    index_files.save(after, folder)  # while the old one is still mapped

    assert tuple(index_files.load(folder).passages) == after.passages
    assert mapped.passages[0].text == "All of folders."


@pytest.mark.parametrize("name", index_files.MAPPED)
def test_a_damaged_mapped_file_is_refused(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)

    with pytest.raises(IndexNotUsable, match="was changed after it was written"):
        index_files.load(folder)
