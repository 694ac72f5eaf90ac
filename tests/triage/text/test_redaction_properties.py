"""What holds for any text: a planted number is never left, twice is once, and the rest of the text stays."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.personal_data import iban, luhn
from triage.text.redaction import redact

PLACEHOLDER = re.compile(r"\[(?:email|phone|card|iban|ip|secret|name|attachment)\]")
SEPARATORS = st.sampled_from(["", " ", "\u00a0", "\u202f", "\u2009", "  ", "-", "\u2011", ".", " - "])
BEFORE = st.sampled_from(["", "Card: ", "please use ", "(", "nº ", "\n", "xyz\t", "valid until 12/27: ", "12/27 "])
BEHIND = st.sampled_from(
    ["", ".", " 12/27", " / 12 / 2027 / 123", ", thanks", ")", "\nnext", " is mine", " 2024-05-01"]
)
DIGITS = st.text("0123456789", min_size=30, max_size=30)
PIECES = st.sampled_from(
    [
        "Kind regards,\n",
        "Oskar Lindqvist",
        "i. A. ",
        "this is ",
        " from Acme",
        "Dear ",
        "Mr ",
        "Hi ",
        "\n-- \n",
        "Login: kim / ",
        "password ",
        "password: ",
        "was ",
        "Tr0ub4dor&3x",
        "curl -u kim:pw7x ",
        "Cookie: a=b",
        "0171 2345678",
        "612 345 678",
        "+49 30 1234567",
        "order ",
        "tel. ",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "ann@example.org",
        "ann%40example.org",
        "https://x.example/?token=abcd1234",
        "192.0.2.17",
        "[name]",
        "[phone]",
        "a.pdf",
        "12/27",
        " ",
        "\n",
        ", ",
        ": ",
        "(",
        ")",
        "e",
        "5",
        "Petra",
        "von",
        "王小明",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=200))


def spaced(number: str, sizes: list[int], separator: str) -> str:
    groups, place = [], 0
    for size in sizes:
        groups.append(number[place : place + size])
        place += size
    return separator.join(each for each in [*groups, number[place:]] if each)


CARDS = st.tuples(
    st.sampled_from([("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("3530", 16), ("3056", 14)]), DIGITS
).map(lambda made: luhn(made[0][0] + made[1][: made[0][1] - len(made[0][0]) - 1]))
IBANS = st.tuples(
    st.sampled_from(
        [
            *[("DE", "", 18), ("AT", "", 16), ("CH", "", 17), ("FR", "", 23), ("BE", "", 12), ("ES", "", 20)],
            *[("PT", "", 21), ("GB", "WEST", 14), ("IE", "AIBK", 14), ("NL", "ABNA", 10), ("IT", "X", 22)],
        ]
    ),
    DIGITS,
).map(lambda made: iban(made[0][0], made[0][1] + made[1][: made[0][2]]))
SIZES = st.lists(st.integers(2, 6), max_size=8)


@settings(deadline=None, max_examples=300)
@given(CARDS, SIZES, SEPARATORS, BEFORE, BEHIND)
def test_a_card_is_never_left_however_it_is_spaced(
    card: str, sizes: list[int], gap: str, before: str, behind: str
) -> None:
    text = before + spaced(card, sizes, gap) + behind
    assert card[4:12] not in re.sub(r"\D", "", redact(text).text), text


@settings(deadline=None, max_examples=300)
@given(IBANS, SIZES, SEPARATORS, BEFORE, BEHIND, st.booleans())
def test_an_iban_is_never_left_however_it_is_spaced(
    number: str, sizes: list[int], gap: str, before: str, behind: str, small: bool
) -> None:
    written = spaced(number, sizes, gap)
    text = before + (written.lower() if small else written) + behind
    assert number[6:14].lower() not in re.sub(r"[\W_]", "", redact(text).text).lower(), text


NATIONAL_NUMBERS = """
0171 2345678|030 1234 567|06 12 34 56 78|612 345 678|912 345 678|0664 1234567|079 123 45 67|0470 12 34 56|06 12345678
087 123 4567|07911 123456|333 1234567|555 010 4567|55 1234 5678|11 98765 4321
"""
NATIONAL = [tuple(each.split()) for each in NATIONAL_NUMBERS.replace("\n", "|").strip("|").split("|")]
WORLD = [("+49", "171", "2345678"), ("+351", "912", "345", "678"), ("0033", "6", "12", "34", "56", "78")]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(NATIONAL + WORLD), st.sampled_from([" ", "\u00a0", "\u202f", "-", "\u2011"]), BEFORE, BEHIND)
def test_a_phone_number_is_never_left(groups: tuple[str, ...], gap: str, before: str, behind: str) -> None:
    text = before.replace("12/27 ", "") + gap.join(groups) + behind
    assert groups[-1] not in redact(text).text, text


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_what_is_not_redacted_stays_as_it_was(text: str) -> None:
    """Between the placeholders stand pieces of the text, in its order."""
    place = 0
    for kept in PLACEHOLDER.split(redact(text).text):
        found = text.find(kept, place) if kept else place
        pieces = PLACEHOLDER.split(kept)
        assert found >= 0 or len(pieces) > 1, (kept, text)
        place = found + len(kept)
