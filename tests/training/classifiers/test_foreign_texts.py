"""The foreign-text gate on clouds of vectors: tickets around one direction, background texts around others."""

from __future__ import annotations

import numpy as np
import pytest

from training.classifiers import foreign_texts
from training.classifiers.foreign_texts import CLOSE, FEWEST, Crossed, Fitted, Views, background, fit_gate

DIM = 12


def around(axis: int, n: int, seed: int, spread: float = 0.1) -> np.ndarray:
    """Return states (n, 1, DIM) of unit length near an axis."""
    found = np.random.default_rng(seed).normal(size=(n, DIM)) * spread
    found[:, axis] += 1
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)[:, None, :]


def views(states: np.ndarray, energy: float, seed: int = 5) -> Views:
    return Views(states, {"category": np.random.default_rng(seed).normal(size=len(states)) + energy})


def a_gate(languages: list[str | None] | None = None, others: Views | None = None, n: int = 400) -> Fitted | None:
    own = views(around(0, n, seed=1), 3.0)
    texts = others or views(np.concatenate([around(axis, 40, seed=axis) for axis in (1, 2, 3)]), 0.0)
    return fit_gate(around(0, 300, seed=2), own, languages or [None] * n, texts)


def called(fitted: Fitted, seen: Views, language: str | None = None) -> float:
    """Return the share of texts that is called foreign."""
    scores = fitted.gate.scores(seen.states, seen.energies)
    return float(fitted.gate.foreign(scores, [language] * len(scores)).mean())


def test_tickets_pass_and_texts_of_other_desks_do_not() -> None:
    fitted = a_gate()
    assert fitted is not None
    assert called(fitted, views(around(0, 1_000, seed=7), 3.0)) < 0.03
    assert called(fitted, views(around(2, 1_000, seed=8), 0.0)) > 0.97
    assert called(fitted, views(around(9, 1_000, seed=9), 0.0)) > 0.9  # nothing like it was in the background


def test_of_the_calibration_tickets_one_and_a_half_in_a_hundred_are_called_foreign() -> None:
    fitted = a_gate(n=1_000)
    assert fitted is not None
    assert called(fitted, views(around(0, 1_000, seed=1), 3.0)) == pytest.approx(0.014, abs=0.0011)


def test_each_language_with_enough_tickets_has_its_own_threshold_and_rare_ones_share_the_rest() -> None:
    languages: list[str | None] = ["en"] * 300 + ["de"] * 70 + ["fr"] * 15 + ["nl"] * 15
    own = views(around(0, 400, seed=1), 3.0)
    own.energies["category"][300:] -= 1.5  # the heads are less sure of tickets that are not English
    fitted = fit_gate(around(0, 300, seed=2), own, languages, views(around(1, 120, seed=4), 0.0))
    assert fitted is not None
    thresholds = fitted.gate.entry.thresholds
    assert sorted(thresholds) == ["de", "en", "fr", "nl"]
    assert thresholds["de"] < thresholds["en"]
    assert thresholds["fr"] == thresholds["nl"] <= fitted.gate.entry.threshold
    late = views(around(0, 1_000, seed=7), 1.5)
    assert called(fitted, late, "en") > called(fitted, late, "de")


def test_background_texts_close_to_the_tickets_are_left_out() -> None:
    far, near = around(1, 60, seed=3), around(0, 60, seed=4)
    fitted = a_gate(others=views(np.concatenate([far, near]), 0.0))
    assert fitted is not None
    cosines = near[:, 0] @ around(0, 300, seed=2)[:, 0].T
    assert (cosines.max(axis=1) >= CLOSE).all()
    assert fitted.gate.entry.measured.background == 60
    assert called(fitted, views(around(0, 500, seed=11), 3.0)) < 0.03


def test_with_too_few_tickets_or_background_texts_there_is_no_gate() -> None:
    assert a_gate(n=FEWEST - 1) is None
    assert a_gate(others=views(around(0, 200, seed=3), 0.0)) is None  # all of them are close


def test_the_figures_are_of_held_out_tickets_and_of_background_texts_that_did_not_teach() -> None:
    fitted = a_gate(["en"] * 400)
    assert fitted is not None
    entry = fitted.gate.entry
    scores = np.array([entry.threshold - 1, entry.threshold + 1, entry.threshold + 2, entry.threshold + 3])
    found = fitted.measured(scores, ["en", "en", "de", None]).entry.measured
    assert (found.n, found.abstained, found.background) == (4, 0.25, len(fitted.background))
    assert found.caught == float((fitted.background < entry.threshold).mean()) > 0.9
    assert {name: (each.n, each.abstained) for name, each in found.languages.items()} == {"en": (2, 0.5)}


def test_the_background_has_many_desks_and_junk_and_nothing_twice() -> None:
    texts = background()
    assert len(texts) > 500
    assert len(set(texts)) >= len(texts) - 5  # cleaning makes some junk alike
    assert "asdf qwer zxcv" not in texts


def test_a_fit_is_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = a_gate(), a_gate()
    assert first is not None
    assert second is not None
    assert first.gate.entry == second.gate.entry
    monkeypatch.setattr(foreign_texts, "SEED", 1)
    other = a_gate()
    assert other is not None
    assert (other.background != first.background).any()  # the folds are drawn


def test_with_cross_fitting_a_ticket_is_not_familiar_because_it_taught_the_gate() -> None:
    states = np.concatenate([around(0, 300, seed=1), around(9, 1, seed=9)])  # the last is like no other ticket
    own, rows = views(states, 3.0), np.arange(301)
    others = views(np.concatenate([around(axis, 40, seed=axis) for axis in (1, 2, 3)]), 0.0)
    fitted = fit_gate(states, own, [None] * 301, others, Crossed(rows % 10, rows))
    assert fitted is not None
    seen, unseen = fitted.gate.scores(states, own.energies), fitted.scores(states, own.energies, rows)
    assert unseen[-1] < seen[-1] - 0.5
    assert np.abs(unseen[:-1] - seen[:-1]).mean() < 0.1
    assert fitted.gate.foreign(unseen, [None] * 301).mean() == pytest.approx(0.015, abs=0.004)
