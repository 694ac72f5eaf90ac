"""Personal data with signs in it that nobody sees, or that only look different."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.cleaning import model_text, redacted
from triage.text.plain_letters import plain
from triage.text.redaction import redact, removed

SECRETS = {
    "4111 1111 1111 1111": "[card]",
    "4111111111111111": "[card]",
    "DE89 3704 0044 0532 0130 00": "[iban]",
    "ann@example.com": "[email]",
    "+49 170 1234567": "[phone]",
    "password: hunter22x": "password: [secret]",
    "10.20.30.40": "[ip]",
}
UNSEEN = "\u200b\u200c\u200d\u2060\u00ad\ufeff\u034f\u180e\ufe0f\u2062\U000e0020\u202e"


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("sign", UNSEEN)
def test_invisible_characters_hide_nothing(secret: str, sign: str) -> None:
    hidden = f"Hello, {secret[:2]}{sign}{secret[2:5]}{sign * 3}{secret[5:]} is it."
    place = SECRETS[secret].index("[")
    shown = SECRETS[secret][:place]
    for found in (redact(hidden).text, redacted(hidden), model_text("", hidden)):
        assert SECRETS[secret][place:] in found
        assert secret[place:].replace(" ", "") not in found.replace(" ", "")
    assert shown in plain(redact(hidden).text).text


@pytest.mark.parametrize("secret", SECRETS)
def test_full_width_signs_hide_nothing(secret: str) -> None:
    placeholder = SECRETS[secret][SECRETS[secret].index("[") :]
    assert placeholder in redact(f"it is {wide(secret)} indeed").text
    assert placeholder in model_text("", f"it is {wide(secret)} indeed")


@pytest.mark.parametrize(
    "card", ["٤١١١ ١١١١ ١١١١ ١١١١", "𝟒𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏", "4111&zwj;1111&shy;1111&#8204;1111<br>"]
)
def test_digits_of_other_scripts_and_entities_hide_nothing(card: str) -> None:
    assert "[card]" in redacted(f"it is {card}")


def test_what_is_no_personal_data_keeps_its_signs() -> None:
    text = "می‌خواهم 👨‍👩‍👧 ＡＢＣ， mail ann@example.com, 4111\u200d111111111111, soft\u00adly"
    assert redact(text).text == "می‌خواهم 👨‍👩‍👧 ＡＢＣ， mail [email], [card], soft\u00adly"


@given(st.lists(st.sampled_from([*SECRETS, *map(wide, SECRETS), *UNSEEN, "4", "1", " ", "\n", "é", "order 12"])))
def test_places_are_those_of_the_original_and_redacting_twice_changes_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    done, places = redact(text).text, removed(text)
    assert redact(done).text == done
    assert all(0 <= begin < end <= len(text) for begin, end in places)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(places))
    left, end = [], 0
    for begin, after in places:
        left.append(text[end:begin])
        end = after
    at = 0
    for piece in (*left, text[end:]):  # what stays is there in this order
        assert piece in done[at:]
        at = done.index(piece, at) + len(piece)
