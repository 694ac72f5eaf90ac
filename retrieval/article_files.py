"""Reading a knowledge base: a folder of Markdown files with front matter, or JSON Lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import yaml

from retrieval.articles import Article
from retrieval.errors import ArticleNotReadable, ArticlesNotFound, ArticleTwice

FENCE: Final = "---"
SUFFIXES: Final = (".md", ".markdown")
MAX_UNPACKED: Final = 2_000_000_000


def read(path: Path) -> list[Article]:
    """Read every article under a path.

    Parameters
    ----------
    path
        A folder, searched through for ``*.md`` (its other files are left alone), or a ``.jsonl`` or ``.jsonl.gz`` file.

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
    ArticleTwice
        Two articles have one id.
    """
    if path.is_dir():
        found: Iterable[tuple[str, Article]] = (_from_markdown(file, path) for file in _markdown_files(path))
    elif path.is_file():
        found = _from_lines(path)
    else:
        raise ArticlesNotFound(path)
    articles = _distinct(found)
    if not articles:
        raise ArticlesNotFound(path)
    return articles


def _distinct(found: Iterable[tuple[str, Article]]) -> list[Article]:
    places: dict[str, str] = {}
    articles = []
    for place, article in found:
        if article.id in places:
            raise ArticleTwice(article.id, places[article.id], place)
        places[article.id] = place
        articles.append(article)
    return articles


def _markdown_files(folder: Path) -> list[Path]:
    files = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    return sorted(file for file in files if file.stem.lower() != "readme")


def _from_markdown(file: Path, folder: Path) -> tuple[str, Article]:
    text = _decode(file.read_bytes(), file).removeprefix("\ufeff").replace("\r\n", "\n")
    record, body = _front_matter(text, file)
    record.setdefault("id", file.relative_to(folder).with_suffix("").as_posix())
    return str(file), Article.from_record({**record, "body": body}, path=str(file))


def _front_matter(text: str, file: Path) -> tuple[dict[str, object], str]:
    """Divide a file into its YAML head and its body; a file without a head takes its title from the first heading."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        title = next((line.lstrip("# ") for line in lines if line.startswith("#")), file.stem.replace("-", " "))
        return {"title": title}, text
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        raise ArticleNotReadable(file, 1, "the front matter is opened by --- and never closed")
    try:
        head = yaml.safe_load("\n".join(lines[1:end])) or {}
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise ArticleNotReadable(file, line, f"the front matter is not YAML: {_first_line(error)}") from error
    if not isinstance(head, dict):
        raise ArticleNotReadable(file, 2, "the front matter must be `name: value` lines")
    return {str(name): value for name, value in head.items()}, "\n".join(lines[end + 1 :])


def _from_lines(path: Path) -> Iterator[tuple[str, Article]]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(_decode(line, path, number))
        except (ValueError, RecursionError) as error:
            raise ArticleNotReadable(path, number, f"not JSON: {_first_line(error)}") from error
        if not isinstance(record, dict):
            raise ArticleNotReadable(path, number, "a line must hold one JSON object")
        yield f"{path}, line {number}", Article.from_record(record, path=str(path), line=number)


def _lines(path: Path) -> Iterator[bytes]:
    unpacked = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                unpacked += len(line)
                if unpacked > MAX_UNPACKED:
                    raise ArticleNotReadable(path, None, f"it unpacks to more than {MAX_UNPACKED:,} bytes")
                yield line
    except (gzip.BadGzipFile, EOFError) as error:
        raise ArticleNotReadable(path, None, f"a damaged gzip file: {error}") from error


def _decode(data: bytes, path: Path, line: int | None = None) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = line or data[: error.start].count(b"\n") + 1
        raise ArticleNotReadable(path, line, "not UTF-8 text; save the file as UTF-8") from error


def _first_line(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
