"""Redaction on made-up personal data of every kind, and on what only looks like it."""

from __future__ import annotations

import pytest

from tests.harmless_texts import harmless
from tests.personal_data import Seeded, seeded
from triage.text.cleaning import model_text
from triage.text.redaction import redact

N_PERSONAL, N_HARMLESS = 680, 400


def left_over(each: Seeded) -> bool:
    return each.secret.lower() in redact(each.text).text.lower()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_personal_is_left(seed: int) -> None:
    assert [each for each in seeded(N_PERSONAL, seed) if left_over(each)] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_support_works_with_stays(seed: int) -> None:
    changed = {text: redact(text).text for text in harmless(N_HARMLESS, seed)}
    assert {text: found for text, found in changed.items() if text != found} == {}


def test_each_kind_gets_its_own_placeholder() -> None:
    wrong = [each for each in seeded(N_PERSONAL) if each.kind not in redact(each.text).counts]
    assert wrong == []


def test_redacting_twice_changes_nothing() -> None:
    once = [redact(each.text).text for each in seeded(N_PERSONAL)]
    assert [redact(text).text for text in once] == once


def test_a_model_reads_none_of_it_from_subject_or_body() -> None:
    for each in seeded(N_PERSONAL):
        assert each.secret.lower() not in model_text("Export", each.text).lower()


def test_what_is_known_of_the_requester_goes_wherever_it_stands() -> None:
    known = ["ann.smith@example.com", "Ann Smith", "Globex"]
    said = "ann smith here, from globex. ANN again; Smith's export (ann_smith.csv) fails. Mark it, Globex pays."
    assert redact(said, known).text == (
        "[name] here, from [name]. [name] again; [name]'s export ([name].csv) fails. Mark it, [name] pays."
    )


@pytest.mark.parametrize(
    "known", ["support@example.com", "info@example.com", "a@b.example", "api", "billing", "7", "", "+"]
)
def test_a_role_or_a_word_is_nobodys_name(known: str) -> None:
    said = "Support said that the billing api of account 7 has info; a plus."
    assert redact(said, [known]).text == said
