"""HTML sanitiser: an allow-list of the elements and attributes that an article may contain.

Applied when an article is created from input (`Article.from_record`), not when it is shown. So the text that is stored,
indexed, exported and returned is the same, and already safe.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import nh3

from retrieval.articles.html_tags import VOID, without_hidden

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
     "title", "select", "textarea", "noembed", "noframes", "datalist"}
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
_SELF_CLOSING: Final = frozenset({"p", "li", "dt", "dd", "tr", "td", "th", "option"} | VOID)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_WHOLE_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)[^>]*+(?:>|\Z)")
#: Where one of these is opened and never closed, the parser takes all that follows into it.
_SWALLOWING: Final = frozenset({*GONE, "xmp", "plaintext", "listing"}) - {"embed", "frameset"}
_SWALLOWING_TAG = re.compile(rf"<(/?)(?=[a-z])({'|'.join(sorted(_SWALLOWING))})(?=[\s/>])([^<>]*>)?", re.IGNORECASE)
#: The sanitiser's time grows with the square of the ampersands in one text too: 5 MB of them take it minutes. A comment
#: divides a text, and is dropped. These tags divide none where the parser ignores them, nor does one that closes.
_MANY_ENTITIES = re.compile(
    r"(?:&(?:[^<&]|<(?!(?!(?:html|head|body|frame|caption|col(?:group)?|t[dhr]|tbody|tfoot|thead)[\s/>])[a-z]))*+){500}+"
    r"(?=&)",
    re.IGNORECASE,
)
#: Texts in these are written without escapes.
_RAW: Final = frozenset({"xmp", "plaintext", "noscript", "noembed", "noframes", "iframe", "script", "style"})
_MAY_HIDE = re.compile(r"style|hidden", re.IGNORECASE)

_PRE: Final = re.compile(r"<pre(?: [^<>]*)?>\n")
_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(GONE),
    attributes=ATTRIBUTES,
    url_schemes=set(SCHEMES),
    link_rel=REL,
    strip_comments=True,
)


def harmless(body: str) -> str:
    """Return an HTML body without anything that runs, loads a frame or is hidden.

    Headings, lists, tables, code, links to web and mail, and pictures stay, with their anchors. Of a tag that is not
    allowed the text stays, and so does what follows one that is never closed.
    """
    opened = _SWALLOWING_TAG.sub(_Unclosed(body), body)
    opened = _MANY_ENTITIES.sub(r"\g<0><!>", opened)
    # Of a <pre> a parser drops the first line feed, and nh3 does not write it again: each cleaning would take a line.
    return _PRE.sub(r"\g<0>\n", _CLEANER.clean(_seen(opened))).lstrip("\ufeff").strip()


def shallow(body: str) -> str:
    """Return a body without the tags that are nested deeper than any page's; their texts stay."""
    if not is_too_deep(body):
        return body
    opened: Counter[str] = Counter()
    dropped: Counter[str] = Counter()

    def kept(tag: re.Match[str]) -> str:
        closes, name = tag[1], tag[2].lower()
        if name in _SELF_CLOSING:
            return tag[0]
        if closes and dropped[name]:
            dropped[name] -= 1
            return " "
        if not closes and opened.total() >= MAX_DEPTH // 2:
            dropped[name] += 1
            return " "
        opened[name] = max(0, opened[name] + (-1 if closes else 1))
        return tag[0]

    return _WHOLE_TAG.sub(kept, body)


class _Unclosed:
    """Makes text of a tag that would take in the rest of the body, `<title>` in a sentence; with attributes it goes."""

    def __init__(self, body: str) -> None:
        self._last_end = {tag[2].lower(): tag.start() for tag in _SWALLOWING_TAG.finditer(body) if tag[1]}

    def __call__(self, tag: re.Match[str]) -> str:
        if tag[1] or tag.start() < self._last_end.get(tag[2].lower(), -1):
            return tag[0]
        return f"&lt;{tag[2]}&gt;" if tag[3] == ">" else "" if tag[3] else f"&lt;{tag[0][1:]}"


def _seen(body: str) -> str:
    """Drop what a browser does not show; which tags hold it is known only after the HTML has been put in order."""
    if not _MAY_HIDE.search(body):
        return body
    names = {tag[2].lower() for tag in _TAG.finditer(body)}
    in_order = nh3.Cleaner(
        tags={*TAGS, *names} - GONE - _RAW,
        clean_content_tags=set(GONE),
        attributes=ATTRIBUTES | {"*": {*ATTRIBUTES["*"], "style", "hidden"}},
        url_schemes=set(SCHEMES),
        link_rel=None,
        strip_comments=True,
    )
    return without_hidden(in_order.clean(body))


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
