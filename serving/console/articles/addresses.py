"""Addresses of the room's pages. An id may hold a slash or a question mark, so it stands in the query."""

from collections.abc import Mapping
from urllib.parse import urlencode

LIST = "/articles"


def listed_at(query: Mapping[str, object]) -> str:
    """Return the list's address with what is not empty."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{LIST}?{urlencode(given)}" if given else LIST


def shown_at(article_id: str) -> str:
    """Return where one article is shown."""
    return f"{LIST}/view?{urlencode({'id': article_id})}"


def edited_at(article_id: str) -> str:
    """Return where one article is edited."""
    return f"{LIST}/edit?{urlencode({'id': article_id})}"


def deleted_at(article_id: str) -> str:
    """Return where one article is deleted."""
    return f"{LIST}/delete?{urlencode({'id': article_id})}"
