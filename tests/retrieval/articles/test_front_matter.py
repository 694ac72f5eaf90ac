"""Heads of articles in a folder: read as they are written, or the page is left out and listed; never shown."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from retrieval.articles.article import Article
from retrieval.articles.files import read
from retrieval.errors import ArticleLeftOut, ArticleNotReadable

GOOD = "---\nid: good\ntitle: Good\n---\nBody."


def taken(
    folder: Path, text: str | bytes, name: str = "page.md"
) -> tuple[dict[str, Article], list[ArticleNotReadable]]:
    """Read a folder of one good page and this one."""
    (folder / "good.md").write_text(GOOD)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    left_out: list[ArticleNotReadable] = []
    found = {each.id: each for each in read(folder, left_out=left_out) if each.id != "good"}
    return found, left_out


@pytest.mark.parametrize(
    "written", ["0123", "007", "1e3", "12_000", "0x1F", "1.10", "2024-01-01", "12:30", "yes", "~x", "'09'"]
)
@pytest.mark.parametrize("name", ["id", "title", "section", "updated_at"])
def test_a_value_of_yaml_stays_as_it_is_written(tmp_path: Path, written: str, name: str) -> None:
    found, left_out = taken(tmp_path, f"---\n{name}: {written}\n---\nBody.")

    (article,) = found.values()
    assert getattr(article, name) == written.strip("'")
    assert left_out == []


@pytest.mark.parametrize("locale", ["no", "NO", "on", "de", "y"])
def test_a_locale_is_no_truth_value(tmp_path: Path, locale: str) -> None:
    found, _ = taken(tmp_path, f"---\nid: a\nlocale: {locale}\n---\nBody.")
    assert found["a"].locale == locale


@pytest.mark.parametrize("word", ["true", "yes", "True", "on", "YES"])
def test_flags_are_truth_values(tmp_path: Path, word: str) -> None:
    found, _ = taken(tmp_path, f"---\nid: a\nrequires_human: {word}\nsummary: null\nbrand:\n---\nBody.")
    assert (found["a"].requires_human, found["a"].summary, found["a"].brand) == (True, None, None)


HEADS = [
    '+++\nid = "a"\ntitle = "Blue"\nvisibility = "internal"\n+++\n\nBody.',
    "---\nid: a\ntitle: Blue\nvisibility: internal\n---\n\nBody.",
    "---\nid: a\ntitle: Blue\nvisibility: internal\n...\n\nBody.",
    "---  \nid: a\ntitle: Blue\nVisibility: Internal\n---\t\nBody.",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "before", ["", "\n", "\n\n \t\n", "\ufeff", "\ufeff\n", "<!-- lint off -->\n", "<!--\na\n-->\n\n"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_head_is_read_behind_empty_lines_and_comments(tmp_path: Path, head: str, before: str, end: str) -> None:
    found, left_out = taken(tmp_path, (before + head).replace("\n", end))

    assert (found["a"].title, found["a"].visibility, found["a"].body) == ("Blue", "internal", "Body.")
    assert left_out == []


UNREADABLE = {
    "Some text\n\n---\nid: a\nvisibility: internal\n---\nBody.": (3, "must come first"),
    "# Heading\n+++\nid = 'a'\nvisibility = 'internal'\n+++\nBody.": (2, "must come first"),
    '{"title": "Blue lime", "draft": true}\n\nBody.': (1, "is JSON"),
    "---\nid: a\nBody.": (1, "opened by --- and never closed"),
    "\n\n+++\nid = 'a'\nBody.": (3, r"opened by \+\+\+ and never closed"),
    "\n---\nid: a\ntitle: Paint: how\n---\nBody.": (4, "not YAML"),
    "+++\nid = 'a'\ntitle = Blue lime\n+++\nBody.": (3, "not TOML.*text stands in quotes"),
    "+++\nid = 0123\n+++\nBody.": (2, "not TOML"),
    "---\nid: [a\n---\nBody.": (2, "not YAML"),
    "---\n- a\n---\nBody.": (2, "`name: value` lines"),
    "---\nid: a\nvisibility: secret\n---\nBody.": (None, "it is one of public, internal"),
    "---\nid: a\ndraft: maybe\n---\nBody.": (1, "`draft` must be true or false"),
    "---\nid: a\nrequires_human: perhaps\n---\nBody.": (None, "`requires_human` must be true or false"),
    "---\n" + "[" * 5_000 + "\n---\nBody.": (None, "not YAML"),
}


@pytest.mark.parametrize(("text", "fault"), UNREADABLE.items())
def test_a_page_whose_head_cannot_be_read_is_left_out_with_its_line(
    tmp_path: Path, text: str, fault: tuple[int | None, str]
) -> None:
    found, (left,) = taken(tmp_path, text)

    assert found == {}
    assert left.line == fault[0] or fault[0] is None
    with pytest.raises(ArticleNotReadable, match=fault[1]):
        raise left


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\nText\n\n---\n\nMore\n\n---\n\nEnd",
        "# A\n\n```yaml\n---\ntitle: x\n---\n```\n",
        "# A\n\nTitle\n---\n\nText\n",
        "| a |\n|---|\n| id: 3 |\n",
    ],
)
def test_rules_headings_and_examples_are_no_heads(tmp_path: Path, text: str) -> None:
    assert list(taken(tmp_path, text)[0]) == ["page"]


@pytest.mark.parametrize(
    "head",
    ["---\ndraft: true\n---\n", "---\nDraft: yes\n---\n", "+++\ndraft = true\n+++\n", "---\npublished: false\n---\n"],
)
def test_a_draft_is_not_public_and_listed(tmp_path: Path, head: str) -> None:
    found, (left,) = taken(tmp_path, f"{head}\nThe wheel comes in June.")

    assert found == {}
    assert isinstance(left, ArticleLeftOut)
    assert "not published" in str(left)


def test_drafts_and_readmes_are_no_faults(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.md").write_text("---\ndraft: true\n---\nBody.")
    (tmp_path / "good.md").write_text(GOOD)

    assert [each.id for each in read(tmp_path)] == ["good"]


def test_a_draft_in_json_lines_is_left_out(tmp_path: Path) -> None:
    lines = (
        '{"id": "a", "title": "T", "body": "B", "draft": true}\n{"id": "b", "title": "T", "body": "B", "draft": false}'
    )
    (tmp_path / "KB.JSONL").write_text(lines)
    left_out: list[ArticleNotReadable] = []
    assert [each.id for each in read(tmp_path / "KB.JSONL", left_out=left_out)] == ["b"]
    assert left_out[0].line == 1


@pytest.mark.parametrize("name", ["README.md", "readme.markdown", "Readme.html"])
def test_a_readme_is_an_article_if_it_has_a_head_and_else_listed(tmp_path: Path, name: str) -> None:
    found, left_out = taken(tmp_path, "---\nid: about\ntitle: The README file\n---\nText.", name)
    assert (list(found), left_out) == (["about"], [])

    found, (left,) = taken(tmp_path, "<p>This folder holds articles.</p>", name)
    assert found == {}
    assert name in str(left)
    assert "with one it is an article" in str(left)


def test_a_head_with_aliases_is_refused_before_it_grows(tmp_path: Path) -> None:
    """Nine lists of nine, each of the one before: 387 million texts, written in 400 bytes."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    found, left_out = taken(tmp_path, f"---\nid: a\ntitle: t\nurl: *i\n{bomb}---\nBody.")
    assert found == {}
    assert "aliases are not read" in str(left_out[0])


def test_a_head_that_is_too_long_is_refused(tmp_path: Path) -> None:
    found, left_out = taken(tmp_path, f"+++\n{'a.' * 20_000}a = 1\n+++\nBody.")
    assert found == {}
    assert "longer than 20,000 characters" in str(left_out[0])


@pytest.mark.parametrize("name", ["linked.md", "known_questions.jsonl"])
def test_a_symbolic_link_is_never_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("---\nid: secret\ntitle: t\n---\npassword")
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / name).symlink_to(tmp_path / "secret")
    (folder / "good.md").write_text(GOOD)
    with pytest.raises(ArticleNotReadable, match="symbolic link"):
        read(folder)


def test_a_gzip_bomb_of_articles_is_refused(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.jsonl.gz", "wb") as packed:
        for _ in range(100):
            packed.write(b" " * 1_000_000 + b"\n")
    with pytest.raises(ArticleNotReadable, match="unpacks to more than"):
        read(tmp_path / "bomb.jsonl.gz")
