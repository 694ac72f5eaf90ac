from __future__ import annotations

import pytest

from triage.assessment import Certificate, Guess, Rule, assess, ranked

CERTIFICATE = Certificate(id="c-1", threshold=0.9, alpha=0.02, delta=0.1, n=1500, k=12)


@pytest.mark.parametrize(
    ("confidence", "rule", "mode"),
    [
        (0.95, Rule(0.5, CERTIFICATE), "auto"),
        (0.90, Rule(0.5, CERTIFICATE), "auto"),
        (0.89, Rule(0.5, CERTIFICATE), "suggest"),
        (0.99, Rule(0.5), "suggest"),  # without a certificate nothing is applied by itself
        (0.50, Rule(0.5), "suggest"),
        (0.49, Rule(0.5, CERTIFICATE), "abstain"),
    ],
)
def test_the_mode_follows_certificate_and_threshold(confidence: float, rule: Rule, mode: str) -> None:
    found = assess([Guess("bug", confidence), Guess("billing", 1 - confidence)], rule)
    assert found.mode == mode
    assert (found.label is None) == (mode == "abstain")
    assert (found.certificate is not None) == (mode == "auto")
    assert found.reason


def test_what_a_certificate_still_takes_is_part_of_the_reason() -> None:
    found = assess([Guess("bug", 0.99)], Rule(0.5, uncertified="about 90 more labelled tickets"))
    assert found.mode == "suggest"
    assert "no certificate has been earned for this field yet (about 90 more labelled tickets)" in found.reason


def test_an_applied_label_says_how_sure_its_certificate_is() -> None:
    found = assess([Guess("bug", 0.95)], Rule(0.5, CERTIFICATE))
    assert "at most 2% of the tags are wrong (90% certain, 1500 tickets)" in found.reason


def test_an_abstention_still_shows_what_it_could_have_been() -> None:
    found = assess([Guess("bug", 0.3), Guess("billing", 0.2)], Rule(0.5))
    assert [guess.label for guess in found.alternatives] == ["bug", "billing"]


def test_without_any_label_there_is_nothing_to_offer() -> None:
    assert assess([], Rule(0.5)).mode == "abstain"


def test_guesses_are_ranked_best_first() -> None:
    assert [guess.label for guess in ranked(("a", "b", "c"), (0.2, 0.5, 0.3))] == ["b", "c", "a"]
