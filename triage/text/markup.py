"""The visible text of HTML, whether a mail, a note of an agent or prose with a `<` in it.

Nothing that a browser shows is lost: tags that are no HTML (`<empty>`, `<kim@example.com>`) stay as they are written,
and so do `<button>` and its like where they stand in prose, without attributes and never closed. What a browser hides
is left out: styles, scripts, comments, `hidden`, `display:none`. A mail that is quoted gets `> ` before its lines. The
time is linear in the text, however it is broken.
"""

from __future__ import annotations

import html
import re

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-z][a-z0-9]{0,15}+(?::[a-z0-9]{1,15}+)?+)"
    r"""(?P<attributes>(?:[\s/](?:[^<>"']++|"[^"]*+"|'[^']*+')*+)?+)>""",
    re.IGNORECASE,
)
_BROKEN_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-z][a-z0-9]{0,15}+)(?P<attributes>\s[^<>]{0,4000}+)>", re.IGNORECASE)
_END_TAG = re.compile(r"</([a-z][a-z0-9]{0,15}+)\s{0,5}>", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"\s*+(?:[\w:-]{1,40}+\s*+)?+/?|[^=]*+=.*+", re.DOTALL)
_DECLARATION = re.compile(r"<!\[[^<>\]]{0,100}+\]>|<!doctype[^<>]{0,300}+>|<\?xml[^<>]{0,300}+>", re.IGNORECASE)
_ALWAYS = """
    a b blockquote body br center code div em font h1 h2 h3 h4 h5 h6 head hr html i img li link meta ol p pre span
    strong sub sup table tbody td th thead title tr tt u ul script style
"""
_IF_CLOSED = """
    abbr acronym address area article aside audio base bdi bdo big button canvas caption cite col colgroup data dd del
    details dfn dialog dir dl dt embed fieldset figcaption figure footer form frame frameset header hgroup iframe input
    ins kbd label legend main map mark marquee menu meter nav nobr noframes noscript object optgroup option output param
    picture progress q ruby s samp search section select small source strike summary svg template textarea tfoot time
    track var video wbr
"""
_WITHOUT_END = "area base br col embed hr img input link meta param source track wbr"
_BLOCKS = """
    address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr
    li main nav ol option p pre section table tbody tfoot thead tr ul
"""
_PLAIN = frozenset(_ALWAYS.split())  # taken as markup wherever they stand; the others only where they are closed
_KNOWN = _PLAIN | frozenset(_IF_CLOSED.split())
_NAMED_IN_PROSE = _PLAIN - {"br", "hr", "p", "li", "img", "meta", "link", "div"}  # if nothing in a text is closed
_VOID = frozenset(_WITHOUT_END.split())
_NEW_LINE = frozenset(_BLOCKS.split())
_CELL = frozenset({"td", "th", "br"})
_ALONE = frozenset({"p", "li", "td", "th", "tr", "dd", "dt", "option"})  # closed by the next one, too
_UNSEEN = frozenset({"template", "noscript", "svg", "title", "object", "iframe", "select"})
_RAW = {name: re.compile(f"</{name}\\b[^>]{{0,100}}>?", re.IGNORECASE) for name in ("script", "style")}
_PAGE = frozenset({"p", "div", "td", "body", "html", "table", "ul"})
_NAMESPACES = ("o:", "v:", "w:", "m:", "st1:")
_DEEPEST_QUOTE = 8
_DEEP = 30  # elements that an end tag may close at once
_HIDES = re.compile(
    r"(?:display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden|mso-hide\s{0,5}:\s{0,5}all"
    r"|opacity\s{0,5}:\s{0,5}0(?![.\d])"
    r"|font-size\s{0,5}:\s{0,5}0(?![.\d])|max-height\s{0,5}:\s{0,5}0(?![.\d]))",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"""\bstyle\s{0,5}=\s{0,5}(?:"([^"]{0,4000}+)|'([^']{0,4000}+)|([^\s"'>]{1,500}+))""", re.IGNORECASE
)
_HIDDEN = re.compile(r"(?<![\w-])hidden(?![\w-])", re.IGNORECASE)
_VALUE = re.compile(r"""=\s{0,5}(?:"[^"]*+"|'[^']*+'|[^\s"'>]{1,500}+)""")
_QUOTE = re.compile(
    r"gmail_quote|protonmail_quote|moz-cite|yahoo_quoted|zmail_extra|type\s{0,3}=\s{0,3}[\"']?cite|cite\s{0,3}=",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """Return the text that a reader sees, blocks on lines of their own; plain text stays as it is."""
    if "<" in text:
        text = _Reader(_DECLARATION.sub(" ", _without_comments(text))).read()
    return html.unescape(text) if "&" in text else text


def parts_words(name: str) -> bool:
    """Tell whether a tag of this name stands between words for a reader, and not within one as `b` may."""
    return name.lower() not in _KNOWN or name.lower() in _NEW_LINE | _CELL


def _without_comments(text: str) -> str:
    pieces, at = [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        pieces += [text[at:begin], " "]
        at = end + 3
    return "".join([*pieces, text[at:]]).replace("<!--", " ")


class _Reader:
    """Goes through a text once; knows which elements are open, where nothing shows and how deep it is in quotations."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closed = {name.lower() for name in _END_TAG.findall(text)}
        self._is_page = not self._closed.isdisjoint(_PAGE)
        self._pieces: list[str] = []
        self._names: list[str] = []
        self._quotes: list[int] = []
        self._bare: dict[tuple[str, str], bool] = {}
        self._hidden_at = 0  # the number of open elements from which on nothing shows

    def read(self) -> str:
        text, at, last = self._text, 0, self._text.rfind(">")
        begin = text.find("<")
        while 0 <= begin < last:
            tag = _TAG.match(text, begin) or _BROKEN_TAG.match(text, begin)
            if tag is None or not self._is_markup(tag):
                begin = text.find("<", begin + 1)
                continue
            if at < begin:
                self._show(text[at:begin])
            at = self._take(tag)
            begin = text.find("<", at)
        self._show(text[at:])
        return "".join(self._pieces)

    def _is_markup(self, tag: re.Match[str]) -> bool:
        if tag["attributes"]:
            return self._knows(tag)
        key = tag["end"], tag["name"]
        if key not in self._bare:
            self._bare[key] = self._knows(tag)
        return self._bare[key]

    def _knows(self, tag: re.Match[str]) -> bool:
        name, attributes = tag["name"].lower(), tag["attributes"].strip()
        if name in _RAW and name not in self._closed:
            return bool(attributes) or not self._text[: tag.start()].strip()
        if ":" in name:
            return name.startswith(_NAMESPACES)
        if name in _NAMED_IN_PROSE and not (attributes or self._closed or self._text.lstrip().startswith("<")):
            return False
        if name not in _KNOWN or not _ATTRIBUTES.fullmatch(tag["attributes"]):
            return False
        return name in _PLAIN or bool(attributes or tag["end"]) or name in self._closed

    def _take(self, tag: re.Match[str]) -> int:
        """Act on a tag; return where the text goes on."""
        name = tag["name"].lower()
        if name in _RAW and not tag["end"]:
            end = _RAW[name].search(self._text, tag.end())
            return end.end() if end else len(self._text)
        if tag["end"]:
            self._leave(name)
        elif name not in _VOID and not tag["attributes"].endswith("/"):
            self._enter(name, tag["attributes"])
        if name in _NEW_LINE:
            self._mark("\n" + "> " * min(len(self._quotes), _DEEPEST_QUOTE))
        elif name in _CELL:
            self._mark(" ")
        return tag.end()

    def _mark(self, mark: str) -> None:
        if not self._hidden_at:
            self._pieces.append(mark)

    def _show(self, text: str) -> None:
        if not self._hidden_at:
            breaks_count = not self._is_page or "pre" in self._names[-3:]
            self._pieces.append(text if breaks_count else text.replace("\n", " "))

    def _enter(self, name: str, attributes: str) -> None:
        if name in _ALONE and self._names and self._names[-1] == name:
            self._leave(name)
        self._names.append(name)
        closes = name in self._closed or name in _ALONE
        if not self._hidden_at and closes and (name in _UNSEEN or _is_hidden(attributes)):
            self._hidden_at = len(self._names)
        if name == "blockquote" and _QUOTE.search(attributes):
            self._quotes.append(len(self._names))

    def _leave(self, name: str) -> None:
        if not self._names:
            return
        near = self._names[-_DEEP:]
        if name not in near:
            return
        del self._names[len(self._names) - 1 - near[::-1].index(name) :]
        if len(self._names) < self._hidden_at:
            self._hidden_at = 0
        while self._quotes and len(self._names) < self._quotes[-1]:
            self._quotes.pop()


def _is_hidden(attributes: str) -> bool:
    if not attributes.strip():
        return False
    style = _STYLE.search(attributes)
    if style and _HIDES.search(style[1] or style[2] or style[3] or ""):
        return True
    return bool(_HIDDEN.search(_VALUE.sub("=", attributes)))
