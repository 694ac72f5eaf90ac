"""Find numbers of cards and bank accounts by their check digits, however they are spaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate

from triage.text.finder import DIGITS, Finder

SPACE = " \t\u00a0\u00ad\u2002-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Characters that look like a space or like nothing, for a class of a pattern; no line break."""
_GAP = rf"[{SPACE}./\-\u2010-\u2015_]{{0,3}}"

_STRUCTURES = """
AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c BY:4c20c CH:5n12c CR:18n
CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n
GE:2a16n GI:4a15c GL:14n GR:7n16c GT:24c HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a22c KW:4a22c
KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:20c ME:18n MK:3n10c2n MN:16n MR:23n
MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n
RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:6n16c
UA:6n19c VA:18n VG:4a16n XK:16n
"""  # the registry of ISO 13616: how many digits (n), letters (a) or both (c) follow the check digits
_STRUCTURE_OF = dict(each.split(":") for each in _STRUCTURES.split())
_CLASSES = {"n": "[0-9]", "a": "[A-Za-z]", "c": "[A-Za-z0-9]"}
_IBAN_GAP = rf"[{SPACE}\r\n.\-\u2010-\u2015]{{0,3}}"


@cache
def _bban(country: str) -> re.Pattern[str]:
    """Return what follows a country's check digits; compiled when the first number of that country is seen."""
    parts = re.findall(r"(\d+)([nac])", _STRUCTURE_OF[country])
    body = "".join(rf"(?:{_IBAN_GAP}{_CLASSES[kind]}){{{count}}}" for count, kind in parts)
    return re.compile(rf"{body}(?![A-Za-z0-9])")


_VALUES = {ord(each): str(int(each, 36)) for each in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


def _iban(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """ISO 7064 mod 97 over the number with its first four characters at the end, letters as 10 to 35."""
    country = match["country"].upper()
    bban = _bban(country).match(match.string, match.end()) if country in _STRUCTURE_OF else None
    if bban is None:
        return
    plain = _NOT_ALPHANUMERIC.sub("", bban[0]).upper() + country + match["first"] + match["second"]
    if int(plain.translate(_VALUES)) % 97 == 1:
        yield match.start(), bban.end()


_GROUP = re.compile(r"[0-9]+")
_LENGTHS = (
    (re.compile(r"4"), (16, 19, 13)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"3(?:0|[689])"), (14, 16)),  # Diners Club
    (re.compile(r"35"), (16,)),  # JCB
    (re.compile(r"6(?:011|4[4-9]|5|2)"), (16, 19)),  # Discover, UnionPay, RuPay
    (re.compile(r"50|5[6-9]|6[037]"), (16, 18, 19)),  # Maestro; its shorter ones are too much like order numbers
)
"""How many digits a card has that begins so, the usual first (ISO/IEC 7812 and the schemes' ranges)."""
_SHORTEST = 13
_OLD_VISA = 13
_ISSUED = "23456"
_A_TABLE, _A_GROUP = 200, 3  # among so many groups of digits a card is not written digit by digit
_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes(sum(divmod(2 * each, 10)) for each in range(10)))
_DECIMAL = re.compile(r"[0-9][.,]\Z")
_JOINED = re.compile(r"[A-Za-z]{3}\Z")
_CARD_WORD = re.compile(r"(?i)card|visa|kart|carte|tarjeta|carta|kaart|cart[aã]o")


def _card(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Find cards in a row of digits: what is due until 12/27 may follow, and the next card.

    A card begins and ends with a group of digits. Sums up to each digit, counted from the left with every even or every
    odd place doubled, give each Luhn sum as a difference.
    """
    groups = [each.span() for each in _GROUP.finditer(match.string, *match.span())]
    digits = "".join([match.string[begin:end] for begin, end in groups])
    starts = list(accumulate([end - begin for begin, end in groups], initial=0))
    ends = {place: number for number, place in enumerate(starts)}  # the number of groups before it
    sums = _luhn_sums(digits)
    table = len(groups) > _A_TABLE
    number = 0
    while number < len(groups):
        start, found = starts[number], None
        if digits[start] in _ISSUED and not (table and starts[number + 1] - start < _A_GROUP):
            found = next(
                (
                    last
                    for length in _lengths(digits[start : start + 4])
                    if (last := ends.get(start + length))
                    and _is_luhn(sums, start, start + length)
                    and _stands_alone(match.string, groups, number, last)
                ),
                None,
            )
        if found:
            yield groups[number][0], groups[found - 1][1]
        number = found or number + 1


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    plain = digits.encode().translate(_PLAIN)
    doubled = digits.encode().translate(_DOUBLED)
    even, odd = bytearray(plain), bytearray(plain)
    even[0::2], odd[1::2] = doubled[0::2], doubled[1::2]
    return list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))


def _is_luhn(sums: tuple[list[int], list[int]], start: int, end: int) -> bool:
    """Say whether the sum is a multiple of ten; the last digit is not doubled, the one before is."""
    total = sums[end % 2]
    return (total[end] - total[start]) % 10 == 0


@lru_cache(maxsize=10_000)
def _lengths(first: str) -> tuple[int, ...]:
    """Return how long a card may be that begins with these four digits."""
    return next((lengths for pattern, lengths in _LENGTHS if pattern.match(first)), ())


def _stands_alone(text: str, groups: list[tuple[int, int]], first: int, last: int) -> bool:
    """Tell a card from the decimals of a number, a part of a hash, and one digit over and over."""
    begin, end = groups[first][0], groups[last - 1][1]
    before = text[max(0, begin - 3) : begin]
    if before[-1:].isalpha() and not (_JOINED.match(before) and last == first + 1):
        return False
    if text[end : end + 1].isalpha() or (last == first + 1 and _DECIMAL.search(before)):
        return False
    if end - begin == _OLD_VISA and not _CARD_WORD.search(text, max(0, begin - 24), begin):
        return False  # as long as the number on a product's bar code
    return len(set(text[begin:end]) & set("0123456789")) > 1


FINDERS = (
    Finder(
        "iban",
        re.compile(
            rf"(?<![A-Za-z0-9])(?P<country>[A-Za-z]{{2}})(?:{_IBAN_GAP}(?P<first>[0-9]))(?:{_IBAN_GAP}(?P<second>[0-9]))"
        ),
        _iban,
        signs=DIGITS,
    ),
    Finder("card", re.compile(rf"[0-9](?:{_GAP}[0-9]){{{_SHORTEST - 1},}}"), _card, signs=DIGITS),
)
