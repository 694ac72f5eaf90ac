"""Whatever an article holds, it is read, what is visible stays, and what is hidden or runs is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from retrieval.articles.article import Article
from retrieval.articles.html_tags import Tag, tokens
from retrieval.articles.markup import read
from retrieval.articles.sanitiser import ATTRIBUTES, TAGS
from retrieval.errors import ArticleNotReadable
from retrieval.index import article_index
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article
from tests.retrieval.articles.test_sanitiser import tags_of

PIECES = [
    "<![x",
    "<!",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?php",
    "?>",
    "<!DOCTYPE html",
    "&#x110000;",
    "&#0;",
    "&unknown;",
    "<",
    ">",
    "</",
    "<div>\n",
    "</div>",
    "<p hidden>",
    "</p>",
    "<td>",
    "<li>",
    "<table>",
    "<script>",
    "</script>",
    "<style>",
    "<title>",
    "<textarea>",
    "<select>",
    "<svg/onload=x>",
    "<a href='javascript:x'>",
    '<b title="',
    "<pre>\n\n",
    "`",
    "``",
    "```\n",
    "~~~\n",
    "    ",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "# ",
    "---\n",
    "| a | b |\n|---|---|\n",
    "[a](",
    "](javascript:x)",
    "![",
    "[x]: data:y\n",
    "\\",
    "*",
    "_",
    "text ",
    "é",
    "\u2028",
    "\x0b",
    "\r",
    "\t",
    '"',
    "'",
    "=",
    "style='display:none'",
]
BODIES = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), min_size=1, max_size=25).map("".join)


def made(body: str, form: str) -> Article | None:
    try:
        return Article.from_record({"id": "a", "title": "T", "body": body, "format": form})
    except ArticleNotReadable:
        return None


@given(st.lists(st.tuples(BODIES, st.sampled_from(["html", "markdown", "text"])), min_size=1, max_size=4))
def test_fuzzed_articles_build_an_index(bodies: list[tuple[str, str]]) -> None:
    found = [made(*each) for each in bodies]
    articles = [
        Article(id=str(i), title="T", body=each.body, format=each.format) for i, each in enumerate(found) if each
    ]

    index = build(articles, HashingEncoder())

    assert list(index.articles) == [each.id for each in articles]
    assert index.set_aside == {}


@given(BODIES, st.sampled_from(["html", "markdown"]))
def test_fuzzed_articles_are_harmless_and_stay_as_they_are(body: str, form: str) -> None:
    article = made(body, form)
    if article is None:
        return
    rendered = article.body if form == "html" else MarkdownIt("commonmark").enable("table").render(article.body)
    for tag, attributes in tags_of(rendered) if form == "html" else shown(rendered):
        assert tag in TAGS
        allowed = (
            ATTRIBUTES["*"]
            | ATTRIBUTES.get(tag, set())
            | {"rel", "hidden"}
            | ({"style"} if tag in ("td", "th") else set())
        )
        assert set(attributes) <= allowed
        assert "javascript:" not in attributes.get("href", "").lower()
    again = made(article.body, form)
    assert again is not None
    assert again.body == article.body


def shown(html: str) -> list[tuple[str, dict[str, str]]]:
    """List the tags of what a renderer that lets raw HTML through makes of Markdown."""
    return [(each.name, dict(each.attributes)) for each in tokens(html) if isinstance(each, Tag) and not each.closes]


@given(BODIES, st.sampled_from(["html", "markdown"]))
def test_a_reader_never_fails(body: str, form: str) -> None:
    assert all(block.text for block in read(body, form))


def test_what_cannot_be_read_is_set_aside_and_the_rest_is_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    sound, bad = an_article(id="sound"), an_article(id="bad", body="boom")

    def split(article: Article) -> list[object]:
        if article.body == "boom":
            raise ArticleNotReadable("article bad", None, "its text cannot be divided")
        return _split(article)

    _split = article_index.split
    monkeypatch.setattr(article_index, "split", split)

    index = build([bad, sound], HashingEncoder())

    assert (list(index.articles), dict(index.set_aside)) == (["sound"], {"bad": "its text cannot be divided"})
