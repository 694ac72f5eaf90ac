"""An article of the knowledge base, and the passage: the piece of it that is found and quoted."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

from retrieval.articles.blocks import Block
from retrieval.articles.markdown_sanitiser import harmless_markdown
from retrieval.articles.markup import FORMATS
from retrieval.articles.sanitiser import MAX_DEPTH, harmless, is_too_deep
from retrieval.errors import ArticleNotReadable

REQUIRED: Final = ("id", "title", "body")
OPTIONAL: Final = ("summary", "url", "section", "locale", "product_area", "brand", "updated_at")
VISIBILITIES: Final = ("public", "internal")
MAX_BODY: Final = 5_000_000
MAX_ID: Final = 200
EMPTY: Final = "<p></p>"
TOO_LONG: Final = f"`body` is longer than {MAX_BODY:,} characters; split the article"

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question that a section of an article is known to answer."""

    question: str
    #: The section's heading, as a full path; empty for what stands before the first.
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, as its authors wrote it."""

    id: str
    title: str
    body: str
    summary: str | None = None
    url: str | None = None
    section: str | None = None
    locale: str | None = None
    product_area: str | None = None
    #: Shown for questions about this brand alone; None is for all.
    brand: str | None = None
    #: As stated, an RFC 3339 instant or a date.
    updated_at: str | None = None
    format: str = "markdown"
    visibility: str = "public"
    #: Never answered from: whoever finds it is handed to a person.
    requires_human: bool = False
    #: Questions that it is known to answer, each with the section that does.
    asked: tuple[KnownQuestion, ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, object], *, path: str = "article", line: int | None = None) -> Article:
        """Make an article of the contract's fields.

        Parameters
        ----------
        record
            Field to value; fields that the contract does not know are ignored.
        path
            The file that it came from, for messages.
        line
            The line, where the file has many.

        Returns
        -------
        Article
            With surrounding white space removed, empty optional fields as None, and a body of HTML or Markdown made
            harmless: every article that comes from outside is made here, so nothing else needs to know.

        Raises
        ------
        ArticleNotReadable
            A required field is missing or empty, or a field has a value that the contract does not allow.
        """
        texts = {name: _text(record, name, path, line) for name in (*REQUIRED, *OPTIONAL, "format", "visibility")}
        for name in REQUIRED:
            if not texts[name]:
                raise ArticleNotReadable(path, line, f"`{name}` is missing or empty")
        _check(texts, path, line)
        human = record.get("requires_human")
        if human not in (None, True, False):
            raise ArticleNotReadable(path, line, f"`requires_human` must be true or false, not {human!r}")
        if texts["format"] != "text":
            texts["body"] = _sanitised(str(texts["body"]), path, line, is_html=texts["format"] == "html")
        given = {name: text for name, text in texts.items() if text}
        return cls(**given, requires_human=bool(human), asked=_asked(record.get("asked"), path, line))

    def to_record(self) -> dict[str, object]:
        """Return the contract's fields, without those that are not set."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["asked"] = [[each.question, each.heading] for each in self.asked] or None
        return {name: value for name, value in values.items() if value not in (None, False)}

    @property
    def digest(self) -> str:
        """Name these very contents."""
        return hashlib.sha256(json.dumps(self.to_record(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Passage:
    """A piece of an article under one heading, of limited size."""

    article_id: str
    #: 0, 1, 2 ... in the order of the article.
    position: int
    #: The headings above it, "Exports > CSV"; empty before the first.
    heading: str
    anchor: str
    blocks: tuple[Block, ...]

    @cached_property
    def text(self) -> str:
        """The visible text, a line for each block."""
        return "\n".join(block.text for block in self.blocks)


def _text(record: Mapping[str, object], name: str, path: str, line: int | None) -> str | None:
    value = record.get(name)
    if value is None:
        return None
    if name in ("id", "updated_at") and not isinstance(value, str | bool | list | dict):
        value = str(value)  # YAML and JSON know numbers and dates
    if not isinstance(value, str):
        raise ArticleNotReadable(path, line, f"`{name}` must be text, not {type(value).__name__}")
    if _NOT_TEXT.search(value):
        raise ArticleNotReadable(path, line, f"`{name}` holds a NUL character or half a surrogate pair")
    return value.strip() or None


def _asked(given: object, path: str, line: int | None) -> tuple[KnownQuestion, ...]:
    """Read questions, alone or with a heading each: ["How?", ["Where?", "Heading"]]."""
    if given is None:
        return ()
    rows = [[each] if isinstance(each, str) else each for each in given] if isinstance(given, list) else [None]
    if not all(isinstance(row, list) and 0 < len(row) < 3 and all(isinstance(of, str) for of in row) for row in rows):
        raise ArticleNotReadable(path, line, "`asked` must list questions, each alone or with the heading that answers")
    return tuple(KnownQuestion(*row) for row in rows if row)


def _sanitised(body: str, path: str, line: int | None, *, is_html: bool) -> str:
    if is_too_deep(body):
        raise ArticleNotReadable(path, line, f"`body` nests more than {MAX_DEPTH:,} elements; its HTML is broken")
    # Where nothing is left but a video or a script, the article is found by its title.
    left = harmless(body) or EMPTY if is_html else harmless_markdown(body).strip() or EMPTY
    if len(left) > MAX_BODY:  # every bare < and & is written out
        raise ArticleNotReadable(path, line, TOO_LONG)
    return left


def _check(texts: Mapping[str, str | None], path: str, line: int | None) -> None:
    for name, allowed in (("format", FORMATS), ("visibility", VISIBILITIES)):
        if texts[name] is not None and texts[name] not in allowed:
            raise ArticleNotReadable(path, line, f"`{name}` is {texts[name]!r}; it is one of {', '.join(allowed)}")
    if len(texts["body"] or "") > MAX_BODY:
        raise ArticleNotReadable(path, line, TOO_LONG)
    url = texts["url"] or ""
    if (_SCHEME.match(url) and not url.lower().startswith(("http://", "https://"))) or any(c < " " for c in url):
        raise ArticleNotReadable(path, line, "`url` must be an address of the web, such as https://help.example.com/a")
    if len(texts["id"] or "") > MAX_ID:
        raise ArticleNotReadable(path, line, f"`id` is longer than {MAX_ID} characters")
