"""Articles and other texts of strangers: whatever they hold, they are read, cleaned and indexed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from retrieval.articles.article import Article
from retrieval.articles.front_matter import divided
from retrieval.articles.markup import read
from retrieval.articles.passages import split
from retrieval.articles.sanitiser import TAGS
from retrieval.errors import ArticleLeftOut, ArticleNotReadable
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.fuzz.amounts import ARTICLES, TEXTS, chance, named
from tests.fuzz.fragments import fragments
from tests.retrieval.articles.test_fuzzed_articles import shown
from tests.retrieval.articles.test_sanitiser import tags_of
from tests.test_linear_time import PARSERS

INDEXED = 40  # one of so many articles goes into an index
HEADS = [
    "title: ",
    "draft: ",
    "tags: [",
    "- ",
    "a: &x ",
    "*x ",
    "!!python/object:x ",
    "{",
    "'",
    "title = ",
    "[[x]]",
    "2026",
]
MARKDOWN = MarkdownIt("commonmark").enable("table")


def article(number: int) -> Article | None:
    """Make one of three formats; None where it is refused."""
    source = chance("article", number)
    record = {"id": str(number), "title": fragments(source, 3), "body": fragments(source)}
    with suppress(ArticleNotReadable, ArticleLeftOut):
        return Article.from_record(record | {"format": source.choice(["html", "html", "markdown", "markdown", "text"])})
    return None


def running(made: Article) -> Iterator[str]:
    """Name what a browser would run or load in a cleaned article."""
    html = made.body if made.format == "html" else MARKDOWN.render(made.body)
    for tag, attributes in tags_of(html) if made.format == "html" else shown(html):
        if tag not in TAGS:
            yield f"<{tag}>"
        for name, value in attributes.items():
            address = re.sub(r"[\s\x00-\x20]", "", unescape(value)).lower()
            if name.startswith("on") or name in {"srcdoc", "formaction"}:
                yield name
            if name in {"href", "src"} and address.startswith(("javascript:", "data:", "vbscript:")):
                yield address


@pytest.mark.timeout(7_200)
def test_every_article_is_read_and_cleaned_and_a_sample_is_indexed() -> None:
    sample = []
    read_in = 0
    for number in range(ARTICLES):
        try:
            made = article(number)
            if made is None:
                continue
            split(made)
            found = list(running(made)) if made.format != "text" else []
        except Exception as raised:
            raise AssertionError(named("article", number)) from raised
        assert found == [], named("article", number)
        read_in += 1
        sample += [made] if number % INDEXED == 0 else []

    index = build(sample, HashingEncoder())

    assert (list(index.articles), index.set_aside) == ([each.id for each in sample], {})
    assert read_in > ARTICLES / 2


@pytest.mark.timeout(7_200)
def test_every_head_is_read_or_refused() -> None:
    for number in range(TEXTS):
        source = chance("head", number)
        fence = source.choice(["---", "+++"])
        lines = [source.choice([*HEADS, ""]) + fragments(source, 2) for _ in range(source.randint(0, 5))]
        text = source.choice(["", "\n", "\ufeff"]) + "\n".join(
            [fence, *lines, source.choice([fence, "", "..."]), "body"]
        )
        try:
            with suppress(ArticleNotReadable, ArticleLeftOut):
                divided(text, Path("a.md"))
        except Exception as raised:
            raise AssertionError(named("head", number)) from raised


@pytest.mark.timeout(7_200)
def test_no_reader_of_texts_fails() -> None:
    readers = PARSERS | {form: lambda text, form=form: read(text, form) for form in ("html", "markdown")}
    names = list(readers)
    for number in range(TEXTS):
        source = chance("text", number)
        text, name = fragments(source, 60), names[number % len(names)]
        try:
            readers[name](text)
        except Exception as raised:
            raise AssertionError(f"{name}: {named('text', number)}") from raised
