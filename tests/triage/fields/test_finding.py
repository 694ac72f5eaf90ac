"""Fields of a ticket's text: places, what redaction forbids, forms, and strangers' texts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.ticket_fields import nearest
from triage.fields import finding
from triage.fields.declaration import default, parse
from triage.fields.finding import WrittenText, found, missing, together
from triage.text.cleaning import model_text
from triage.text.redaction import redact
from triage.tickets.fact_values import FieldValue

TODAY = date(2026, 3, 2)
DEFAULT = default()
#: As greedy as a desk can declare them: any word, any number, any run of signs.
GREEDY = parse(
    '[word]\nkind = "pattern"\npattern = "[A-Za-z]{2,20}"\nmost = 20\n'
    '[number]\nkind = "pattern"\npattern = "[0-9]{2,40}"\nmost = 20\n'
    '[digits]\nkind = "pattern"\npattern = "\\\\d{2,40}"\nmost = 20\n'
    '[spaced]\nkind = "pattern"\npattern = "[0-9]{4}(?:[ -]?[0-9]{4}){1,3}"\nmost = 20\n'
    '[run]\nkind = "pattern"\npattern = "\\\\S{3,60}"\nmost = 20\n'
    '[order]\nkind = "order_number"\n[version]\nkind = "version"\n[code]\nkind = "error_code"\n'
    '[name]\nkind = "dictionary"\nnames = ["Ann", "Smith", "Acme", "Example"]\n',
    nearest,
)
PIECES = st.sampled_from(
    [
        "order 1234567",
        "version 2.3.1",
        "error E-4012",
        "49,90 €",
        "$1,234.56",
        "12.03.2026",
        "March 2, 2026",
        " ",
        "\n",
        ", ",
        "<b>",
        "</b>",
        "<style>a{b:1.2.3}</style>",
        "&nbsp;",
        "> quoted 2.3.1\n",
        "ann@example.com",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "\u200b",
        "\x00",
        "１２３４",
        "𝟒𝟓𝟔𝟕",
        "é",
        "İ",
        "Hi Ann,\n",
        "password: hunter22",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=200))


@given(TEXTS, TEXTS)
def test_every_value_stands_where_it_says(subject: str, description: str) -> None:
    for fields in (DEFAULT, GREEDY):
        for each in found(fields, WrittenText(subject, description, ("ann@example.com", "Acme")), TODAY):
            text = {"subject": subject, "description": description}[each.source]
            assert each.start is not None
            assert text[each.start : each.end] == each.as_written
            assert each.as_written


@given(TEXTS)
def test_what_is_known_to_be_left_changes_nothing_that_matters(description: str) -> None:
    """With the redacted text at hand nothing is returned that the text without personal data does not have."""
    known = ("ann@example.com", "Acme")
    redacted = model_text("", description, known)
    exact = {(each.name, each.value) for each in found(GREEDY, WrittenText("", description, known), TODAY)}
    quick = found(GREEDY, WrittenText("", description, known, redacted), TODAY)
    assert all((each.name, each.value) in exact or each.as_written in redacted for each in quick)


@pytest.mark.parametrize(
    "secret",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "ann@example.com",
        "ann.smith@mail.example.org",
        "+49 170 1234567",
        "sk_live_abcdefghijklmnop1234",
        "192.168.17.40",
        "AKIAIOSFODNN7EXAMPLE",
        "4111\u200b1111\u200b1111\u200b1111",
        "４１１１１１１１１１１１１１１１",
        "4111\u00a01111\u00a01111\u00a01111",
    ],
)
@pytest.mark.parametrize(
    "around", ["my data: {} thanks", "order 7654321 and {}", "{}", "<p>it is</p><b>{}</b>", "<td>{}</td>"]
)
def test_nothing_of_what_redaction_removes_is_a_value(secret: str, around: str) -> None:
    text = around.format(secret)
    for written in (WrittenText("", text), WrittenText(text, ""), WrittenText("", text, (), model_text("", text))):
        values = found(GREEDY, written, TODAY)
        inside = range(text.index(secret), text.index(secret) + len(secret))
        assert [each.as_written for each in values if each.start in inside] == []


@pytest.mark.parametrize("secret", ["password: hunter22", "my pin is 4711", "Authorization: Bearer abcdef123456ghi"])
def test_no_credential_is_a_value(secret: str) -> None:
    values = {each.as_written for each in found(GREEDY, WrittenText("", f"hello, {secret} ok"), TODAY)}
    assert values.isdisjoint({secret.split()[-1], *secret.split(": ")[-1:]})


def test_names_that_are_known_are_no_products() -> None:
    written = WrittenText("", "Acme and Smith want Example", ("Ann Smith", "Acme"))
    assert [each.value for each in found(GREEDY, written, TODAY) if each.name == "name"] == ["Example"]


def test_a_number_of_a_card_that_stands_alone_is_found_beside_the_card() -> None:
    text = "card 4111 1111 1111 1111, order 41111"
    assert [each.value for each in found(DEFAULT, WrittenText("", text), TODAY)] == ["41111"]
    assert [
        each.as_written
        for each in found(GREEDY, WrittenText("", text, (), model_text("", text)), TODAY)
        if each.name == "number"
    ] == ["41111"]


def test_values_are_once_a_field_and_few() -> None:
    text = "order 11111, order 11111, " + ", ".join(f"order {number}" for number in range(20_000, 20_010))
    values = [each.value for each in found(DEFAULT, WrittenText("order 11111", text), TODAY)]
    assert values == ["11111", "20000", "20001", "20002", "20003"]


def test_markup_and_quoted_mail_are_not_searched() -> None:
    text = '<style>p{a:1.2.3}</style><p title="4.5.6">since <b>2.3.1</b>&nbsp;order 12345</p>'
    values = found(DEFAULT, WrittenText("", text), TODAY)
    assert [(each.value, text[each.start : each.end]) for each in values] == [("12345", "12345"), ("2.3.1", "2.3.1")]
    assert [each.value for each in found(DEFAULT, WrittenText("", "now 2.3.1\n> then 2.2.0\n"), TODAY)] == ["2.3.1"]


@pytest.mark.parametrize(
    "written", ["<b>4</b>9,90 €", "4\u00ad9,\u200d90 €", "４９,９０ €", "4<span class='a'>9,9</span>0 €"]
)
def test_a_value_is_read_as_a_reader_sees_it(written: str) -> None:
    text = f"<p>it cost</p>{written} <br>order 12345"
    values = found(DEFAULT, WrittenText("", text), TODAY)
    assert [each.value for each in values] == ["12345", "49.90 EUR"]
    for each, said in zip(values, ("12345", written.removeprefix("<b>")), strict=True):
        assert (each.as_written, text[each.start : each.end]) == (said, said)


def test_only_what_may_be_stored() -> None:
    fields = parse('[a]\nkind = "version"\nstore = false\n[b]\nkind = "amount"\n')
    written = WrittenText("2.3.1", "5 €")
    assert [each.name for each in found(fields, written, TODAY)] == ["a", "b"]
    assert [each.name for each in found(fields, written, TODAY, stored=True)] == ["b"]


@pytest.mark.parametrize(
    ("kind", "typed", "value", "problem"),
    [
        ('"order_number"', " 10234 ", "10234", None),
        ('"order_number"', "#10234", "#10234", "format"),
        ('"order_number"', "ab-2024-1", "AB-2024-1", None),
        ('"order_number"', "no idea", "no idea", "format"),
        ('"version"', "2.3", "2.3", None),
        ('"version"', "v2.3.1", "2.3.1", None),
        ('"version"', "the newest", "the newest", "format"),
        ('"error_code"', "e-4012", "E-4012", None),
        ('"error_code"', "503", "503", None),
        ('"date"', "2 March 2026", "2026-03-02", None),
        ('"date"', "yesterday", "yesterday", "format"),
        ('"amount"', "49,90 €", "49.90 EUR", None),
        ('"amount"', "49", "49", "format"),
        ('"date"\nnot_in_future = true', "2.4.2026", "2026-04-02", "future"),
        ('"order_number"\nchecksum = "luhn"', "79927398710", "79927398710", "checksum"),
        ('"dictionary"\nnames = ["Sync Agent"]', "sync agnet", "Sync Agent", None),
        ('"pattern"\npattern = "SN(\\\\d{4})"', "SN1234", "1234", None),
    ],
)
def test_what_is_typed_into_a_form(kind: str, typed: str, value: str, problem: str | None) -> None:
    rule = parse(f"[x]\nkind = {kind}\n", nearest).rules[0]
    read = finding.given(rule, typed, TODAY)
    assert read == FieldValue(name="x", value=value, source="form", as_written=typed.strip(), problem=problem)


@pytest.mark.parametrize(
    "typed", ["", "  ", "ann@example.com", "4111 1111 1111 1111", "my password is hunter22", "Bearer abcdef123456"]
)
def test_nothing_and_personal_data_are_no_values_of_a_form(typed: str) -> None:
    for rule in DEFAULT.rules:
        assert finding.given(rule, typed, TODAY) is None


def test_what_turns_or_hides_letters_is_left_out_of_what_is_typed() -> None:
    rule = parse('[x]\nkind = "order_number"\n', nearest).rules[0]
    read = finding.given(rule, "\u202e4\u200b7\u2066 11\u00ad\x1b\n", TODAY)
    assert read is not None
    assert read.as_written == "47 11"
    assert finding.given(rule, "4111\u2063111111111111", TODAY) is None


@given(st.text(max_size=300))
def test_whatever_is_typed_is_taken_or_left_out(typed: str) -> None:
    for rule in (*DEFAULT.rules, *GREEDY.rules):
        value = finding.given(rule, typed, TODAY, known=("Acme", None))
        assert value is None or redact(f"{rule.label()}: {value.as_written}", ("Acme",)).counts == {}


def test_what_was_typed_stands_for_what_was_read_and_only_valid_values_are_there() -> None:
    fields = parse(
        '[a]\nkind = "version"\nrequired_for = "all"\n[b]\nkind = "date"\nnot_in_future = true\nrequired_for = "all"\n'
    )
    read = found(fields, WrittenText("", "2.3.1 on 2027-01-01"), TODAY)
    assert [rule.name for rule in missing(fields.rules, read)] == ["b"]
    typed = finding.given(fields.rules[0], "2.4", TODAY)
    assert typed is not None
    assert [each.value for each in together(read, [typed])] == ["2027-01-01", "2.4"]
