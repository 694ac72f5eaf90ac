from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from retrieval.encoder.encoder import lone
from tests.fakes import HashingEncoder
from tests.training.desk import tickets
from training.classifiers.candidates import Choice, best, rivals, rung_of
from training.classifiers.features import Features, LabelTexts, features_of
from training.classifiers.model_selection import choose, trained
from training.config import Head
from triage.model import lexical

SETTINGS = Head(strengths=(1.0, 30.0), lexical_weights=(0.4,), prior_shifts=(0.0, 0.4))


def desk(n: int) -> tuple[np.ndarray, Features]:
    """Return labels and features of tickets that are easy to tell apart."""
    rows, encoder = tickets(n), HashingEncoder()
    own = np.array([row["category"] for row in rows], dtype=object)
    texts = [f"{row['subject']} {row['description']}" for row in rows]
    lexicon = lexical.learn(texts, min_tickets=2, most=1_000, progress=lambda _: None)
    known = texts, lone(encoder.encode(texts)), LabelTexts.of(["billing", "bug", "how_to"], encoder.read)
    return own, features_of(lexicon, known, np.arange(n), lambda done, total: None)


def test_every_setting_is_compared_with_a_rival_of_another_kind_and_their_sum() -> None:
    own, features = desk(150)
    found = choose(own, np.arange(150), features, "fitted", SETTINGS)
    assert [(each.kind, each.strength, each.prior_shift) for each in found[2:6]] == [
        ("softmax", 1.0, 0.0), ("softmax", 1.0, 0.4), ("softmax", 30.0, 0.0), ("softmax", 30.0, 0.4),
    ]  # fmt: skip
    assert [each.kind for each in (found[0], found[-1])] == ["whole_margins", "whole_joint"]
    assert {each.n for each in found} == {30}
    assert all(each.accuracy is not None and each.accuracy > 0.9 for each in found)


def test_a_shifted_prior_is_scored_as_the_estimator_shifts_it() -> None:
    own, features = desk(150)
    own[own != "bug"] = "other"
    train, test = np.arange(120), np.arange(120, 150)
    shifted = trained(Choice("softmax", 1.0, 0.4, prior_shift=5.0), own, train, features)
    right = float(np.mean(shifted.predict(features.parts(test).joined()) == own[test]))
    settings = Head(strengths=(1.0,), lexical_weights=(0.4,), prior_shifts=(0.0, 5.0), margins=0)
    assert choose(own, np.arange(150), features, "fitted", settings)[1].accuracy == pytest.approx(right)


def test_with_few_tickets_each_is_asked_once() -> None:
    own, features = desk(40)
    found = choose(own, np.arange(40), features, "few_shot", SETTINGS)
    assert {each.n for each in found} == {40}


def test_heads_of_words_are_in_the_race_where_tickets_are_few() -> None:
    own, features = desk(40)
    found = choose(own, np.arange(40), features, "few_shot", SETTINGS, np.arange(40) % 10)
    assert [(each.kind, each.lexical_weight) for each in found] == [
        ("few_shot", 0.0), ("few_shot", 0.4), ("few_shot_joint", 0.0), ("whole_margins", 0.7),
    ]  # fmt: skip
    assert {each.n for each in found} == {40}


def test_among_few_tickets_a_head_that_looks_at_words_must_be_better_by_more_than_chance_makes() -> None:
    plain = Choice("few_shot", 300.0, 0.0, n=100, accuracy=0.8, macro_f1=0.8)
    words = Choice("whole_margins", 0.7, 0.7, n=100, accuracy=0.81, macro_f1=0.82)
    assert best([words, plain]) == plain
    assert best([replace(words, accuracy=0.83), plain]).kind == "whole_margins"


def test_one_setting_has_nothing_to_be_compared_with() -> None:
    own, features = desk(60)
    settings = Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0)
    assert choose(own, np.arange(60), features, "fitted", settings) == [Choice("softmax", 30.0, 0.4)]


def test_a_few_shot_head_knows_a_label_by_its_name() -> None:
    """No ticket says "billing"; the label does."""
    own, features = desk(40)
    asked = LabelTexts.of(["billing"], HashingEncoder().read)
    model = trained(Choice("few_shot", 30.0, 0.0), own, np.arange(40), features)
    probabilities = model.predict_proba(features.named(["billing"]).joined())[0]
    assert asked.texts == ["billing"]
    assert model.classes_[probabilities.argmax()] == "billing"


@pytest.mark.parametrize(
    ("gain", "kind"),
    [(0.02, "softmax"), (0.04, "margins")],  # the standard error of 0.90 over 100 tickets is 0.03
)
def test_what_is_no_plain_regression_must_win_by_more_than_chance(gain: float, kind: str) -> None:
    plain = Choice("softmax", 30.0, 0.4, n=100, accuracy=0.9, macro_f1=0.9)
    rival = Choice("margins", 1.0, 0.4, n=100, accuracy=0.9, macro_f1=0.9 + gain)
    assert best([plain, rival]).kind == kind


def test_many_labels_of_many_tickets_get_machines_that_do_not_take_minutes() -> None:
    assert {each.kind for each in rivals(2_000, 6)} == {"whole_margins"}
    assert {each.kind for each in rivals(10_000, 77)} == {"margins"}


def test_the_rung_is_of_the_median_label() -> None:
    assert rung_of(["a"] * 19 + ["b"] * 500 + ["c"] * 12) == "few_shot"
    assert rung_of(["a"] * 20 + ["b"] * 500 + ["c"] * 12) == "fitted"
