"""Learning curves: more tickets help until they do not, and what cannot be drawn is left out."""

from __future__ import annotations

import numpy as np
import pytest

from training.classifiers.learning_curve import last_doubling, learning_curve


def desk(n: int, seed: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Vectors that scatter around one direction a label."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, n)
    vectors = np.eye(4, 64)[labels] + random.normal(0, noise, (n, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels.astype(str)


def test_the_curve_grows_over_doubled_sizes() -> None:
    curve = learning_curve(desk(1_600, 1, 0.4), desk(400, 2, 0.4))
    assert [point.n for point in curve] == [100, 200, 400, 800, 1_600]
    assert curve[0].accuracy < curve[2].accuracy < curve[-1].accuracy
    assert all(point.lowest <= point.accuracy <= point.highest for point in curve)
    assert last_doubling(curve) == pytest.approx(curve[-1].accuracy - curve[-2].accuracy)


def test_the_same_tickets_give_the_same_curve() -> None:
    assert learning_curve(desk(300, 1, 0.3), desk(50, 2, 0.3)) == learning_curve(desk(300, 1, 0.3), desk(50, 2, 0.3))


def test_sizes_too_small_to_learn_from_are_left_out() -> None:
    assert [point.n for point in learning_curve(desk(60, 1, 0.1), desk(20, 2, 0.1))] == [30, 60]
    vectors, _ = desk(60, 1, 0.1)
    assert learning_curve((vectors, np.full(60, "only")), desk(20, 2, 0.1)) == ()
    assert learning_curve(desk(60, 1, 0.1), desk(0, 2, 0.1)) == ()
    assert last_doubling([]) is None


def test_a_label_that_only_the_newest_tickets_have_counts_as_wrong() -> None:
    vectors, labels = desk(200, 2, 0.01)
    labels = np.where(labels == "3", "unheard", labels)
    curve = learning_curve(desk(400, 1, 0.01), (vectors, labels))
    assert curve[-1].accuracy == pytest.approx((labels != "unheard").mean())
