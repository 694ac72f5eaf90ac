"""Check digits of numbers: Luhn, ISO 7064 mod 97-10, EAN-13."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_NOT_DIGIT: Final = re.compile(r"[^0-9]")
_NOT_ALPHANUMERIC: Final = re.compile(r"[^0-9A-Z]")
_EAN: Final = 13
_LONGEST: Final = 64


def luhn(value: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of those before it; other characters do not count."""
    digits = [int(each) for each in _NOT_DIGIT.sub("", value)]
    doubled = (sum(divmod(2 * each, 10)) for each in digits[-2::-2])
    return len(digits) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def mod97(value: str) -> bool:
    """Tell whether the number leaves 1 over 97; a letter counts as its number from 10 to 35 (ISO 7064)."""
    plain = _NOT_ALPHANUMERIC.sub("", value.upper())
    return len(plain) > 2 and int("".join(str(int(each, 36)) for each in plain)) % 97 == 1


def ean13(value: str) -> bool:
    """Tell whether 13 digits end with their check digit (GS1: weights 1 and 3)."""
    digits = [int(each) for each in _NOT_DIGIT.sub("", value)]
    return len(digits) == _EAN and (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


CHECKSUMS: Final[Mapping[str, Callable[[str], bool]]] = {"luhn": luhn, "mod97": mod97, "ean13": ean13}


def holds(checksum: str, value: str) -> bool:
    """Tell whether a value of a bounded length has the check digits of this kind."""
    return len(value) <= _LONGEST and CHECKSUMS[checksum](value)
