"""Error codes: 0x80070005, ERR_CONNECTION_RESET, ORA-00942, HTTP 429, and what follows the word `error`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from triage.fields.places import Place

_NAMED: Final = re.compile(
    r"(?<![\w.-])(?:0x[0-9A-Fa-f]{6,16}"
    r"|(?:[A-Z]{2,8}_)?(?:ERR|ERROR|EXC|FAULT)[_-][A-Z0-9]{1,24}(?:[_-][A-Z0-9]{1,24}){0,5}"
    r"|E(?:CONN|ADDR|TIMED|HOST|NET)[A-Z]{2,12}|ENOENT|EACCES|EPIPE|EPERM"
    r"|[A-Z]{1,6}-?E-?[0-9]{3,6}|(?:E|ORA|SQL|TLS|SSL|AADSTS|KB|PGRST|TS|CS)-?[0-9]{3,6})"
    r"(?![\w]|-[0-9A-Za-z])"
)
_SAID: Final = re.compile(
    r"(?<![\w-])(?:http(?:/[0-9](?:\.[0-9])?)?|error|fehler|erreur|errore|fout|erro|exception|errno|status)"
    r"(?:s?[- ]?(?:code|nummer|number|código|codigo|codice|nr|no)\.?)?[\s:#=(\[\"'“„]{1,3}"
    r"(?:code[ :]{1,2}|de código |código |codice )?"
    r"(0x[0-9A-F]{2,16}|[A-Z]{0,8}[-_]?[0-9]{2,8}(?:[-_.][0-9A-Z]{1,8}){0,2})"
    r"(?![\w]|[.,:/-][0-9A-Za-z]|[ ]?%)",
    re.IGNORECASE,
)
_STATUS: Final = re.compile(
    r"(?<![\w.,:/-])([45][0-9]{2})[ ](?=(?:Bad|Unauthorized|Forbidden|Not|Request|Conflict|Gone|Too|Internal|Service"
    r"|Gateway|Unprocessable)(?:[ ][A-Z]|\b))"
)
_STEMS: Final = ("err", "http", "fehler", "fout", "exception", "status")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")


def error_codes(text: str) -> Iterator[Place]:
    """Yield error codes in order, in capitals; hexadecimal ones in small letters."""
    found = [*(each.span() for each in _NAMED.finditer(text)), *(each.span(1) for each in _STATUS.finditer(text))]
    lower = text.lower()
    if any(stem in lower for stem in _STEMS):
        found += [each.span(1) for each in _SAID.finditer(text) if not _YEAR.fullmatch(each[1])]
    last = 0
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= last:
            last = end
            yield Place(start, end, _value(text[start:end]))


def _value(written: str) -> str:
    return written.lower() if written[:2].lower() == "0x" else written.upper()
