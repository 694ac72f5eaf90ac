"""The critical head: which questions report an emergency."""

from __future__ import annotations

import numpy as np
import pytest

from triage.model.classifier import Classifier, Weights
from triage.model.critical import CLEARLY_EVERYDAY, CriticalHead
from triage.model.lexical import Lexicon

LABELS = ("everyday", "leak", "outage")


def head(threshold: float) -> CriticalHead:
    """Return a head that goes by the vector alone: its three parts are the scores of the labels."""
    weights = Weights(
        np.eye(3, dtype=np.float32), np.zeros((0, 3), np.float32), np.zeros(3, np.float32), temperature=1.0
    )
    nothing = Lexicon.of(np.empty(0, np.int32), np.empty(0, np.float32))
    return CriticalHead(Classifier(LABELS, weights, nothing, np.zeros((1, 3), np.float32)), threshold)


def vector(label: str) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[LABELS.index(label)]


def test_the_probability_of_an_emergency_is_that_of_all_its_kinds_together() -> None:
    # scores 0, 1, 0: everyday has 1 of 1 + e + 1
    found = head(0.5).read("", vector("leak"))
    assert found.kind == "leak"
    assert found.probability == pytest.approx(1 - 1 / (2 + np.e))


def test_an_emergency_is_found_from_the_threshold_on() -> None:
    reached = head(0.0).read("", vector("outage")).probability
    assert head(reached).find("", vector("outage")) is not None
    assert head(reached + 1e-6).find("", vector("outage")) is None


def test_only_what_is_far_below_the_threshold_is_clearly_everyday() -> None:
    # scores 1, 0, 0: an emergency has 2 of 2 + e, which is 0.42
    assert not head(0.5).is_everyday("", vector("everyday"))
    sharp = Weights(np.eye(3, dtype=np.float32), np.zeros((0, 3), np.float32), np.zeros(3, np.float32), 0.1)
    classifier = head(0.5).classifier
    certain = CriticalHead(Classifier(LABELS, sharp, classifier.lexicon, classifier.centres), 0.5)
    assert certain.read("", vector("everyday")).probability < CLEARLY_EVERYDAY
    assert certain.is_everyday("", vector("everyday"))
