"""Show an article's text inside a page of the console.

Stored text is harmless already (`retrieval.articles.sanitiser`). Here it also must not look like a part of the page:
ids, classes and headings of the page are the page's, pictures of other hosts are links, and no link leads into the
console.
"""

from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3
from markupsafe import Markup

from retrieval.articles.article import Article
from retrieval.articles.markup import markdown_html
from retrieval.articles.sanitiser import REL, SCHEMES, TAGS, harmless

_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_FIRST, _LAST = 3, 6  # levels of an article's headings below those of the page
_PLAIN: Final = frozenset(
    {"header", "footer", "nav", "main", "aside", "section", "article"}
)  # landmarks are the page's
_KEPT: Final = {
    "a": {"href"},
    "ol": {"start", "reversed"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "*": {"lang", "dir"},
}
_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS) - _PLAIN - {"img"},
    attributes=_KEPT,
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel=REL,
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def rendered(article: Article) -> Markup:
    """Return an article's text as HTML that may stand in a page."""
    if article.format == "text":
        paragraphs = (part.strip() for part in article.body.split("\n\n"))
        return Markup().join(Markup("<p>{}</p>").format(part) for part in paragraphs if part)
    html = markdown_html(article.body) if article.format == "markdown" else article.body
    return Markup(_CLEANER.clean(_Rewriting.of(harmless(html))))  # noqa: S704 (this is what was made harmless)


class _Rewriting(HTMLParser):
    """Writes HTML anew with the headings of a part, and a picture's text in its place."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._written: list[str] = []
        self._level = _FIRST - 1
        self._open: list[str] = []

    @classmethod
    def of(cls, html: str) -> str:
        """Return HTML written anew."""
        rewriting = cls()
        rewriting.feed(html)
        rewriting.close()
        return "".join(rewriting._written)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write a tag."""
        given = dict(attrs)
        if tag == "img":
            self._written.append(_picture(given))
            return
        if tag in _HEADINGS:
            self._level = min(_LAST, self._level + 1, max(_FIRST, _FIRST - 1 + _HEADINGS.index(tag)))
            tag = f"h{self._level}"
            self._open.append(tag)
        written = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs)
        self._written.append(f"<{tag}{written}>")

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        if tag in _HEADINGS:
            tag = self._open.pop() if self._open else tag
        self._written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Write text."""
        self._written.append(escape(data, quote=False))


def _picture(given: dict[str, str | None]) -> str:
    name, address = escape(given.get("alt") or "without a description"), given.get("src") or ""
    if address.lower().startswith(("http://", "https://")):
        return f'<a href="{escape(address)}">Picture: {name}</a>'
    return f"Picture: {name}"
