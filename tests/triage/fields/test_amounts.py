"""Amounts as seven languages write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.fields.amounts import amounts

#: How a language groups thousands, marks decimals, and writes euros.
SHAPES = {
    "en": (",", ".", "€{}"),
    "de": (".", ",", "{} €"),
    "fr": ("\u202f", ",", "{}\u00a0€"),
    "es": (".", ",", "{} euros"),
    "it": (".", ",", "€ {}"),
    "nl": (".", ",", "€ {}"),
    "pt": (".", ",", "{} EUR"),
    "ch": ("'", ".", "EUR {}"),
}


def written(value: Decimal, language: str) -> str:
    group, mark, shape = SHAPES[language]
    return shape.format(f"{value:,.2f}".translate({ord(","): group, ord("."): mark}))


@pytest.mark.parametrize("language", SHAPES)
@given(cents=st.integers(0, 10**11))
def test_an_amount_of_every_language_is_read(language: str, cents: int) -> None:
    value = Decimal(cents) / 100
    text = f"Total: {written(value, language)}."
    (place,) = amounts(text)
    assert place.value == f"{value:.2f} EUR"
    assert text[place.start : place.end] == written(value, language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("charged $1,234.56 twice", ["1234.56 USD"]),
        ("US$ 3.50", ["3.50 USD"]),
        ("A$5 and CA$7", ["5.00 AUD", "7.00 CAD"]),
        ("R$ 1.299,90", ["1299.90 BRL"]),
        ("R$99", ["99.00 BRL"]),
        ("99 reais", ["99.00 BRL"]),
        ("2 real problems and 3 livres", []),
        ("£5", ["5.00 GBP"]),
        ("12 pounds", ["12.00 GBP"]),
        ("CHF 1'234.50", ["1234.50 CHF"]),
        ("Fr. 20.-", ["20.00 CHF"]),
        ("3.000 Franken", ["3000.00 CHF"]),
        ("¥ 1,500", ["1500.00 JPY"]),
        ("-5 €", ["-5.00 EUR"]),
        ("€ -5,50", ["-5.50 EUR"]),
        ("50,-  €", []),
        ("50,- €", ["50.00 EUR"]),
        ("1.234 €", ["1234.00 EUR"]),
        ("1.23 €", ["1.23 EUR"]),
        ("12.345.678,90 €", ["12345678.90 EUR"]),
        ("1 234,56 €", ["1234.56 EUR"]),
        ("$1.5", ["1.50 USD"]),
        ("$8 AUD", ["8.00 AUD"]),
        ("SGD$2400", ["2400.00 SGD"]),
        ("AUD $5", ["5.00 AUD"]),
        ("XYZ$5", []),
        ("5 EUR 10", ["5.00 EUR"]),
        ("$5 USD", ["5.00 USD"]),
        ("$5 and 3 EUR", ["5.00 USD", "3.00 EUR"]),
        ("EUR 10 and 20 USD", ["10.00 EUR", "20.00 USD"]),
        ("49,90 € on 12.03.2026", ["49.90 EUR"]),
        ("1.234,567.89 €", []),
        ("12 users", []),
        ("room 5 from 2026", []),
        ("EUR", []),
        ("5 eurocents", []),
        ("", []),
        ("order 12345 €", ["12345.00 EUR"]),
        ("x5 €", []),
        ("1.2.3 €", []),
        ("12:30 €", []),
    ],
)
def test_amounts_of_a_text(text: str, expected: list[str]) -> None:
    assert [each.value for each in amounts(text)] == expected
