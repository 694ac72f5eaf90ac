from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from retrieval.articles.article import Article
from retrieval.articles.files import read
from retrieval.articles.passages import split
from retrieval.errors import ArticleNotReadable, ArticlesNotFound, ArticleTwice
from tests.retrieval.article_builders import RESET, an_article

HEAD = "---\nid: reset\ntitle: Reset\nupdated_at: 2026-01-02\nrequires_human: true\nowner: nobody asked\n---\n"


def test_a_folder_of_markdown_is_read_with_its_front_matter(tmp_path: Path) -> None:
    (tmp_path / "billing").mkdir()
    (tmp_path / "billing" / "refund.md").write_text("---\ntitle: Refunds\n---\nFive days.")
    (tmp_path / "reset.md").write_text("\ufeff" + HEAD.replace("\n", "\r\n") + "Body.")
    (tmp_path / "README.md").write_text("About this folder.")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")

    refund, reset = read(tmp_path)

    assert (refund.id, refund.title, refund.body) == ("billing/refund", "Refunds", "Five days.")
    assert (reset.id, reset.updated_at, reset.requires_human, reset.format) == ("reset", "2026-01-02", True, "markdown")


def test_a_file_without_front_matter_takes_its_title_from_its_heading(tmp_path: Path) -> None:
    (tmp_path / "export-csv.md").write_text("# Export to CSV\n\nOpen the report.")

    (article,) = read(tmp_path)

    assert (article.id, article.title) == ("export-csv", "Export to CSV")


@pytest.mark.parametrize("name", ["kb.jsonl", "kb.jsonl.gz"])
def test_json_lines_are_read_packed_or_not(name: str, tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"id": n, "title": "T", "body": "B"}).encode() + b"\n\n" for n in (1, 2))
    (tmp_path / name).write_bytes(gzip.compress(lines) if name.endswith("gz") else lines)

    assert [article.id for article in read(tmp_path / name)] == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "line 2: not JSON"),
        (b"[" * 100_000, "line 2: not JSON"),
        (b"[1]", "line 2: a line must hold one JSON object"),
        (b'{"id": "a", "title": "T"}', "line 2: `body` is missing or empty"),
        (b'{"id": "a", "title": " ", "body": "B"}', "line 2: `title` is missing or empty"),
        (b'{"id": "a", "title": ["T"], "body": "B"}', "line 2: `title` must be text, not list"),
        (
            b'{"id": "a", "title": "T", "body": "B", "format": "docx"}',
            "'docx'; it is one of markdown, html, text",
        ),
        (b'{"id": "a", "title": "T", "body": "B", "visibility": "secret"}', "it is one of public, internal"),
        (b'{"id": "a", "title": "T", "body": "B", "requires_human": "yes"}', "must be true or false"),
        (b'{"id": "a", "title": "T", "body": "\\u0000"}', "line 2: `body` holds a NUL"),
        (b'{"id": "a", "title": "T", "body": "\\ud800"}', "half a surrogate pair"),
        (b'{"id": "a", "title": "\xff", "body": "B"}', "line 2: not UTF-8"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_reason(line: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "kb.jsonl").write_bytes(b'{"id": "good", "title": "T", "body": "B"}\n' + line + b"\n")

    with pytest.raises(ArticleNotReadable, match=r"kb\.jsonl") as caught:
        read(tmp_path / "kb.jsonl")

    assert reason in str(caught.value)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("---\ntitle: T\nbody", 1, "never closed"),
        ("---\nid: a\ntitle: [T\n---\nBody", 3, "not YAML"),
        ("---\n- a\n---\nBody", 2, "`name: value` lines"),
        ("---\ntitle: T\n---\n", None, "`body` is missing or empty"),
    ],
)
def test_bad_front_matter_is_refused_with_its_line(text: str, line: int | None, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(text)

    with pytest.raises(ArticleNotReadable, match=reason) as caught:
        read(tmp_path)

    assert caught.value.line == line


def test_two_articles_with_one_id_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text(HEAD + "Body.")

    with pytest.raises(ArticleTwice, match=r"'reset'.*one\.md and .*two\.md"):
        read(tmp_path)


def test_nothing_to_read_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    for path in (tmp_path / "nowhere", tmp_path / "empty.jsonl"):
        with pytest.raises(ArticlesNotFound, match="give a folder of Markdown or HTML files"):
            read(path)


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kb.jsonl.gz").write_bytes(gzip.compress(b"{}" * 10_000)[:40])

    with pytest.raises(ArticleNotReadable, match="damaged gzip"):
        read(tmp_path / "kb.jsonl.gz")


def test_a_record_survives_the_way_there_and_back() -> None:
    article = an_article(summary="S", visibility="internal", requires_human=True, locale="en")

    assert Article.from_record(article.to_record()) == article


def test_passages_stand_under_their_headings() -> None:
    before, reset, mail = split(an_article(body="# Passwords\n" + RESET))

    assert (before.heading, before.position) == ("Passwords", 0)
    assert (reset.heading, reset.anchor) == ("Passwords > Reset it", "reset-it")
    assert reset.text == "Open Settings and choose Security.\nClick Reset password.\nFollow the link in the mail."
    assert mail.heading == "Passwords > When no mail arrives"


def test_a_heading_of_the_same_level_replaces_the_one_before() -> None:
    assert [passage.heading for passage in split(an_article(body="## A\na\n### B\nb\n## C\nc"))] == ["A", "A > B", "C"]


def test_long_text_is_divided_at_sentence_ends_and_nothing_is_lost() -> None:
    body = " ".join(f"Sentence number {number} says something." for number in range(100))

    passages = split(an_article(body=body), size=200)

    assert all(len(passage.text) <= 200 for passage in passages)
    assert all(passage.text.endswith(".") for passage in passages)
    assert " ".join(passage.text for passage in passages) == body


def test_a_word_without_end_is_divided_anywhere() -> None:
    passages = split(an_article(body="x" * 1_000), size=300)

    assert [len(passage.text) for passage in passages] == [300, 300, 300, 100]


def test_an_article_without_visible_text_keeps_its_title() -> None:
    (passage,) = split(an_article(body="<script>1</script>", format="html"))

    assert passage.text == "Reset your password"
