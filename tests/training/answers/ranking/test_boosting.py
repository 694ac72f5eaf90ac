from __future__ import annotations

import sys

import lightgbm
import numpy as np
import pytest

from retrieval.answering.learnt.ranker import N_COLUMNS
from training.answers.ranking.boosting import ROUNDS, SEEDS, SETTINGS, can_boost, joined, tree_of


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_arrays_predict_what_lightgbm_predicts(missing: float) -> None:
    random = np.random.default_rng(0)
    table = random.normal(size=(2_000, N_COLUMNS))
    wanted = np.nan_to_num(table[:, 0]) * 2 + (table[:, 1] > 0) + random.normal(size=2_000) / 5
    table[random.random(table.shape) < missing] = np.nan
    booster = lightgbm.train(
        {**SETTINGS, "objective": "regression", "boost_from_average": False}, lightgbm.Dataset(table, wanted), ROUNDS
    )

    trees = joined([tree_of(each["tree_structure"]) for each in booster.dump_model()["tree_info"]])

    asked = random.normal(size=(500, N_COLUMNS))
    asked[random.random(asked.shape) < 0.3] = np.nan  # also where no value was missing before
    assert trees(asked) * SEEDS == pytest.approx(booster.predict(asked), abs=1e-9)
    assert np.ptp(trees(asked)) > 1


def test_it_is_known_when_lightgbm_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_boost()

    monkeypatch.setitem(sys.modules, "lightgbm", None)  # as if it could not be loaded

    assert not can_boost()
