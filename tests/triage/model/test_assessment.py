from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.model.assessment import Guess, HeadThresholds, Leaf, assess, in_words, ranked
from triage.model.certificate import Certificate
from triage.reason_codes import LONGEST_REASON, ReasonCode

CERTIFICATE = Certificate(id="c-1", threshold=0.9, alpha=0.02, delta=0.1, n=1500, k=12)
CERTIFIED = HeadThresholds(0.5, (Leaf(certificate=CERTIFICATE),))


@pytest.mark.parametrize(
    ("confidence", "rule", "mode"),
    [
        (0.95, CERTIFIED, "auto"),
        (0.90, CERTIFIED, "auto"),
        (0.89, CERTIFIED, "suggest"),
        (0.99, HeadThresholds(0.5), "suggest"),  # without a certificate nothing is applied by itself
        (0.50, HeadThresholds(0.5), "suggest"),
        (0.49, CERTIFIED, "abstain"),
    ],
)
def test_the_mode_follows_certificate_and_threshold(confidence: float, rule: HeadThresholds, mode: str) -> None:
    found = assess([Guess("bug", confidence), Guess("billing", 1 - confidence)], rule)
    assert found.mode == mode
    assert (found.label is None) == (mode == "abstain")
    assert (found.certificate is not None) == (mode == "auto")
    assert found.reason
    codes = {"auto": ReasonCode.CERTIFIED, "abstain": ReasonCode.BELOW_THRESHOLD}
    below = ReasonCode.BELOW_THRESHOLD if rule is CERTIFIED else ReasonCode.NO_CERTIFICATE
    assert found.reason_code == codes.get(mode, below)


def test_without_a_certificate_the_reason_says_so_and_leaves_what_it_takes_to_the_report() -> None:
    found = assess([Guess("bug", 0.99)], HeadThresholds(0.5, (Leaf(uncertified="about 90 more labelled tickets"),)))
    assert (found.mode, found.reason_code) == ("suggest", ReasonCode.NO_CERTIFICATE)
    assert found.reason == "No certificate covers this field yet, so a person decides."


def test_an_applied_label_says_how_sure_its_certificate_is() -> None:
    found = assess([Guess("bug", 0.95)], CERTIFIED)
    assert "at most 2% of the tags are wrong (90% certain, 1500 tickets)" in found.reason


def test_an_abstention_still_shows_what_it_could_have_been() -> None:
    found = assess([Guess("bug", 0.3), Guess("billing", 0.2)], HeadThresholds(0.5))
    assert [guess.label for guess in found.alternatives] == ["bug", "billing"]


def test_without_any_label_there_is_nothing_to_offer() -> None:
    assert assess([], HeadThresholds(0.5)).mode == "abstain"


def test_guesses_are_ranked_best_first() -> None:
    assert [guess.label for guess in ranked(("a", "b", "c"), (0.2, 0.5, 0.3))] == ["b", "c", "a"]


def leaf(threshold: float | None, **slice_: str) -> Leaf:
    name = ",".join(slice_.values())
    if threshold is None:
        return Leaf(slice_, uncertified="about 300 more labelled tickets")
    return Leaf(slice_, Certificate(name, threshold, 0.05, 0.02, 100, 1, slice=slice_))


DIVIDED = HeadThresholds(
    0.5,
    (
        leaf(0.7, language="en", plan="premium"),
        leaf(0.8, language="en", plan="*"),
        leaf(0.9, language="de"),
        leaf(None, language="*"),
    ),
)


@pytest.mark.parametrize(
    ("facts", "certificate"),
    [
        ({"language": "en", "plan": "premium", "channel": "chat"}, "en,premium"),
        ({"language": "en", "plan": "standard"}, "en,*"),
        ({"language": "en", "plan": None}, "en,*"),
        ({"language": "de", "plan": "premium"}, "de"),
        ({"language": "fr"}, None),
        ({}, None),
    ],
)
def test_language_plan_and_channel_choose_the_certificate(
    facts: dict[str, str | None], certificate: str | None
) -> None:
    found = assess([Guess("bug", 0.95)], DIVIDED, facts=facts)
    assert found.certificate == certificate
    assert found.mode == ("auto" if certificate else "suggest")


def test_each_slice_has_a_threshold_of_its_own_and_the_reason_names_it() -> None:
    applied = assess([Guess("bug", 0.75)], DIVIDED, facts={"language": "en", "plan": "premium"})
    held = assess([Guess("bug", 0.75)], DIVIDED, facts={"language": "en", "plan": "standard"})
    assert (applied.mode, held.mode) == ("auto", "suggest")
    assert "of the tags of language en, plan premium are wrong" in applied.reason
    assert "below 0.80" in held.reason
    rest = assess([Guess("bug", 0.99)], DIVIDED, facts={"language": "fr"})
    assert "No certificate covers another language yet" in rest.reason
    assert (held.reason_code, rest.reason_code) == (ReasonCode.BELOW_THRESHOLD, ReasonCode.NO_CERTIFICATE)


def test_tickets_of_a_kind_that_was_never_measured_are_not_tagged_by_themselves() -> None:
    only = HeadThresholds(0.5, (leaf(0.7, language="en"), leaf(0.7, language="de")))
    found = assess([Guess("bug", 0.99)], only, facts={"language": "fr"})
    assert (found.mode, found.certificate) == ("suggest", None)
    assert "No ticket of this language, plan and channel was measured" in found.reason


def test_a_foreign_text_gets_no_label_however_sure_the_head_is() -> None:
    rule = HeadThresholds(0.5, CERTIFIED.leaves)
    found = assess([Guess("bug", 0.99), Guess("billing", 0.01)], rule, foreign=True)
    assert (found.label, found.mode, found.certificate) == (None, "abstain", None)
    assert found.alternatives[0] == Guess("bug", 0.99)
    assert "unlike the tickets" in found.reason
    assert found.reason_code == ReasonCode.OUT_OF_DOMAIN
    assert assess([Guess("bug", 0.99)], rule, foreign=False).mode == "auto"


def test_a_head_that_knows_its_labels_by_their_descriptions_only_suggests() -> None:
    found = assess([Guess("bug", 0.99)], HeadThresholds(0.5, CERTIFIED.leaves, rung="described"))
    assert (found.mode, found.certificate, found.rung) == ("suggest", None, "described")
    assert "by their descriptions alone" in found.reason
    assert found.reason_code == ReasonCode.NO_CERTIFICATE


def test_a_head_of_few_examples_says_so_where_it_does_not_apply_its_label() -> None:
    assert "few tickets of each label" in assess([Guess("bug", 0.6)], HeadThresholds(0.5, rung="few_shot")).reason


def test_slices_have_names() -> None:
    assert in_words({"language": "en", "plan": "*"}) == "language en, another plan"
    assert in_words({}) == "all tickets"


SHARES = st.floats(0, 1)
NAMES = st.text(min_size=1, max_size=200)
SLICES = st.dictionaries(st.sampled_from(["language", "plan", "channel"]), st.one_of(st.just("*"), NAMES))


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    slice_ = draw(SLICES)
    if draw(st.booleans()):
        return Leaf(slice_, uncertified=draw(NAMES))
    risks, n = st.floats(1e-6, 0.999_999), draw(st.integers(1, 10**8))
    return Leaf(slice_, Certificate("crt", draw(SHARES), draw(risks), draw(risks), n, 0, slice=slice_))


@st.composite
def rules(draw: st.DrawFn) -> HeadThresholds:
    return HeadThresholds(
        draw(SHARES),
        tuple(draw(st.lists(leaves(), max_size=3))),
        draw(st.sampled_from(["described", "few_shot", "fitted"])),
        draw(st.dictionaries(st.sampled_from(["bug", "billing"]), NAMES, max_size=1)),
    )


@given(rules(), SHARES, st.booleans(), st.dictionaries(st.sampled_from(["language", "plan"]), NAMES))
def test_no_reason_is_longer_than_one_reads_at_a_glance_and_every_one_has_its_code(
    rule: HeadThresholds, share: float, foreign: bool, facts: dict[str, str]
) -> None:
    found = assess([Guess("bug", share), Guess("billing", 1 - share)], rule, facts=facts, foreign=foreign)
    assert 0 < len(found.reason) <= LONGEST_REASON
    of_mode = {
        "auto": {ReasonCode.CERTIFIED},
        "suggest": {ReasonCode.NO_CERTIFICATE, ReasonCode.BELOW_THRESHOLD},
        "abstain": {ReasonCode.BELOW_THRESHOLD, ReasonCode.OUT_OF_DOMAIN},
    }
    assert found.reason_code in of_mode[found.mode]
