"""Versions: 2.3.1, v4.0-rc1, and after a word that says so also 2.3 and 12."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from triage.fields.places import Place

_TAIL: Final = (
    r"(?:[-_. ]?(?:alpha|beta|rc|dev|preview|pre|snapshot|hotfix|patch|esr|sp|b|a|p)[-.]?[0-9]{0,4}(?![A-Za-z0-9])"
    r"|-[0-9]{1,6}(?![A-Za-z0-9-]))?(?:\+[0-9A-Za-z.-]{1,20})?"
)
_END: Final = r"(?![\w]|[.,:/-][0-9])"
_BARE: Final = re.compile(
    rf"(?<![\w.,:/-])(?:v[0-9]{{1,5}}(?:\.[0-9]{{1,6}}){{1,3}}|[0-9]{{1,4}}(?:\.[0-9]{{1,6}}){{2,3}}){_TAIL}{_END}",
    re.IGNORECASE,
)
_SAID: Final = re.compile(
    r"(?<![^\W_])(?:version|versión|versione|versie|versão|release|build|firmware|ver|rel)(?:\.|s?nummer|[ ]number)?"
    rf"[ :=#]{{1,3}}(?:(?:nr|no|n)?[.°º][ ]?)?(v?[0-9]{{1,6}}(?:\.[0-9]{{1,6}}){{0,3}}{_TAIL}){_END}",
    re.IGNORECASE,
)
_STEMS: Final = ("vers", "release", "build", "firmware", "ver", "rel")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")


def versions(text: str) -> Iterator[Place]:
    """Yield versions in order, without a `v` before them and in small letters."""
    lower = text.lower()
    said = _SAID.finditer(text) if any(stem in lower for stem in _STEMS) else ()
    found = [Place(each.start(1), each.end(1), _value(each[1])) for each in said]
    taken = {place.start for place in found}
    found += [
        Place(each.start(), each.end(), _value(each[0]))
        for each in (_BARE.finditer(text) if "." in text else ())
        if each.start() not in taken and not _is_something_else(each[0])
    ]
    yield from sorted(found)


def _value(written: str) -> str:
    return written.lower().removeprefix("v").replace(" ", "-")


def _is_something_else(written: str) -> bool:
    """Tell a date (12.03.2026), a number of thousands (1.234.567) and an address of a network from a version."""
    parts = written.split(".")
    if not all(each.isdigit() for each in parts):
        return False
    if len(parts) == 3:
        day, month, year = parts if not _YEAR.fullmatch(parts[0]) else reversed(parts)
        if _is_a_day(day, month) and (_YEAR.fullmatch(year) or len(written) == len("01.02.26")):
            return True
        return all(len(each) == 3 for each in parts[1:])
    return all(int(each) < 256 for each in parts)


def _is_a_day(day: str, month: str) -> bool:
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12
