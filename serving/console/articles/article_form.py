"""The form that an article is written in: its fields as they were typed, and what is wrong with each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_type_hints

import msgspec

from retrieval.articles.article import Article, KnownQuestion
from serving.articles.editing import ID, article_of
from serving.articles.schemas import ArticleIn
from serving.console.forms import Form
from serving.errors import InvalidRequest

FIELDS: Final = (
    "title", "body", "summary", "url", "section", "locale", "product_area", "brand", "updated_at", "format",
    "visibility",
)  # fmt: skip
_TYPES: Final = get_type_hints(ArticleIn, include_extras=True)
_SENTENCES: Final = {
    "title": "Write a title of at most 500 characters.",
    "body": "Write what the article says.",
    "summary": "At most 2,000 characters.",
    "url": "Write an address of the web without spaces, such as https://help.example.com/reset-your-password.",
    "section": "At most 200 characters.",
    "locale": "Write a language, such as en or pt-BR, of at most 16 characters.",
    "product_area": "At most 64 characters.",
    "brand": "At most 200 characters.",
    "updated_at": "Write a date such as 2026-07-04, of at most 40 characters.",
    "format": "Choose one of these.",
    "visibility": "Choose one of these.",
}
_PREVIEWED: Final = ("title", "body", "format")
_NO_ID: Final = "preview"  # a preview needs none
_ID_WRONG: Final = "1 to 200 characters without spaces and slashes."
_NOT_IN_IDS = re.compile(r"[^\w.-]+")
_NAMED = re.compile(r"`(\w+)`")
_LONGEST_SLUG: Final = 80


@dataclass(frozen=True, slots=True)
class ArticleForm:
    """What was typed; `revision` is that of the article which its author has read, 0 for a new one."""

    id: str = ""
    revision: int = 0
    typed: Mapping[str, str] = field(default_factory=lambda: {"format": "markdown", "visibility": "public"})
    requires_human: bool = False

    @classmethod
    def of(cls, article: Article, revision: int) -> "ArticleForm":
        """Return the form of an article that is stored."""
        typed = {name: getattr(article, name) or "" for name in FIELDS}
        return cls(article.id, revision, typed, article.requires_human)

    @classmethod
    def read(cls, form: Form) -> "ArticleForm":
        """Read what was sent."""
        revision = form.text("revision")
        return cls(
            form.text("id"),
            int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 19 else 0,
            {name: form.text(name) for name in FIELDS},
            form.has("requires_human"),
        )

    def __getitem__(self, name: str) -> str:
        """Return a field as it was typed."""
        return self.typed.get(name, "")

    @property
    def is_new(self) -> bool:
        """Whether no article was read before."""
        return self.revision == 0

    @property
    def article_id(self) -> str:
        """The id, for a new article without one made of its title."""
        return self.id or _NOT_IN_IDS.sub("-", self["title"].casefold()).strip("-.")[:_LONGEST_SLUG].rstrip("-.")

    def article(self, asked: tuple[KnownQuestion, ...] = ()) -> Article:
        """Make the article; `asked` are the questions that the stored one is known to answer.

        Raises `ArticleNotAccepted`: with a sentence for each field that cannot be stored.
        """
        errors = self._errors()
        if errors:
            raise ArticleNotAccepted(errors)
        given: dict[str, Any] = {name: self[name] or None for name in FIELDS} | {"requires_human": self.requires_human}
        return replace(_accepted(self.article_id, given), asked=asked)

    def preview(self) -> tuple[Article, Mapping[str, str]]:
        """Make an article of title and text alone, and return it with what is wrong with the other fields.

        Raises `ArticleNotAccepted`: title or text cannot be stored; with the faults of all fields.
        """
        errors = self._errors()
        if not errors.keys().isdisjoint(_PREVIEWED):
            raise ArticleNotAccepted(errors)
        try:
            return _accepted(_NO_ID, {name: self[name] or None for name in _PREVIEWED}), errors
        except ArticleNotAccepted as refused:
            raise ArticleNotAccepted({**errors, **refused.errors}) from refused

    def _errors(self) -> dict[str, str]:
        errors = {}
        for name in FIELDS:
            try:
                msgspec.convert(self[name] or None, _TYPES[name])
            except msgspec.ValidationError:
                errors[name] = _SENTENCES[name]
        if self.is_new and not ID.fullmatch(self.article_id):
            errors["id"] = _ID_WRONG
        return errors


def _accepted(article_id: str, given: Mapping[str, Any]) -> Article:
    try:
        return article_of(article_id, msgspec.convert(given, ArticleIn))
    except InvalidRequest as refused:
        said = refused.errors[0].message
        named = _NAMED.match(said)
        name = named[1] if named and named[1] in FIELDS else "body"
        raise ArticleNotAccepted({name: f"Not accepted: {said}."}) from refused


class ArticleNotAccepted(Exception):
    """What was typed is no article: a sentence by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors
