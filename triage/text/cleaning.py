"""From subject and body to model input: the only place where text is cleaned, for training and serving."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

from triage.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CHARACTERS = 4_000
_RAW_CHARACTERS = 16_000  # nothing behind this is looked at, so that a megabyte costs what a page costs

_DROPPED = re.compile(r"<(script|style)\b[^<>]{0,500}>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(
    r"</?(?:a|b|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|o:p|ol|p|pre|small|span|"
    r"strong|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul)(?:\s[^<>]{0,500})?/?>|<!--[^>]{0,500}-->",
    re.IGNORECASE,
)
_LINE_END = re.compile(r"<(?:br|/?(?:p|div|li|ol|ul|tr|table|blockquote|pre|h[1-6]))\b[^<>]{0,500}>", re.IGNORECASE)
_MARKUP = re.compile(r"<br\s{0,3}/?>|</(?:p|div|li|tr|td|table|span|html|body|h[1-6])>", re.IGNORECASE)
_PIECE = re.compile(r"\S{1,256}|\s+")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff"
    r"\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff]"
)
_QUOTED_TAIL = re.compile(
    r"^[ \t>]*(?:"
    r"-{2,}[ \t]*(?:Original Message|Forwarded message"
    r"|Urspr\u00fcngliche Nachricht|Message d'origine|Mensaje original)[ \t]*-{2,}"
    r"|On\b[^\n]{4,200}\bwrote:"
    r"|Am\b[^\n]{4,200}\bschrieb\b[^\n]{0,80}:"
    r"|Le\b[^\n]{4,200}\ba \u00e9crit\s?:"
    r"|El\b[^\n]{4,200}\bescribi\u00f3:"
    r"|From:[ \t][^\n]{1,200}\n[ \t>]*(?:Sent|Date|To):[ \t]"
    r")",
    re.MULTILINE,
)


def clean(text: str) -> str:
    """Return the text as people see it: NFC, no markup or control characters, single spaces, <= 4,000 characters."""
    return _collapsed(_visible(text))


def public_text(text: str, known: Sequence[str | None] = ()) -> str:
    """Return the text cleaned and without personal data, as others than its writer may see it; see `model_text`."""
    return _collapsed(_anonymous(_visible(text), known))


def model_text(subject: str | None, body: str | None, known: Sequence[str | None] = ()) -> str:
    """Return what every model reads of a ticket: subject, a line break, and the body without the mail it quotes.

    Personal data is replaced by its kind here, so that nothing behind this (vectors, bundles, caches) holds any; also
    what is `known` of the requester: e-mail address, name, account. It is looked for while the lines are still there,
    because a signature is known by them.
    """
    title = public_text(subject or "", known)
    rest = _collapsed(_anonymous(_without_quotes(_visible(body or "")), known))
    text = rest if rest.startswith(title) else f"{title}\n{rest}"  # also rest alone when there is no subject
    return text[:MAX_CHARACTERS].rstrip()


def redacted(text: str, known: Sequence[str | None] = ()) -> str:
    """Return the text without personal data, with its lines; of an HTML body what people see of it.

    A name below a farewell, and a card in the cells of a table, are found only in what people see.
    """
    return _anonymous(_visible(text, len(text)) if _MARKUP.search(text) else text, known)


def _anonymous(text: str, known: Sequence[str | None]) -> str:
    return redact(text, [each for each in known if each]).text


def _visible(text: str, most: int = _RAW_CHARACTERS) -> str:
    text = text[:most]
    if "<" in text:
        text = _TAG.sub(" ", _LINE_END.sub("\n", _DROPPED.sub(" ", text)))
    if "&" in text:
        text = html.unescape(text)
    text = _UNPRINTABLE.sub("", text)
    if text.isascii():
        return text
    # By pieces, because putting an endless run of combining marks in order takes quadratic time.
    return "".join(unicodedata.normalize("NFC", piece) for piece in _PIECE.findall(text))


def _without_quotes(text: str) -> str:
    """Cut the quoted mail off the end, unless nothing else would be left."""
    tail = _QUOTED_TAIL.search(text)
    kept = text[: tail.start()] if tail else text
    if ">" in kept:
        kept = _without_quoted_lines(kept)
    return kept if kept.strip() else text


def _without_quoted_lines(text: str) -> str:
    """Cut the lines that begin with `>` off the end."""
    lines = text.rstrip().split("\n")
    while lines and lines[-1].lstrip(" \t").startswith(">"):
        lines.pop()
    return "\n".join(lines)


def _collapsed(text: str) -> str:
    return " ".join(text.split())[:MAX_CHARACTERS].rstrip()
