"""Dates in figures and in the words of seven languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.fields.dates import dates

LONG = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
SHAPES = {
    "en": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "fr": "{day} {month} {year}",
    "es": "{day} de {month} de {year}",
    "it": "{day} {month} {year}",
    "nl": "{day} {month} {year}",
    "pt": "{day} de {month} de {year}",
}
DAYS = st.dates(date(1950, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize("language", SHAPES)
@given(day=DAYS)
def test_a_date_in_words_is_read_in_every_language(language: str, day: date) -> None:
    month = LONG[language].split()[day.month - 1]
    written = SHAPES[language].format(day=day.day, month=month, year=day.year)
    text = f"({written}), again"
    (place,) = dates(text)
    assert place.value == day.isoformat()
    assert text[place.start : place.end] == written


@given(DAYS)
def test_a_date_in_figures_is_read(day: date) -> None:
    for written in (day.isoformat(), f"{day:%d.%m.%Y}", f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day:%Y/%m/%d}"):
        assert [each.value for each in dates(f"On {written}, it")] == [day.isoformat()]
    assert [each.value for each in dates(f"On {day:%m/%d/%Y}", month_first=True)] == [day.isoformat()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("March 2, 2026", ["2026-03-02"]),
        ("Mar. 2nd, 2026", ["2026-03-02"]),
        ("1er mars 2026", ["2026-03-01"]),
        ("2nd of March 2026", ["2026-03-02"]),
        ("1º de marzo de 2026", ["2026-03-01"]),
        ("12.03.26", ["2026-03-12"]),
        ("12/31/2026", ["2026-12-31"]),
        ("03/04/2026", ["2026-04-03"]),
        ("31.02.2026", []),
        ("2026-02-30", []),
        ("version 12.3.1", []),
        ("1.2.26", []),
        ("2026", []),
        ("March 2026", []),
        ("10.20.30.40", []),
        ("", []),
        ("2026-03-02T09:00:00Z", ["2026-03-02"]),
        ("from 1 May 2026 to 3 May 2026", ["2026-05-01", "2026-05-03"]),
        ("99 luftballons 2026", []),
        ("INV-2026-03-02", []),
        ("12.03.2026.", ["2026-03-12"]),
        ("12.03.75", ["1975-03-12"]),
    ],
)
def test_dates_of_a_text(text: str, expected: list[str]) -> None:
    assert [each.value for each in dates(text)] == expected
