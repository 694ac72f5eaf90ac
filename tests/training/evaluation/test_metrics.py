from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import asdict

from training.evaluation.calibration import NEVER, suggest_at, temperature
from training.evaluation.metrics import Gated, expected_calibration_error, measure, out_of_scope, trivial
from triage.model.head_entry import Metrics


def test_temperature_finds_back_the_one_that_made_the_labels() -> None:
    random = np.random.default_rng(0)
    scores = random.normal(size=(20_000, 4)) * 3
    true = scores / 1.7
    probabilities = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    truth = (probabilities.cumsum(axis=1) > random.random((len(scores), 1))).argmax(axis=1)
    assert temperature(scores, truth) == pytest.approx(1.7, rel=0.05)


def test_a_few_held_out_tickets_without_an_error_do_not_make_every_guess_certain() -> None:
    truth = np.arange(30) % 3
    scores = np.where(np.arange(3) == truth[:, None], 4.0, 0.0)  # at 1.0 each label has a probability of 0.96
    assert 0.4 < temperature(scores, truth) < 1.0


def test_tickets_with_labels_that_a_head_does_not_know_do_not_move_its_temperature() -> None:
    scores = np.random.default_rng(0).normal(size=(50, 3))
    truth = scores.argmax(axis=1)
    more = np.vstack((scores, scores)), np.concatenate((truth, np.full(50, -1)))
    assert temperature(*more) == temperature(scores, truth)
    assert temperature(scores, np.full(50, -1)) == 1.0


@pytest.mark.parametrize(
    ("right", "wanted", "threshold"),
    [
        ([1, 1, 1, 0, 0], 0.75, 0.6),  # 3 of 4 at 0.6
        ([1, 1, 1, 0, 0], 0.60, 0.5),  # 3 of 5 at 0.5
        ([1, 1, 1, 1, 1], 0.90, 0.5),
        ([0, 0, 0, 0, 0], 0.10, NEVER),
    ],
)
def test_labels_are_shown_from_where_they_are_right_often_enough(
    right: list[int], wanted: float, threshold: float
) -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert suggest_at(confidence, np.array(right, bool), accuracy=wanted, lowest=0.3) == threshold


def test_no_label_is_shown_below_the_lowest_confidence() -> None:
    assert suggest_at(np.array([0.1]), np.array([True]), accuracy=0.5, lowest=0.3) == 0.3
    assert suggest_at(np.empty(0), np.empty(0, bool), accuracy=0.7, lowest=0.3) == 0.7


def test_a_threshold_is_rounded_so_that_the_ticket_it_was_read_from_is_shown() -> None:
    assert suggest_at(np.array([0.99999]), np.array([True]), accuracy=0.7, lowest=0.3) == 0.9999


def test_a_head_is_measured_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
    found = measure(["a", "b", "b", "new"], probabilities, ("a", "b"), 0.65)
    assert found.n == 4
    assert found.accuracy == 0.5
    assert found.coverage == 0.75  # .9 .8 .7
    assert found.by_chance == pytest.approx((1 * 3 + 2 * 1 + 1 * 0) / 16)
    assert found.selective_risk == pytest.approx(1 / 3)  # the one at .7
    assert found.per_class
    assert asdict(found.per_class["b"]) == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "n": 2}
    assert found.macro_f1 == pytest.approx((0.5 + 2 / 3 + 0) / 3)  # a: precision 1/3, recall 1


def test_nothing_shown_has_no_risk_and_no_tickets_no_figures() -> None:
    assert measure(["a"], np.array([[0.5, 0.5]]), ("a", "b"), 0.9).selective_risk is None
    assert measure([], np.empty((0, 2)), ("a", "b"), 0.9) == Metrics(n=0)


def test_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    confidence = np.array([0.8] * 10 + [0.5] * 10)
    right = np.array([True] * 8 + [False] * 2 + [True] * 10)  # .8 is honest, .5 is off by .5
    assert expected_calibration_error(confidence, right) == pytest.approx(0.25)


def test_the_trivial_rule_says_the_most_frequent_label_of_the_past() -> None:
    assert trivial(["b", "b", "a"], ["a", "a", "b"]).accuracy == pytest.approx(1 / 3)


def test_familiar_texts_rank_above_foreign_ones() -> None:
    inside = Gated(np.array([3.0, 2.0, 0.5]), np.array([False, False, True]))
    found = out_of_scope(inside, Gated(np.array([1.0, 0.0]), np.array([False, True])))
    assert found["ood_auroc"] == pytest.approx(5 / 6)  # of six pairs one is the wrong way round
    assert [found["familiar"], found["ood_recall"]] == pytest.approx([2 / 3, 1 / 2])
