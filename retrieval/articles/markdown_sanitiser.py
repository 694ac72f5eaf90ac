"""Markdown sanitiser: raw HTML is cleaned as an HTML body is, and links lead to web and mail only.

Whoever renders a stored article elsewhere may let raw HTML through. What Markdown shows as it is, code above all, is
not touched. The parser says what is code; after the cleaning it is asked again, and where it finds anything that should
not be there, code is cleaned as well.
"""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import groupby
from typing import Final

from markdown_it import MarkdownIt

from retrieval.articles.html_tags import VOID, is_hidden
from retrieval.articles.sanitiser import ATTRIBUTES, GONE, SCHEMES, TAGS

#: Elements of HTML that are dropped where they stand; `<name>` in a sentence is none, and a reader shall see it.
_ELEMENTS: Final = TAGS | GONE | {
    "html", "head", "body", "meta", "link", "base", "font", "center", "big", "strike", "acronym", "basefont", "marquee",
    "form", "input", "label", "fieldset", "legend", "button", "option", "optgroup", "output", "progress", "meter",
    "video", "audio", "source", "track", "picture", "area", "map", "canvas", "dialog", "menu", "slot", "search",
    "hgroup", "address", "data", "ruby", "rt", "rp", "param", "xmp", "plaintext", "listing", "frame",
}  # fmt: skip
_LONG: Final = 20_000  # of such a line the parser makes nothing in a reasonable time
_MOST_CLEANINGS: Final = 3
_MOST_SEARCHES: Final = 20  # for the ends of hidden elements that have none
_ATTRIBUTE = r"""\s+[^\s"'=<>`/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?"""
_PIECES: Final = (
    r"(?P<comment><!--)",
    r"(?P<declaration><![a-zA-Z][^<>]*>)",
    rf"(?P<gone><(?:{'|'.join(sorted(GONE))})(?=[\s/>]))",
    rf"(?P<tag><(?P<closes>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:{_ATTRIBUTE})*+)\s*/?>)",
    r"(?P<address><(?:(?:https?|mailto):[^\s<>\"'`]*|[\w.+-]+@[\w.-]+)>)",
    r"(?P<open><(?=[a-zA-Z/!?]))",
    r"(?P<link>\][(:]\s*)(?P<place><[^<>\n]*>|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)",
)
_MEANT: Final = r"(?P<meant>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\\(?:`+|<))"
_FLAGS: Final = re.DOTALL | re.MULTILINE | re.IGNORECASE
_SPARING = re.compile("|".join((_MEANT, *_PIECES)), _FLAGS)
_STRICT = re.compile("|".join(_PIECES), _FLAGS)
_WHOLE_TAG = re.compile(_PIECES[3], _FLAGS)
_ONE_ATTRIBUTE = re.compile(r"""\s+([^\s"'=<>`/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BLANK = re.compile(r"[\x00-\x20\x7f]+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_BAD_SCHEME = re.compile(r"\b(javascript|vbscript|data)\s*(:|&colon;|&#0*58;|&#x0*3a;)", re.IGNORECASE)
_QUOTES: Final = str.maketrans({'"': "%22", "'": "%27", "`": "%60", "<": "%3C", ">": "%3E"})
_BARE: Final = _QUOTES | str.maketrans({" ": "%20", "\t": "%09", "(": "%28", ")": "%29", "\\": "%5C", "&": "&amp;"})
_LIKE_A_TAG = re.compile(r"<[a-zA-Z/!?]")


def harmless_markdown(body: str) -> str:
    """Return a Markdown body without raw HTML that runs, loads a frame or is hidden, and without links that run.

    What a cleaning leaves may be read otherwise, such as a link that a tag stood in: it is cleaned until it stays.
    """
    for _ in range(_MOST_CLEANINGS):
        before, body = body, _cleaned_once(body)
        if body == before:
            break
    return body


def _cleaned_once(body: str) -> str:
    if not _BAD_SCHEME.search(body) and _cleaned(body, sparing=False) == body:
        return body  # nearly every article: nothing to ask the parser about
    cleaned = "".join(
        text if is_code else _cleaned(text, sparing=not is_long) for text, is_code, is_long in _runs(body)
    )
    if _is_harmless(cleaned):
        return cleaned
    return _BAD_SCHEME.sub(r"\1", _cleaned(cleaned, sparing=False))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.validateLink = lambda _: True  # type: ignore[method-assign, assignment]  # ours is stricter, and sees every link
    return parser


def _readable(body: str) -> str:
    """Return the lines, those empty that the parser should not read."""
    return "\n".join("" if len(line) > _LONG else line for line in body.split("\n"))


def _runs(body: str) -> list[tuple[str, bool, bool]]:
    """Divide a body into runs of lines: text, whether it is a block of code, whether its lines are very long."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    code: set[int] = set()
    for token in _parser().parse(_readable(body)):
        if token.type in ("fence", "code_block") and token.map:
            code.update(range(*token.map))
    lines = _LINE.findall(body)
    kinds = [(number in code, len(line) > _LONG) for number, line in enumerate(lines)]
    grouped = groupby(range(len(lines)), kinds.__getitem__)
    return [("".join(lines[number] for number in run), *kind) for kind, run in grouped]


def _is_harmless(body: str) -> bool:
    for block in _parser().parse(_readable(body)):
        for token in (block, *(block.children or ())):
            if token.type in ("html_block", "html_inline") and _cleaned(token.content, sparing=False) != token.content:
                return False
            address = token.attrs.get("href") or token.attrs.get("src")
            if address and _place(str(address)) == "#" != address:
                return False
    return True


def _cleaned(text: str, *, sparing: bool) -> str:
    """Clean a text; sparing means that spans of code and what is escaped stay as they are."""
    return _Cleaning(text, sparing=sparing).done()


class _Cleaning:
    def __init__(self, text: str, *, sparing: bool) -> None:
        self._text, self._pattern = text, _SPARING if sparing else _STRICT
        self._lower = _ascii_lower(text)
        self._lasts: dict[str, int] = {}
        self._searches = 0

    def done(self) -> str:
        """Go through the text once."""
        kept: list[str] = []
        at = 0
        while found := self._pattern.search(self._text, at):
            kept.append(self._text[at : found.start()])
            written, at = self._instead(found)
            kept.append(written)
        return "".join([*kept, self._text[at:]])

    def _instead(self, found: re.Match[str]) -> tuple[str, int]:
        """Return what is written in the place of a piece, and where to go on."""
        kinds = found.groupdict()
        if kinds["comment"]:
            return self._comment(found)
        if kinds["gone"]:
            return self._gone(found)
        if kinds["tag"]:
            end = self._end_of_hidden(found)
            return (self._rebuilt(found), found.end()) if end is None else ("", end)
        if kinds["link"]:
            place = _place(found["place"])
            return found["link"] + (place if self._pattern is _SPARING else _bare(place)), found.end()
        return "&lt;" if kinds["open"] else "" if kinds["declaration"] else found[0], found.end()

    def _comment(self, found: re.Match[str]) -> tuple[str, int]:
        end = self._after("-->", found.end())
        if end is not None:
            return "", end
        start = found.start()
        above = self._text[max(0, start - 4) : start].rpartition("\n")
        if above[2].strip() or (start > 3 and not above[1]):  # in a line it is text
            return "&lt;!--", found.end()
        return "", len(self._text)  # a browser shows nothing that follows

    def _gone(self, found: re.Match[str]) -> tuple[str, int]:
        """Drop an element with all that is in it; of one that is never closed only the tag, or it is prose."""
        end = self._after(f"</{found[0][1:].lower()}", found.end())
        if end is not None:
            closed = self._text.find(">", end)
            return "", closed + 1 if closed >= 0 else len(self._text)
        tag = _WHOLE_TAG.match(self._text, found.start())
        return ("", tag.end()) if tag and tag["attributes"] else ("&lt;", found.start() + 1)

    def _after(self, mark: str, at: int) -> int | None:
        """Return where the next such mark ends."""
        if self._last(mark) < at:
            return None
        return self._lower.index(mark, at) + len(mark)

    def _last(self, mark: str) -> int:
        if mark not in self._lasts:
            self._lasts[mark] = self._lower.rfind(mark)
        return self._lasts[mark]

    def _end_of_hidden(self, tag: re.Match[str]) -> int | None:
        """Return where a hidden element ends; None for one that is shown, or never closed."""
        name = tag["name"].lower()
        if tag["closes"] or name in VOID or self._searches > _MOST_SEARCHES or not is_hidden(_attributes(tag)):
            return None
        depth = 1
        same = re.compile(rf"<(/?){re.escape(name)}(?=[\s/>])[^<>]*>", re.IGNORECASE)
        for found in same.finditer(self._text, tag.end()):
            depth += -1 if found[1] else 1
            if not depth:
                return found.end()
        self._searches += 1
        return None

    def _rebuilt(self, tag: re.Match[str]) -> str:
        """Write a tag anew with what is allowed; nothing of one that is not, and as text one that is none."""
        name, written = tag["name"].lower(), tag[0]
        if name not in TAGS:
            is_prose = name not in _ELEMENTS or not (tag["closes"] or self._after(f"</{name}", tag.end()))
            return f"&lt;{written[1:]}" if is_prose and not tag["attributes"] else ""
        if tag["closes"]:
            return f"</{name}>"
        allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(name, set())
        given = _attributes(tag)
        kept = []
        for attribute, value in given.items():
            address = _place(value) if attribute in ("href", "src") else value
            if attribute in allowed and (address != "#" or value == "#"):
                kept.append(f' {attribute}="{escape(address, quote=True)}"')
        hidden = " hidden" if is_hidden(given) and name not in VOID else ""
        return f"<{name}{''.join(kept)}{hidden}{' /' if name in VOID else ''}>"


def _ascii_lower(text: str) -> str:
    """Put a text in lower case without changing its length."""
    return text.translate({code: code + 32 for code in range(ord("A"), ord("Z") + 1)})


def _attributes(tag: re.Match[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _ONE_ATTRIBUTE.findall(tag["attributes"]):
        found.setdefault(name.lower(), unescape(value.strip("\"'") if value[:1] in "\"'" else value))
    return found


def _place(written: str) -> str:
    """Return the destination of a link as it is, its quotes encoded; `#` for one that leads to neither web nor mail."""
    bare = written[1:-1] if written.startswith("<") and written.endswith(">") else written
    meant = unescape(_ESCAPED.sub(r"\1", bare))
    scheme = _SCHEME.match(_BLANK.sub("", meant))
    if scheme and scheme[1].lower() not in SCHEMES:
        return "#"
    if not set(meant) & {'"', "'", "`", "<", ">"}:
        return written
    quoted = meant.translate(_QUOTES)
    return f"<{quoted}>" if bare != written else quoted


def _bare(place: str) -> str:
    """Return a destination without its brackets: where no link comes of it, `[a](<script>` is a tag."""
    return unescape(_ESCAPED.sub(r"\1", place[1:-1])).translate(_BARE) if _LIKE_A_TAG.match(place) else place
