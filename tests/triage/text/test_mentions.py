"""An address is found however it is written, and no other address is taken for it."""

from __future__ import annotations

import pytest

from triage.text.mentions import Mention, normalised

WRITTEN = [
    ("ann@example.com", "ann@example.com"),
    ("  ANN@Example.COM ", "ann@example.com"),
    ("Ann Quibble <Ann@example.com>", "ann@example.com"),
    ('"Quibble, Ann" <ann@example.com> ', "ann@example.com"),
    ("<ann@example.com>", "ann@example.com"),
    ("mailto:ann@example.com", "ann@example.com"),
    ("ann@example.com.", "ann@example.com"),
    ("ａｎｎ@ｅｘａｍｐｌｅ.com", "ann@example.com"),
    ("ann＠example.com", "ann@example.com"),
    ("an\u200bn@example.com\ufeff", "ann@example.com"),
    ("ann+shop@example.com", "ann+shop@example.com"),
    ("ann@münchen.example", "ann@xn--mnchen-3ya.example"),
    ("ann@XN--Mnchen-3ya.example", "ann@xn--mnchen-3ya.example"),
    ("JÖRG@example.com", "jörg@example.com"),
    ("not <an address>", "not <an address>"),
    (" v-81AbC ", "v-81AbC"),
    ("ann@" + "x" * 80 + ".example", "ann@" + "x" * 80 + ".example"),
]


@pytest.mark.parametrize(("given", "compared"), WRITTEN)
def test_what_is_given_is_compared_in_one_form(given: str, compared: str) -> None:
    assert normalised(given) == compared
    assert normalised(compared) == compared


@pytest.mark.parametrize(
    "text",
    [
        "Write to ann@example.com.",
        "ANN@EXAMPLE.COM",
        "<mailto:ann@example.com>",
        "from=ann@example.com&x=1",
        "https://example.com/?mail=ann%40example.com&x",
        "%3Cann%40example.com%3E",
        "(ann@example.com)",
        "Bitte an ａｎｎ@example.com schreiben",
        "ann＠example.com",
    ],
)
def test_a_mention_is_found_and_taken_out(text: str) -> None:
    mention = Mention.of("ann@example.com")
    assert mention is not None
    assert any(part in text.lower() for part in (*mention.fragments, *mention.hints))
    assert mention.is_in({"a": [text]})
    erased = mention.erased_from({"a": [text, 1, None]})
    assert "[erased]" in erased["a"][0]
    assert "ann" not in erased["a"][0].lower()
    assert erased["a"][1:] == [1, None]


@pytest.mark.parametrize(
    "text",
    ["joann@example.com", "ann+shop@example.com", "x.ann@example.com", "ann@example.com.au", "ann@example.community"],
)
def test_another_address_stays(text: str) -> None:
    mention = Mention.of("ann@example.com")
    assert mention is not None
    assert mention.erased_from(text) == text


def test_both_notations_of_a_domain_are_found() -> None:
    mention = Mention.of(normalised("ann@münchen.example"))
    assert mention is not None
    for text in ("ann@münchen.example", "Ann@MÜNCHEN.example", "ann@xn--mnchen-3ya.example"):
        assert mention.erased_from(text) == "[erased]"
        assert any(part in text.lower() for part in mention.fragments)


@pytest.mark.parametrize("person", ["kim", "everybody", "1234567", ""])
def test_an_id_that_is_a_word_like_others_is_not_looked_for_in_texts(person: str) -> None:
    assert Mention.of(person) is None


def test_a_visitor_id_is_found_as_it_is_written() -> None:
    mention = Mention.of("v-81AbC-x7")
    assert mention is not None
    assert mention.erased_from("visitor v-81AbC-x7, not v-81abc-x7 or v-81AbC-x71") == (
        "visitor [erased], not v-81abc-x7 or v-81AbC-x71"
    )


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("ann@straße.example", "wrote ann@straße.example and ANN@STRASSE.EXAMPLE"),
        ("jörg.strauß@example.com", "Jörg.Strauß@example.com or jörg.strauss@example.com"),
        ("ann@example.com", "ann@example.com, ann＠example.com and a\u200bnn@example.com"),
    ],
)
def test_every_form_in_a_text_is_found_beside_another(address: str, text: str) -> None:
    mention = Mention.of(normalised(address))
    assert mention is not None
    erased = mention.erased_from(text)
    assert "@" not in erased, erased
    assert "＠" not in erased
    whole = (word.lower() for word in text.split() if "@" in word and "\u200b" not in word)
    assert all(any(part in word for part in mention.fragments) for word in whole)
