"""The head of an article's file: YAML between `---`, or TOML between `+++`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from retrieval.errors import ArticleLeftOut, ArticleNotReadable
from triage.reading.bounded_tables import toml_tables

YAML: Final = "---"
TOML: Final = "+++"
_ENDS: Final = {YAML: ("---", "..."), TOML: ("+++",)}
_BOOLEANS: Final = {
    "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False,
}  # fmt: skip
_FLAGS: Final = ("requires_human", "draft", "published")
_NONE: Final = frozenset({"", "~", "null"})
#: Before a head there may be empty lines and comments; anything else makes text of it, which must not be shown.
_LEADING = re.compile(r"(?:\s|\ufeff|<!--.*?-->)*", re.DOTALL)
_FIELD = re.compile(
    r"(?:id|title|visibility|draft|published|requires_human|locale|brand|summary|url)\s*[:=]", re.IGNORECASE
)
#: What other site generators put first; read by nobody here.
_JSON = re.compile(r'\{\s*"[\w-]{1,40}"\s*:')
_SEARCHED: Final = 100  # lines
_LONGEST: Final = 20_000  # characters of a head: reading TOML's dotted names takes the square of their length
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)")


class Page(NamedTuple):
    """A file divided into its head and its body."""

    record: dict[str, object]
    body: str
    #: The line of the head's fence; 0 where there is no head.
    line: int


def divided(text: str, file: Path) -> Page:
    """Divide a file into its head, where it has one, and its body.

    Parameters
    ----------
    text
        The file's.
    file
        For messages.

    Returns
    -------
    Page
        The fields with their values as text, but for those that are true or false.

    Raises
    ------
    ArticleNotReadable
        The head is never closed, cannot be read, or does not come first.
    ArticleLeftOut
        The head says that the article is a draft.
    """
    before = _LEADING.match(text)
    above = text[: before.end()].count("\n") if before else 0
    lines = text.split("\n")
    fence = lines[above].strip() if above < len(lines) else ""
    if _JSON.match(text, before.end() if before else 0):
        raise ArticleNotReadable(file, above + 1, "the front matter is JSON; write it as YAML between --- and ---")
    if fence not in _ENDS:
        _refuse_late_head(lines, above, file)
        return Page({}, text, 0)
    end = next((i for i, line in enumerate(lines[above + 1 :], above + 1) if line.strip() in _ENDS[fence]), None)
    if end is None:
        raise ArticleNotReadable(file, above + 1, f"the front matter is opened by {fence} and never closed")
    head = "\n".join(lines[above + 1 : end])
    if len(head) > _LONGEST:
        raise ArticleNotReadable(file, above + 1, f"the front matter is longer than {_LONGEST:,} characters")
    read = _yaml(head, file, above + 2) if fence == YAML else _toml(head, file, above + 2)
    record = named(read)
    refuse_draft(record, file, above + 1)
    return Page(record, "\n".join(lines[end + 1 :]), above + 1)


def named(head: Mapping[Any, object]) -> dict[str, object]:
    """Return the fields under our names: `Requires-Human: Yes` is `requires_human`, true."""
    named = ((str(key).strip().lower().replace("-", "_").replace(" ", "_"), value) for key, value in head.items())
    return {name: _meant(name, value) for name, value in named}


def _meant(name: str, value: object) -> object:
    word = value.strip().lower() if isinstance(value, str) else None
    if word is None:
        return value
    if word in _NONE:
        return None
    if name in _FLAGS and word in _BOOLEANS:
        return _BOOLEANS[word]
    return word if name in ("visibility", "format") else value


def refuse_draft(record: Mapping[str, object], file: Path, line: int | None) -> None:
    """Leave out what its authors have not published. Raises `ArticleLeftOut`."""
    for name, value in (("draft", True), ("published", False)):
        if record.get(name) is value:
            raise ArticleLeftOut(file, line, f"not published: `{name}` is {str(value).lower()}")
    if not isinstance(record.get("draft"), bool | None):
        raise ArticleNotReadable(file, line, f"`draft` must be true or false, not {record['draft']!r}")


class _WithoutAliases(yaml.BaseLoader):
    """Reads every value as it is written: 0123 is no number and `no` is a language. A few aliases make gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            at = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(problem="aliases are not read, write the value again", problem_mark=at)
        return super().compose_node(parent, index)


def _yaml(head: str, file: Path, line: int) -> Mapping[Any, object]:
    try:
        found = yaml.load(head, _WithoutAliases) or {}  # noqa: S506 - it makes nothing but text, lists and tables
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        at = mark.line + line if mark else line - 1
        raise ArticleNotReadable(file, at, f"the front matter is not YAML: {_first_line(error)}") from error
    if not isinstance(found, dict):
        raise ArticleNotReadable(file, line, "the front matter must be `name: value` lines")
    return found


def _toml(head: str, file: Path, line: int) -> Mapping[Any, object]:
    try:
        return toml_tables(head)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        told = _first_line(error)
        at = _AT_LINE.search(told)
        said = f"the front matter is not TOML: {_AT_LINE.sub('', told)}; text stands in quotes"
        raise ArticleNotReadable(file, line - 1 + int(at[1]) if at else line, said) from error


def _refuse_late_head(lines: list[str], above: int, file: Path) -> None:
    """Refuse a head that stands below text: its article could be internal, and the head would be shown."""
    in_code = False
    for number in range(above, min(len(lines), _SEARCHED)):
        fence = lines[number].strip()
        in_code ^= fence.startswith(("```", "~~~"))
        if in_code or fence not in _ENDS or not _FIELD.match("".join(lines[number + 1 : number + 2]).strip()):
            continue
        if any(line.strip() in _ENDS[fence] for line in lines[number + 2 : number + _SEARCHED]):
            raise ArticleNotReadable(file, number + 1, "the front matter must come first: move it above the text")


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0]
