"""Dates with a year, in figures and in the words of seven languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from triage.fields.places import Place
from triage.text.plain_letters import without_accents

_YEAR_FIRST: Final = re.compile(r"(?<![\w.,/-])([12][0-9]{3})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9]|[./-][0-9])")
_YEAR_LAST: Final = re.compile(
    r"(?<![\w.,/-])([0-9]{1,2})([./-])([0-9]{1,2})\2((?:[12][0-9])?[0-9]{2})(?![0-9]|[./-][0-9]|[^\W\d_])"
)
_DAY_FIRST: Final = re.compile(
    r"(?<![\w.,/-])([0-9]{1,2})(?:\.|st|nd|rd|th|er|º|ª|°)?[ \u00a0](?:of |de |d[’'])?([^\W\d_]{3,10})\.?,?[ \u00a0]"
    r"(?:of |de |del )?([12][0-9]{3})(?![\w]|[.,][0-9])"
)
_MONTH_FIRST: Final = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,10})\.?[ \u00a0]([0-9]{1,2})(?:st|nd|rd|th)?,?[ \u00a0]([12][0-9]{3})(?![\w]|[.,][0-9])"
)
_A_YEAR: Final = re.compile(r"[12][0-9]{3}")
_MONTHS: Final = (
    "january jan januar janner jaenner janvier janv enero ene gennaio gen januari janeiro",
    "february feb februar feber fevrier fevr febrero febbraio febbr februari fevereiro fev",
    "march mar marz maerz mrz mars marzo maart mrt marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug aout agosto ago augustus",
    "september sep sept septembre septiembre setiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre dic diciembre dicembre dezembro",
)
_MONTH: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_LATER: Final = 70  # a year of two digits from here on is of the last century


def dates(text: str, *, month_first: bool = False) -> Iterator[Place]:
    """Yield dates that exist, as ISO 8601, in order; of 03/04/2026 the day is first unless `month_first`.

    Only slashes are read month first; a month that cannot be one is the day.
    """
    found: list[Place] = []
    for each in _YEAR_LAST.finditer(text):
        found += _year_last(each, month_first=month_first)
    if _A_YEAR.search(text):
        found += _with_a_year(text)
    end = 0
    for place in sorted(found):
        if place.start >= end:
            end = place.end
            yield place


def _with_a_year(text: str) -> Iterator[Place]:
    for each in _YEAR_FIRST.finditer(text):
        yield from _place(each, int(each[1]), int(each[3]), int(each[4]))
    for each in _DAY_FIRST.finditer(text):
        yield from _place(each, int(each[3]), _month(each[2]), int(each[1]))
    for each in _MONTH_FIRST.finditer(text):
        yield from _place(each, int(each[3]), _month(each[1]), int(each[2]))


def _year_last(found: re.Match[str], *, month_first: bool) -> list[Place]:
    one, other, year = int(found[1]), int(found[3]), int(found[4])
    if year < 100:
        if len(found[0]) < len("01.02.26"):  # `1.2.26` is a version
            return []
        year += 1900 if year >= _LATER else 2000
    slashed = found[2] == "/"
    day, month = (other, one) if slashed and month_first else (one, other)
    return _place(found, year, month, day) or (_place(found, year, day, month) if slashed else [])


def _month(name: str) -> int:
    return _MONTH.get(without_accents(name.lower()), 0)


def _place(found: re.Match[str], year: int, month: int, day: int) -> list[Place]:
    try:
        return [Place(found.start(), found.end(), date(year, month, day).isoformat())]
    except ValueError:
        return []
