"""Amounts of money as seven languages write them: 1,234.56 USD, 1.234,56 €, 1 234,56 €, CHF 1'234.50, R$ 99,90."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from triage.fields.places import Place

_SPACE: Final = " \u00a0\u202f\u2009"
_NUMBER: Final = re.compile(
    rf"(?<![\w.,'’/])(?<![\w][-−])(?<![0-9]:)(?:[0-9]{{1,3}}(?:[.,'’{_SPACE}][0-9]{{3}}){{1,4}}(?![0-9])|[0-9]{{1,12}})"
    r"(?:[.,](?:[0-9]{1,2}|[-–—]{1,2}))?(?![0-9]|[.,:/-][0-9])"
)
_WORDS: Final = """
EUR eur euro euros € | USD usd dollar dollars dólar dólares dollaro dollari us$ $ | GBP gbp pound pounds
sterline sterling £ | CHF chf fr sfr franken francs franchi francos | BRL brl reais r$ | JPY jpy yen ¥ |
CAD cad ca$ c$ | AUD aud au$ a$ | SGD sgd sg$ s$ | NZD nzd nz$ | HKD hkd hk$ |
MXN mxn mx$ | SEK sek | NOK nok | DKK dkk | PLN pln zł | CZK czk kč | INR inr ₹ |
CNY cny | BTC btc
"""
_CODES: Final = {word: names.split()[0] for names in _WORDS.split("|") for word in names.split()}
_STEMS: Final = tuple(sorted({word[:4] for word in _CODES} - {"euro", "eur"} | {"eur"}))
_BEFORE: Final = re.compile(rf"(?:(?<!\w)([A-Za-z]{{2,4}}\.?)|([A-Za-z]{{0,4}}\$|[€£¥₹]))[{_SPACE}]?([-−]?)\Z")
_NAMED: Final = re.compile(r"(?<!\w)([A-Za-z]{3})[ ]\Z")
_AFTER: Final = re.compile(rf"[{_SPACE}]?(?:([€$£¥₹])|([A-Za-zÀ-ž]{{2,8}}\$?)(?!\w))")
_NEAR: Final = 8
_CODE: Final = 3  # letters of an ISO code
_MINUS: Final = re.compile(r"(?<![\w.,])[-−]\Z")
_WHOLE: Final = re.compile(r"[,.][-–—]{1,2}\Z")
_NOT_DIGIT: Final = re.compile(r"[^0-9]")
_DECIMALS: Final = re.compile(r"[.,]([0-9]{1,2})\Z")
_CENTS: Final = Decimal("0.01")


def amounts(text: str) -> Iterator[Place]:
    """Yield numbers with a currency beside them, in order, each as a decimal and an ISO code: `1234.56 EUR`."""
    lower = text.lower()
    if not any(stem in lower for stem in _STEMS):  # as of most texts
        return
    last = 0
    for found in _NUMBER.finditer(text):
        place = _with_currency(text, found, last)
        if place is not None:
            last = place.end
            yield place


def _with_currency(text: str, found: re.Match[str], last: int) -> Place | None:
    """Return a number with the currency before it, else behind it; what belongs to the amount before is none."""
    start, end = found.span()
    value, after = _decimal(found[0]), _AFTER.match(text, end)
    behind = _CODES.get((after[1] or after[2]).lower()) if after else None
    currency, first, minus = _before(text, start, last)
    if currency is None:
        currency, minus = behind, bool(_MINUS.search(text, max(last, start - 2), start))
        first, end = start - minus, after.end() if after else end
    elif currency == "USD" and behind is not None and after is not None and len(after[2] or "") == _CODE:
        currency, end = behind, after.end()  # `$8 AUD`
    if currency is None or value is None:
        return None
    return Place(first, end, f"{-value if minus else value} {currency}")


def _before(text: str, start: int, last: int) -> tuple[str | None, int, bool]:
    """Return the currency before a number, where it begins, and whether a minus stands between."""
    found = _BEFORE.search(text, max(last, start - _NEAR), start)
    if found is None:
        return None, start, False
    written = (found[1] or found[2]).lower().rstrip(".")
    begin = found.start(1) if found[1] else found.start(2)
    code = _CODES.get(written) or _CODES.get(written.removesuffix("$"))
    named = _NAMED.search(text, max(last, begin - _NEAR), begin) if written == "$" else None
    if named is not None and named[1].lower() in _CODES:  # `AUD $8`
        code, begin = _CODES[named[1].lower()], named.start()
    return code, begin, bool(found[3])


def _decimal(written: str) -> Decimal | None:
    """Return the number; one separator before three digits groups thousands, as money has no third decimal."""
    whole = _WHOLE.sub("", written)
    decimals = _DECIMALS.search(whole)
    digits = whole[: decimals.start()] if decimals else whole
    groups = {each for each in digits if not each.isdigit()}
    if len(groups) > 1 or (decimals and decimals[0][0] in groups):
        return None
    plain = _NOT_DIGIT.sub("", digits)
    return Decimal(f"{plain}.{decimals[1] if decimals else '0'}").quantize(_CENTS)
