"""Check digits: a wrong digit is found, and signs between digits do not count."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.fields.checksums import CHECKSUMS, ean13, holds, luhn, mod97

DIGITS = st.text("0123456789", min_size=3, max_size=24)


def with_luhn(digits: str) -> str:
    return next(digits + str(last) for last in range(10) if luhn(digits + str(last)))


def with_mod97(number: str) -> str:
    """ISO 7064: 98 minus the rest of the number with two zeros behind it."""
    plain = "".join(str(int(each, 36)) for each in number)
    return f"{number}{98 - int(plain + '00') % 97:02d}"


def with_ean(digits: str) -> str:
    weighted = sum(int(each) * (3 if place % 2 else 1) for place, each in enumerate(digits))
    return f"{digits}{-weighted % 10}"


@given(DIGITS, st.data())
def test_luhn_finds_every_wrong_digit(digits: str, data: st.DataObject) -> None:
    number = with_luhn(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([each for each in "0123456789" if each != number[place]]))
    assert luhn(number)
    assert not luhn(number[:place] + other + number[place + 1 :])


@given(st.text("0123456789ABCXYZ", min_size=3, max_size=24), st.data())
def test_mod97_finds_every_wrong_digit(number: str, data: st.DataObject) -> None:
    whole = with_mod97(number)
    place = data.draw(st.sampled_from([at for at, each in enumerate(whole) if each.isdigit()]))
    other = data.draw(st.sampled_from([each for each in "0123456789" if each != whole[place]]))
    assert mod97(whole)
    assert mod97(whole.lower())
    assert not mod97(whole[:place] + other + whole[place + 1 :])


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_ean13_finds_every_wrong_digit(digits: str, place: int, more: int) -> None:
    number = with_ean(digits)
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert ean13(number)
    assert not ean13(wrong)


@pytest.mark.parametrize(
    ("checksum", "value", "right"),
    [
        ("luhn", "7992-7398-713", True),
        ("luhn", "79927398710", False),
        ("luhn", "0", False),
        ("luhn", "", False),
        ("ean13", "4006381333931", True),
        ("ean13", "400638133393", False),
        ("ean13", "4-006381-333931", True),
        ("mod97", "3214282912345698765432161182", True),
        ("mod97", "1", False),
        ("mod97", "", False),
        ("mod97", "RF18 5390 0754 7034", False),
        ("luhn", "1" * 100, False),
    ],
)
def test_known_numbers(checksum: str, value: str, right: bool) -> None:
    assert holds(checksum, value) is right


@given(st.text(max_size=80))
def test_whatever_is_typed_is_right_or_wrong(value: str) -> None:
    assert {type(holds(checksum, value)) for checksum in CHECKSUMS} == {bool}


def test_random_numbers_pass_as_often_as_chance_says() -> None:
    random = Random(1)
    passed = sum(luhn(f"{random.randrange(10**12):012d}") for _ in range(2_000))
    assert 120 < passed < 280  # a tenth
