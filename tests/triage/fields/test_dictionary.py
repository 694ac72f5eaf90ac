"""Names of a desk in a text: synonyms, signs and accents, and typing mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.ticket_fields import nearest
from triage.fields.dictionary import Dictionary

NAMES: dict[str, Sequence[str]] = {
    "Invoice Scanner": ["scanner app", "Rechnungsscanner"],
    "Sync Agent": ["syncer"],
    "Planner": [],
    "Módulo Fiscal": [],
    "X1": [],
}
PRODUCTS = Dictionary.of(NAMES, typos=0.85, typos_from=6, nearest=nearest)
EXACT = Dictionary.of(NAMES, typos=0, typos_from=6, nearest=nearest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Invoice Scanner stops", ["Invoice Scanner"]),
        ("the invoice-scanner", ["Invoice Scanner"]),
        ("INVOICE  SCANNER", ["Invoice Scanner"]),
        ("der Rechnungsscanner", ["Invoice Scanner"]),
        ("scanner app and syncer", ["Invoice Scanner", "Sync Agent"]),
        ("modulo fiscal", ["Módulo Fiscal"]),
        ("X1 and x2", ["X1"]),
        ("invoices of a scanner", []),
        ("invoice. Scanner", ["Invoice Scanner"]),
        ("", []),
    ],
)
def test_exact_names_and_synonyms(text: str, expected: list[str]) -> None:
    assert [each.value for each in EXACT.find(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Invoce Scaner", ["Invoice Scanner"]),
        ("invoice scannner", ["Invoice Scanner"]),
        ("Sync Agnet", ["Sync Agent"]),
        ("snyc agent", ["Sync Agent"]),
        ("Rechnungscanner", ["Invoice Scanner"]),
        ("plannre", ["Planner"]),
        ("Plannner", ["Planner"]),
        ("pianist", []),
        ("scanning an invoice", []),
        ("bank agent", []),
        ("x1", ["X1"]),
        ("z1", []),
    ],
)
def test_mistyped_names(text: str, expected: list[str]) -> None:
    assert [each.value for each in PRODUCTS.find(text)] == expected


@given(
    st.sampled_from(["Invoice Scanner", "Rechnungsscanner"]),
    st.integers(1, 12),
    st.sampled_from(["swap", "drop", "double"]),
)
def test_one_mistake_in_a_long_name_is_forgiven(name: str, place: int, mistake: str) -> None:
    wrong = {
        "swap": name[:place] + name[place + 1 : place + 2] + name[place : place + 1] + name[place + 2 :],
        "drop": name[:place] + name[place + 1 :],
        "double": name[:place] + name[place] + name[place:],
    }[mistake]
    text = f"My {wrong} stopped."
    for each in PRODUCTS.find(text):
        assert text[each.start : each.end] in wrong
    assert [each.value for each in PRODUCTS.find(text)] == ["Invoice Scanner"]


@given(st.text(max_size=300))
def test_places_are_in_order_and_inside_the_text(text: str) -> None:
    end = 0
    for each in PRODUCTS.find(text):
        assert end <= each.start < each.end <= len(text)
        assert each.value in NAMES
        end = each.end


def test_a_common_word_is_no_mistyped_name() -> None:
    words = Dictionary.of({"Planned": [], "Pleased": []}, typos=0.7, typos_from=5, nearest=nearest)
    assert [each.value for each in words.find("it is pleasd")] == ["Pleased"]
    assert [each.value for each in words.find("would you please")] == []


def test_far_behind_in_a_long_text_only_exact_names_are_found() -> None:
    text = "word " * 400 + "Invoce Scaner, Sync Agent"
    assert [each.value for each in PRODUCTS.find(text)] == ["Sync Agent"]
