"""The places that redaction replaces, in the original text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.redaction import redact, removed

PLACEHOLDER = re.compile(r"\[(?:email|phone|card|iban|ip|secret|name|attachment)\]")
PIECES = st.sampled_from(
    [
        "ann@example.com",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "10.20.30.40",
        "+49 170 1234567",
        "password: hunter22",
        "sk_live_abcdefghijklmnop1234",
        "Hi Ann,\n",
        "Regards,\nAnn Smith\n",
        "passport_ann.pdf",
        "order 1234567",
        "version 2.3.1",
        " ",
        "\n",
        ". ",
        ", ",
        "call me at 0170 1234567",
        "Acme",
        "ann smith",
    ]
)


def left(text: str, places: list[tuple[int, int]]) -> str:
    pieces, end = [], 0
    for start, stop in places:
        assert end <= start < stop <= len(text)
        pieces.append(text[end:start])
        end = stop
    return "".join([*pieces, text[end:]])


@given(st.lists(PIECES, max_size=14))
def test_without_the_places_a_text_is_the_redacted_one_without_placeholders(pieces: list[str]) -> None:
    text, known = "".join(pieces), ("Ann Smith", "Acme")
    assert left(text, removed(text, known)) == PLACEHOLDER.sub("", redact(text, known).text)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("pay with 4111 1111 1111 1111 now", ["4111 1111 1111 1111"]),
        ("ann@example.com and bob@example.com", ["ann@example.com", "bob@example.com"]),
        ("nothing here", []),
        ("", []),
    ],
)
def test_places_are_those_of_the_original(text: str, gone: list[str]) -> None:
    assert [text[start:end] for start, end in removed(text)] == gone
