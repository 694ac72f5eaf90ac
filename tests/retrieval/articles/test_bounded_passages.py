"""However an article is written, its passages are few enough to index and small enough to keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.articles import passages
from retrieval.articles.article import Article
from retrieval.articles.front_matter import divided
from retrieval.articles.passages import MAX_HEADING, MAX_PASSAGES, PASSAGE_CHARACTERS, split
from retrieval.errors import ArticleNotReadable
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder


def an_article(body: str, kind: str = "markdown", name: str = "a") -> Article:
    return Article.from_record({"id": name, "title": "T", "body": body, "format": kind})


def sections(n: int, kind: str) -> str:
    return "".join(f"<h2>H{i}</h2><p>x</p>" if kind == "html" else f"## H{i}\n\nx\n\n" for i in range(n))


@pytest.mark.parametrize("kind", ["html", "markdown"])
def test_an_article_with_too_many_sections_is_refused(kind: str) -> None:
    assert len(split(an_article(sections(MAX_PASSAGES, kind), kind))) == MAX_PASSAGES
    with pytest.raises(ArticleNotReadable, match=r"more than 2,000 passages .*split the article"):
        split(an_article(sections(MAX_PASSAGES + 1, kind), kind))


def test_an_article_that_is_too_long_is_refused_as_well() -> None:
    with pytest.raises(ArticleNotReadable, match="more than 2,000 passages"):
        split(an_article("x" * (MAX_PASSAGES + 1) * PASSAGE_CHARACTERS, "text"))


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("markdown", "# x\n" * 50_000, "2,000 passages"),
        ("markdown", "x\n===\n\n" * 2_001, "2,000 passages"),
        ("html", "<h2></h2>" * 2_001, "2,000 passages"),
        ("markdown", "\n".join(f"|{piece * 20_000}" for piece in ("a|", "-|", "b|")), "20,000 table cells"),
        ("markdown", f"|{'a|' * 200}\n|{'-|' * 200}\n{'|x' * 2}\n" + "|x\n" * 200, "20,000 table cells"),
        ("html", f"<table><tr>{'<td>a' * 20_001}</table>", "20,000 table cells"),
        ("markdown", "word\n" * 20_001, "20,000 lines"),
    ],
)
def test_what_takes_seconds_to_read_is_refused_unread(
    kind: str, body: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(ArticleNotReadable, match=f"more than {told}.*; split the article"):
        split(an_article(body, kind))


def test_code_has_no_headings_and_no_cells() -> None:
    comments = "```sh\n" + "# comment\n" * 3_000 + "|a|\n" + "|-|\n" * 3_000 + "```\n"
    assert split(an_article(f"# Script\n\n{comments}"))


def test_one_that_is_stored_already_is_set_aside_and_the_others_are_found() -> None:
    bad = Article(id="bad", title="T", body=sections(MAX_PASSAGES + 1, "markdown"))
    index = build([bad, an_article("Fine.", name="good")], HashingEncoder())
    assert (list(index.articles), list(index.set_aside)) == (["good"], ["bad"])


def test_a_long_heading_is_not_repeated_whole_on_every_passage_below() -> None:
    long = "wide " * 20_000
    found = split(an_article(f"# {long}\n\n## {long}\n\n{sections(100, 'markdown').replace('##', '###')}"))
    assert len(found) == 100
    assert max(len(passage.heading) for passage in found) < 3 * MAX_HEADING
    assert found[0].heading.startswith("wide wide")
    assert "… > " in found[0].heading


def test_a_usual_heading_stays_as_it_is() -> None:
    heading = "w" * MAX_HEADING
    assert split(an_article(f"# {heading}\n\nx"))[0].heading == heading


def test_front_matter_that_is_made_to_fill_memory_is_refused() -> None:
    for head in (f"{'.'.join(['a'] * 9_000)} = 1", "a = " + "[" * 200 + "]" * 200):
        with pytest.raises(ArticleNotReadable, match="front matter is not TOML"):
            divided(f"+++\n{head}\n+++\nbody", Path("a.md"))
