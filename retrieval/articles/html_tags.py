"""Tags and texts of HTML that the sanitiser has written: every element closed, every attribute in double quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_TAG = re.compile(r'<(/?)([a-zA-Z][^\s/<>"]*+)((?:[^"<>]|"[^"]*")*+)>')
_ATTRIBUTE = re.compile(r'(?<![^\s=>"/])([^\s=>"/]++)="([^"]*)"')
_CSS_COMMENT = re.compile(r"/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)")
#: `&amp;` last, so that `&amp;lt;` is read once.
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", "\u00a0"), ("&amp;", "&"))
_UNSEEN_STYLES: Final = {"display": "none", "visibility": "hidden", "mso-hide": "all"}


class Tag(NamedTuple):
    """A tag that opens or closes an element."""

    name: str
    closes: bool
    attributes: Mapping[str, str]


def tokens(html: str) -> Iterator[Tag | str]:
    """Yield tags and the texts between them, entities read; whatever is no tag is text, so nothing is ever raised."""
    for token, _ in _placed(html):
        yield token


def without_hidden(html: str) -> str:
    """Return HTML without the elements that `hidden` or their style hides."""
    kept: list[str] = []
    hidden, depth = "", 0
    for token, written in _placed(html):
        if hidden:
            if isinstance(token, Tag) and token.name == hidden:
                depth += -1 if token.closes else 1
                hidden = hidden if depth else ""
        elif isinstance(token, Tag) and is_hidden(token.attributes):
            hidden, depth = ("", 0) if token.name in VOID else (token.name, 1)
        else:
            kept.append(written)
    return "".join(kept)


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Tell whether a browser would not show an element with these attributes."""
    if "hidden" in attributes:
        return True
    declared: dict[str, str] = {}
    for each in _CSS_COMMENT.sub("", attributes.get("style", "")).split(";"):
        name, _, value = each.partition(":")
        declared[name.strip().lower()] = value.lower().replace("!important", "").strip()
    return any(declared.get(name) == value for name, value in _UNSEEN_STYLES.items())


def _placed(html: str) -> Iterator[tuple[Tag | str, str]]:
    """Yield each token with its written form."""
    end = 0
    for found in _TAG.finditer(html):
        if found.start() > end:
            yield _unescaped(html[end : found.start()]), html[end : found.start()]
        given = _ATTRIBUTE.findall(found[3]) if found[3] else ()
        attributes = {name.lower(): _unescaped(value) for name, value in given}
        yield Tag(found[2].lower(), bool(found[1]), attributes), found[0]
        end = found.end()
    if end < len(html):
        yield _unescaped(html[end:]), html[end:]


def _unescaped(text: str) -> str:
    """Read the entities that the sanitiser writes, which are these alone; `html.unescape` takes 1 µs for each."""
    if "&" not in text:
        return text
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
