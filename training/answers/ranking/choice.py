"""Choose how a desk ranks: whatever did best on the newest linked tickets, and never less than plain fusion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from triage.model.answers_entry import RankerChoice, RankerFigures

#: Standard errors to either side of a 95 % interval.
NORMAL: Final = 1.96
FLOOR: Final = "fusion"
#: The simplest first: it wins where others do no better.
PREFERRED: Final = ("first", "weights", FLOOR, "learnt", "shifted")
#: By how much a way has to be better: a shift compares every question with the passages once more.
COSTS: Final[Mapping[str, float]] = {"shifted": 0.01}


def chosen(places: Mapping[str, np.ndarray]) -> RankerChoice:
    """Choose by the mean of hit@1 and hit@5, less what a way costs.

    Parameters
    ----------
    places
        By way to rank, where the first right article of each ticket stands, from 0; the same tickets for all.

    Returns
    -------
    RankerChoice
    """
    gains = {name: ((found < 1).astype(float) + (found < 5)) / 2 for name, found in places.items()}
    worth = {name: float(gain.mean()) - COSTS.get(name, 0.0) for name, gain in gains.items()}
    best = max((name for name in PREFERRED if name in places), key=worth.__getitem__)
    tried = tuple(_figures(name, places[name], gains[name] - gains[FLOOR]) for name in places)
    return RankerChoice(chosen=best, n=len(places[FLOOR]), tried=tried)


def _figures(name: str, places: np.ndarray, gain: np.ndarray) -> RankerFigures:
    mean, error = float(gain.mean()), float(gain.std(ddof=1)) / len(gain) ** 0.5
    return RankerFigures(
        name=name,
        hit_at_1=round(float((places < 1).mean()), 4),
        hit_at_5=round(float((places < 5).mean()), 4),
        gain=round(mean, 4),
        gain_interval=(round(mean - NORMAL * error, 4), round(mean + NORMAL * error, 4)),
    )
