"""HTML sanitiser: an allow-list of the elements and attributes that an article may contain.

Applied when an article is created from input (`Article.from_record`), not when it is shown. So the text that is stored,
indexed, exported and returned is the same, and already safe.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import nh3

TAGS: Final = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "section", "article", "aside", "main",
     "header", "footer", "nav", "blockquote", "figure", "figcaption", "details", "summary", "ul", "ol", "li",
     "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col",
     "pre", "code", "kbd", "samp", "var", "tt", "a", "img", "strong", "b", "em", "i", "u", "s", "del", "ins", "mark",
     "small", "sub", "sup", "abbr", "cite", "q", "dfn", "time", "bdi", "bdo", "wbr"}
)  # fmt: skip
#: Gone with all that is in them; of any other tag that is not allowed the text stays.
GONE: Final = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "iframe", "frameset", "object", "embed", "applet",
     "title", "button", "select", "textarea"}
)  # fmt: skip
#: `id` and `name` are what links point at, `class` tells a table of contents, `data-for` wordings for platforms.
ATTRIBUTES: Final = {
    "*": {"id", "class", "title", "lang", "dir", "data-for"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "time": {"datetime"},
}
SCHEMES: Final = frozenset({"http", "https", "mailto"})
REL: Final = "noopener noreferrer nofollow"
#: Deeper than any page. The sanitiser's time grows with the square of the depth: 50,000 take it 20 seconds.
MAX_DEPTH: Final = 1_000
#: HTML closes these by itself where the next one begins.
_SELF_CLOSING: Final = frozenset({"p", "li", "dt", "dd", "tr", "td", "th", "br", "hr", "img", "wbr", "col", "input"})
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")

_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(GONE),
    attributes=ATTRIBUTES,
    url_schemes=set(SCHEMES),
    link_rel=REL,
    strip_comments=True,
)


def harmless(body: str) -> str:
    """Return an HTML body without anything that runs or loads a frame.

    Headings, lists, tables, code, links to web and mail, and pictures stay, with their anchors.
    """
    return _CLEANER.clean(body).strip()


def is_too_deep(body: str) -> bool:
    """Tell whether more elements are open at once than any page has."""
    opened: Counter[str] = Counter()
    deep = 0
    for tag in _TAG.finditer(body):
        closes, name = tag[1], tag[2].lower()
        if name in _SELF_CLOSING:
            continue
        if not closes:
            opened[name] += 1
            deep += 1
        elif opened[name]:
            opened[name] -= 1
            deep -= 1
        if deep > MAX_DEPTH:
            return True
    return False
