"""Reading a knowledge base: a folder of Markdown and HTML files with front matter, or JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path, PurePath
from typing import Final

from retrieval.articles.article import Article, KnownQuestion
from retrieval.articles.front_matter import divided, named, refuse_draft
from retrieval.articles.html_blocks import read_html
from retrieval.errors import ArticleLeftOut, ArticleNotReadable, ArticlesNotFound, ArticleTwice, TooManyLeftOut
from triage.errors import FileNotReadable
from triage.reading import bounded_files

FORMAT_OF: Final = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}
#: In a folder of articles: questions that they are known to answer.
KNOWN_QUESTIONS: Final = "known_questions.jsonl"
MAX_UNPACKED: Final = 2_000_000_000
#: Of all articles, the share that may be left out as unreadable.
TOLERATED: Final = 0.1
#: Reads one article when called, and says where it stands.
Reading = Callable[[], tuple[str, Article]]
_PAGE_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)


def read(path: Path, *, left_out: list[ArticleNotReadable] | None = None) -> list[Article]:
    """Read every article under a path.

    Parameters
    ----------
    path
        A folder, searched through for ``*.md`` and ``*.html`` (its other files are left alone, but for
        ``known_questions.jsonl``, see `with_known_questions`), or a ``.jsonl`` or ``.jsonl.gz`` file.
    left_out
        Takes the faults of articles that cannot be read, and the others are read without them: one bad page of 800
        must not keep 799 from answering. Without it the first fault is raised.

    Returns
    -------
    list of Article
        In the order of the file, or of the paths.

    Raises
    ------
    ArticlesNotFound
        There is no such path, or no article in it.
    ArticleNotReadable
        An article is not what the contract asks for; names file and line.
    TooManyLeftOut
        Of the articles more than one and more than a tenth cannot be read: then something else is wrong.
    ArticleTwice
        Two articles have one id: which of them is right, only their authors know.
    """
    if path.is_dir():
        readings: Iterable[Reading] = (partial(_from_page, file, path) for file in _pages(path))
    elif path.is_file():
        readings = _from_lines(path)
    else:
        raise ArticlesNotFound(path)
    faults: list[ArticleNotReadable] = []
    by_rule: list[ArticleNotReadable] = []
    articles = _distinct(_good(readings, faults if left_out is not None else None, by_rule))
    if not articles and faults:
        raise faults[0]
    if not articles:
        raise ArticlesNotFound(path)
    if len(faults) > max(1, TOLERATED * (len(articles) + len(faults))):
        raise TooManyLeftOut(path, len(articles) + len(faults), faults)
    if left_out is not None:
        left_out.extend([*faults, *by_rule])
    return with_known_questions(articles, path / KNOWN_QUESTIONS)


def with_known_questions(articles: list[Article], file: Path) -> list[Article]:
    """Add the questions of a file to the articles that it names, if there is such a file.

    JSON lines: `question`, `article_id` (null, as other ids, is passed over), `passages` (headings), and `also`, a list
    of more articles with passages. The first heading of each article is taken.
    """
    _refuse_link(file)
    if not file.is_file():
        return articles
    asked: dict[str, list[KnownQuestion]] = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            for each in (record, *(record.get("also") or ())):
                if each["article_id"] is not None and each["passages"]:
                    found = KnownQuestion(str(record["question"]), str(each["passages"][0]))
                    asked.setdefault(str(each["article_id"]), []).append(found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArticleNotReadable(str(file), number, f"not a question with its passages: {error}") from error
    return [replace(each, asked=(*each.asked, *asked.get(each.id, ()))) for each in articles]


def _good(
    readings: Iterable[Reading], faults: list[ArticleNotReadable] | None, by_rule: list[ArticleNotReadable]
) -> Iterator[tuple[str, Article]]:
    for reading in readings:
        try:
            yield reading()
        except ArticleLeftOut as rule:
            by_rule.append(rule)
        except ArticleNotReadable as fault:
            if faults is None:
                raise
            faults.append(fault)


def _distinct(found: Iterable[tuple[str, Article]]) -> list[Article]:
    places: dict[str, str] = {}
    articles = []
    for place, article in found:
        if article.id in places:
            raise ArticleTwice(article.id, places[article.id], place)
        places[article.id] = place
        articles.append(article)
    return articles


def _pages(folder: Path) -> list[Path]:
    pages = (file for file in folder.rglob("*") if file.suffix.lower() in FORMAT_OF)
    return sorted(file for file in pages if file.is_file() or file.is_symlink())


def _from_page(file: Path, folder: Path) -> tuple[str, Article]:
    _refuse_link(file)
    return str(file), page_article(file.read_bytes(), file.relative_to(folder), file=file)


def page_article(data: bytes, name: PurePath, *, file: Path | None = None) -> Article:
    """Make an article of a Markdown or HTML file.

    Parameters
    ----------
    data
        The file's bytes.
    name
        Its path below the folder of articles: without front matter that says otherwise, its id is made of it.
    file
        Where it stands, for messages; by default `name`.

    Returns
    -------
    Article
        With the fields of its front matter; its title is by default the first heading.

    Raises
    ------
    ArticleNotReadable
        It is not UTF-8 text, or not what the contract asks for.
    ArticleLeftOut
        It is a draft, or a README about its folder.
    """
    file = file or Path(name)
    text = _decode(data, file).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    page = divided(text, file)
    if not page.line and file.stem.lower() == "readme":
        raise ArticleLeftOut(file, None, "a README without front matter is about its folder; with one it is an article")
    record = {field: value for field, value in page.record.items() if value is not None}
    record.setdefault("format", FORMAT_OF[file.suffix.lower()])
    record.setdefault("title", _title(page.body, str(record["format"])) or file.stem.replace("-", " "))
    record.setdefault("id", name.with_suffix("").as_posix())
    return Article.from_record({**record, "body": page.body}, path=str(file))


def _refuse_link(file: Path) -> None:
    """Refuse a file that stands elsewhere: whoever may add a page could show any file that the service may read."""
    if file.is_symlink():
        raise ArticleNotReadable(file, None, "a symbolic link; put the file itself into the folder")


def _title(body: str, form: str) -> str:
    """Return the first heading of a body that no title was given for; in HTML without headings, the page's title."""
    if form == "markdown":
        return next((line.lstrip("# ") for line in body.split("\n") if line.startswith("#")), "")
    headed = next((block.text for block in read_html(body) if block.kind == "heading"), "")
    named = _PAGE_TITLE.search(body)
    return headed or (" ".join(unescape(named[1]).split()) if named else "")


def _from_lines(path: Path) -> Iterator[Reading]:
    return (partial(_from_line, line, path, number) for number, line in enumerate(_lines(path), 1) if line.strip())


def _from_line(line: bytes, path: Path, number: int) -> tuple[str, Article]:
    try:
        record = json.loads(_decode(line, path, number))
    except (ValueError, RecursionError) as error:
        raise ArticleNotReadable(path, number, f"not JSON: {_first_line(error)}") from error
    if not isinstance(record, dict):
        raise ArticleNotReadable(path, number, "a line must hold one JSON object")
    refuse_draft(named(record), path, number)
    return f"{path}, line {number}", Article.from_record(record, path=str(path), line=number)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        yield from bounded_files.lines(path, most=MAX_UNPACKED)
    except FileNotReadable as error:
        raise ArticleNotReadable(path, None, error.problem) from error


def _decode(data: bytes, path: Path, line: int | None = None) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = line or data[: error.start].count(b"\n") + 1
        raise ArticleNotReadable(path, line, "not UTF-8 text; save the file as UTF-8") from error


def _first_line(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
