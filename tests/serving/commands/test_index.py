"""`firstline index` and `firstline search` on knowledge bases as people have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from retrieval.encoder.encoder import FILES
from retrieval.errors import ArticleNotReadable, ArticlesNotFound, ArticleTwice, TooManyLeftOut
from serving.cli import cli
from tests.tiny_bundle import tiny_bundle, tiny_encoder_files
from triage.errors import BundleRefused
from triage.model.registry import Registry
from triage.signing import key_files
from triage.signing.signatures import encoded

Run = Callable[..., Result]
PAGE = "<title>Seen nowhere</title><h1>Export a file</h1><p>Choose Export.<script>steal()</script>"


@pytest.fixture
def run(home: Path, tmp_path: Path) -> Run:
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    for name, data in zip(FILES, tiny_encoder_files(), strict=True):
        (encoder / name).write_bytes(data)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--encoder", str(encoder)], env={"FIRSTLINE_HOME": str(home)})

    return invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kb").mkdir()
    return tmp_path / "kb"


def index(run: Run, folder: Path) -> Result:
    return run("index", "--articles", str(folder), "--out", str(folder.parent / "index"))


def search(run: Run, folder: Path, question: str) -> str:
    found = run("search", "--index", str(folder.parent / "index"), question)
    assert found.exit_code == 0, found.exception
    return found.stdout


def test_a_folder_of_markdown_and_html_is_indexed_and_searched(run: Run, folder: Path) -> None:
    (folder / "reset.md").write_text("---\ntags: [a]\n---\n# Reset your password\n\n1. Open it.\n2. Save it.")
    (folder / "export.html").write_text(PAGE)

    assert "2 articles in 2 passages" in index(run, folder).stdout
    page = search(run, folder, "export a file")

    assert "Export a file  [export]" in page
    assert "Reset your password  [reset]" in page
    assert "steal" not in page


def test_indexing_again_encodes_only_what_changed(run: Run, folder: Path) -> None:
    for number in range(3):
        (folder / f"{number}.md").write_text(f"# Title {number}\n\nText {number}.")
    first = index(run, folder)
    (folder / "1.md").write_text("# Title 1\n\nAnother text.")

    again = index(run, folder)

    assert "6/6" in first.stderr
    assert "1/1" in again.stderr


def test_an_empty_folder_says_what_was_expected(run: Run, folder: Path) -> None:
    error = index(run, folder).exception

    assert isinstance(error, ArticlesNotFound)
    assert "give a folder of Markdown or HTML files" in str(error)


def test_two_articles_with_one_id_are_named(run: Run, folder: Path) -> None:
    (folder / "help.md").write_text("# Help\n\nText.")
    (folder / "help.html").write_text(PAGE)

    error = index(run, folder).exception

    assert isinstance(error, ArticleTwice)
    assert "help.html" in str(error)


def test_an_article_that_is_too_large_is_named_with_the_limit(run: Run, folder: Path) -> None:
    (folder / "big.md").write_text("# Big\n\n" + "word " * 1_048_576)

    error = index(run, folder).exception

    assert isinstance(error, ArticleNotReadable)
    assert "longer than 5,000,000 characters; split the article" in str(error)


@pytest.mark.parametrize("question", ["🤷", "ᠮᠣᠩᠭᠣᠯ", "..."])
def test_a_question_without_a_word_that_fits_is_handed_off(run: Run, folder: Path, question: str) -> None:
    (folder / "reset.md").write_text("# Reset your password\n\n1. Open it.\n2. Save it.")
    index(run, folder)

    assert search(run, folder, question).startswith("hand off")


def many(folder: Path, articles: int) -> None:
    for number in range(articles):
        (folder / f"{number:02}.md").write_text(f"# Title {number}\n\nText {number}.")


def test_one_bad_article_is_left_out_and_named_and_the_others_are_indexed(run: Run, folder: Path) -> None:
    many(folder, 11)
    (folder / "bad.md").write_text("---\ntitle: [\n---\nText.")

    told = index(run, folder).stdout

    assert "11 articles in 11 passages are indexed" in told
    assert "Left out (1):" in told
    assert "bad.md, line" in told


def test_with_strict_the_first_bad_article_stops_it(run: Run, folder: Path) -> None:
    many(folder, 11)
    (folder / "bad.md").write_bytes(b"\xff\xfe")

    error = run("index", "--strict", "--articles", str(folder), "--out", str(folder.parent / "index")).exception

    assert isinstance(error, ArticleNotReadable)


def test_when_many_cannot_be_read_there_is_no_index_and_the_first_are_named(run: Run, folder: Path) -> None:
    many(folder, 11)
    for number in range(2):
        (folder / f"bad{number}.md").write_bytes(b"\xff\xfe")

    error = index(run, folder).exception

    assert isinstance(error, TooManyLeftOut)
    assert "2 of 13 articles" in str(error)
    assert "bad0.md, line 1: not UTF-8" in str(error)
    assert not (folder.parent / "index").exists()


def test_an_article_of_a_script_alone_is_found_by_its_title_and_has_no_script(run: Run, folder: Path) -> None:
    (folder / "clip.html").write_text("<title>Watch the clip</title><script>steal()</script>")

    assert "1 articles in 1 passages" in index(run, folder).stdout
    assert "Watch the clip" in search(run, folder, "watch the clip")
    assert all(b"steal" not in file.read_bytes() for file in (folder.parent / "index").iterdir())


def test_the_encoder_of_a_bundle_that_nobody_signed_is_not_used_where_signatures_are_asked_for(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "reset.md").write_text("# Reset your password\n\nOpen it.")
    registry = Registry(home / "models")
    registry.make_current(registry.add(tiny_bundle(folder.parent / "fitted")))
    monkeypatch.setenv("FIRSTLINE_SIGNING_PUBLIC_KEY", encoded(key_files.create(folder.parent / "key")))
    words = ["index", "--articles", str(folder), "--out", str(folder.parent / "index")]

    refused = CliRunner().invoke(cli, words, env={"FIRSTLINE_HOME": str(home)})

    assert isinstance(refused.exception, BundleRefused)
    assert not (folder.parent / "index").exists()
