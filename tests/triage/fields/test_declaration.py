"""`fields.toml`: what is read, and what is refused with the field."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import FieldsRefused, FirstlineError
from triage.fields.declaration import default, parse
from triage.tickets.attributes import Attributes

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")


def test_the_fields_that_come_with_firstline_ask_for_nothing_and_have_a_name_in_each_language() -> None:
    fields = default()
    assert [rule.name for rule in fields.rules] == ["order_number", "version", "error_code", "amount", "date"]
    assert fields.required_of(Attributes(category="billing")) == []
    assert not fields.ask_for_labels
    assert {rule.name: rule.label("xx") for rule in fields.rules}["order_number"] == "Order number"
    assert [fields.rules[0].label(language) for language in LANGUAGES] == [
        "Bestellnummer",
        "Order number",
        "Número de pedido",
        "Numéro de commande",
        "Numero d'ordine",
        "Bestelnummer",
        "Número do pedido",
    ]
    assert fields.rules[0].label("de-AT") == "Bestellnummer"


def test_a_field_is_asked_for_where_its_conditions_hold() -> None:
    fields = parse(
        '[a]\nkind = "version"\nrequired_for = "all"\n[b]\nkind = "date"\nrequired_for = { category = ["billing"] }\n'
        '[c]\nkind = "amount"\nrequired_for = { plan = "premium" }\n[d]\nkind = "amount"\n'
    )
    assert [rule.name for rule in fields.required_of(Attributes())] == ["a"]
    assert [rule.name for rule in fields.required_of(Attributes(category="billing", plan="premium"))] == ["a", "b", "c"]
    assert fields.ask_for_labels
    assert fields.named("d") is fields.rules[3]
    assert fields.named("e") is None


def test_a_field_may_be_asked_for_by_a_head_that_the_desk_declared() -> None:
    text = '[a]\nkind = "date"\nrequired_for = { topic = "billing" }'
    fields = parse(text, heads=("topic",))
    assert fields.ask_for_labels
    assert fields.required_of(Attributes().labelled({"topic": "billing/refund"})) == list(fields.rules)
    assert fields.required_of(Attributes().labelled({"topic": "account"})) == []
    with pytest.raises(FieldsRefused, match="no condition can ask about 'topic'"):
        parse(text)


@pytest.mark.parametrize(
    ("table", "value", "problem"),
    [
        ('kind = "amount"\nat_least = 1\nat_most = 100.5', "0.99 EUR", "range"),
        ('kind = "amount"\nat_least = 1\nat_most = 100.5', "100.50 EUR", None),
        ('kind = "amount"\nat_most = 100', "-5.00 EUR", None),
        ('kind = "date"\nat_least = 2020-01-01', "2019-12-31", "range"),
        ('kind = "date"\nat_least = 2020-01-01\nat_most = 2020-12-31', "2020-12-31", None),
        ('kind = "date"\nnot_in_future = true', "2026-03-04", "future"),
        ('kind = "date"\nnot_in_future = true', "2026-03-03", None),  # where it is tomorrow already
        ('kind = "order_number"\nchecksum = "luhn"', "79927398713", None),
        ('kind = "order_number"\nchecksum = "luhn"', "79927398710", "checksum"),
        ('kind = "order_number"\nat_least = 1000', "ABC", "range"),
        ('kind = "pattern"\npattern = "\\\\d{4}"\nat_most = 5000', "6000", "range"),
        ('kind = "pattern"\npattern = "\\\\w{3,8}"\nat_most = 5000', "NaN", "range"),
    ],
)
def test_a_value_is_checked(table: str, value: str, problem: str | None) -> None:
    assert parse(f"[x]\n{table}\n").rules[0].problem(value, date(2026, 3, 2)) == problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a", "no TOML"),
        ("[a]\n", "its kind is None"),
        ('[a]\nkind = "colour"', "kinds are pattern"),
        ("a = 1", "kind is None"),
        ('[A]\nkind = "date"', "small letters"),
        ('[a]\nkind = "date"\nchecksum = "luhn"', "has no checksum"),
        ('[a]\nkind = "order_number"\nchecksum = "crc"', "checksum 'crc'"),
        ('[a]\nkind = "pattern"', "needs a pattern"),
        ('[a]\nkind = "pattern"\npattern = "(x+)+"', "no end"),
        ('[a]\nkind = "dictionary"', "names is a list"),
        ('[a]\nkind = "dictionary"\nnames = []', "names is a list"),
        ('[a]\nkind = "dictionary"\nnames = ["-"]', "is no name"),
        ('[a]\nkind = "dictionary"\nnames = { A1 = ["x1"], B1 = ["X1"] }', "stands for 'A1' and for 'B1'"),
        ('[a]\nkind = "dictionary"\nnames = ["A1"]\ntypos = 0.2', "typos is a score"),
        ('[a]\nkind = "dictionary"\nnames = ["A1"]\ntypos_from = 2', "from 4 to 100"),
        ('[a]\nkind = "date"\nat_least = "2020-01-01"', "are dates"),
        ('[a]\nkind = "amount"\nat_most = inf', "are numbers"),
        ('[a]\nkind = "amount"\nat_least = 5\nat_most = 1', "no value lies between"),
        ('[a]\nkind = "date"\nmost = 0', "from 1 to 20"),
        ('[a]\nkind = "date"\nstore = "no"', "true or false"),
        ('[a]\nkind = "date"\nlabel = 5', "label is a text"),
        ('[a]\nkind = "date"\nlabel = { DE = "x" }', "label is a text"),
        ('[a]\nkind = "date"\nlabel = ""', "label is a text"),
        ('[a]\nkind = "date"\nrequired_for = {}', 'is "all", or conditions'),
        ('[a]\nkind = "date"\nrequired_for = { colour = "red" }', "no condition can ask about 'colour'"),
        ('[a]\nkind = "date"\nrequired_for = "all"\nstore = false', "not both"),
        ("".join(f'[f{n}]\nkind = "date"\n' for n in range(51)), "51 fields"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, said: str) -> None:
    with pytest.raises(FieldsRefused, match=said):
        parse(text)


VALUES = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=8),
    st.lists(st.text(max_size=4), max_size=2),
    st.dates(),
    st.just("all"),
)
KEYS = [
    "kind",
    "label",
    "store",
    "most",
    "pattern",
    "names",
    "typos",
    "checksum",
    "at_least",
    "not_in_future",
    "required_for",
]


@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5),
    st.sampled_from(["date", "pattern", "dictionary", "amount"]),
)
def test_a_strange_file_is_refused_or_read(table: dict[str, object], kind: str) -> None:
    def written(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return '"' + "".join(f"\\U{ord(each):08X}" for each in value if not "\ud800" <= each <= "\udfff") + '"'
        if isinstance(value, list):
            return "[" + ", ".join(map(written, value)) + "]"
        return value.isoformat() if isinstance(value, date) else str(value)

    text = "[x]\n" + "".join(f"{key} = {written(value)}\n" for key, value in ({"kind": kind} | table).items())
    with suppress(FirstlineError):
        parse(text)
