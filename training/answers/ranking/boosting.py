"""Boost trees on top of a linear ranking, and write them as arrays that serving reads without lightgbm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from retrieval.answering.learnt.ranker import N_COLUMNS, Learnt, columns
from retrieval.answering.learnt.trees import LEAVES, Trees
from retrieval.answering.ranker import Signals
from training.answers.ranking.lists import RankedList

#: Chosen on three time splits of a real desk: many small trees, each seeing half of the columns.
ROUNDS: Final = 60
SEEDS: Final = 2
SETTINGS: Final[Mapping[str, Any]] = {
    "learning_rate": 0.05,
    "num_leaves": 4,
    "min_data_in_leaf": 30,
    "lambda_l2": 5.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "deterministic": True,
    "num_threads": 1,
    "verbosity": -1,
}
#: Of the right articles and of the others, so many are shown as if they had just been written.
NEW: Final = 0.1
OTHERS_NEW: Final = 0.05


#: Signals and likeness by the map to logits, (n,) each.
Logits = Callable[[Signals, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A list with what a memory that is older than it says of its articles, float64 (n,) each."""

    list: RankedList
    mapped: np.ndarray
    shares: np.ndarray
    #: None where the memory has no shift of questions.
    gain: np.ndarray | None = None


def can_boost() -> bool:
    """Tell whether lightgbm can be loaded: its wheel takes the system's OpenMP library, which slim images lack."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def boosted(known: Sequence[Known], logits: Logits) -> Trees:
    """Boost trees that correct the logits of lists, by the gradient of a softmax over each list (ListNet).

    Some articles are shown as if they had just been written, so that trees do not hold it against those that are.
    """
    runs = [_run(known, logits, seed) for seed in range(1, SEEDS + 1)]
    return joined([tree for run in runs for tree in run])


def _run(known: Sequence[Known], logits: Logits, seed: int) -> list[_Tree]:
    import lightgbm  # late, and only where a ranker is learnt: serving reads arrays

    random = np.random.default_rng(seed)
    shown = [_shown(each, logits, random) for each in known]
    data = lightgbm.Dataset(
        np.concatenate([table for table, _ in shown]),
        np.concatenate([each.list.right > 0 for each in known]).astype(np.float64),
        init_score=np.concatenate([start for _, start in shown]),
    )
    booster = lightgbm.train({**SETTINGS, "objective": _objective(known), "seed": seed}, data, ROUNDS)
    return [tree_of(each["tree_structure"]) for each in booster.dump_model()["tree_info"]]


def _shown(known: Known, logits: Logits, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return what trees read of a list, and its logits, some of its articles as if they were new."""
    signals, shares = known.list.signals, known.shares.copy()
    right = known.list.right > 0
    new = random.random(len(right)) < np.where(right & (random.random() < NEW), 1.0, np.where(right, 0.0, OTHERS_NEW))
    shares[new] = np.nan
    text_alone = np.maximum(signals.cosine, signals.asked)
    signals = replace(
        signals,
        evidence=np.where(new, 0.0, signals.evidence),
        usual=np.where(new, 0.0, signals.usual),
        known=np.where(new, text_alone, signals.known),
    )
    start = logits(signals, known.mapped)
    return columns(signals, Learnt(start, known.mapped, shares), np.arange(len(right))), start


def _objective(known: Sequence[Known]) -> Any:  # noqa: ANN401 - lightgbm's
    lengths = np.array([len(each.list.right) for each in known])
    begins = np.cumsum(lengths) - lengths
    sure = np.array([each.list.right.max() for each in known])
    weights = sure / sure.mean()
    right = np.concatenate([each.list.right / top for each, top in zip(known, sure, strict=True)])
    rights = np.repeat(weights * np.add.reduceat(right, begins), lengths)
    right = right * np.repeat(weights, lengths)

    def slope(logits: np.ndarray, _: object) -> tuple[np.ndarray, np.ndarray]:
        risen = np.exp(logits - np.repeat(np.maximum.reduceat(logits, begins), lengths))
        shares = risen / np.repeat(np.add.reduceat(risen, begins), lengths)
        return rights * shares - right, np.maximum(rights * shares * (1 - shares), 1e-6)

    return slope


@dataclass(frozen=True, slots=True)
class _Tree:
    """A tree as `Trees` holds it, split by split."""

    splits: list[tuple[int, float, bool, int, int]]
    leaves: list[float]


def tree_of(structure: Mapping[str, Any]) -> _Tree:
    """Take over a tree that lightgbm dumped, the root first."""
    splits: list[tuple[int, float, bool, int, int]] = []
    leaves: list[float] = []

    def walk(node: Mapping[str, Any]) -> int:
        if "leaf_value" in node:
            leaves.append(float(node["leaf_value"]))
            return ~(len(leaves) - 1)
        at, threshold = len(splits), float(node["threshold"])
        splits.append((0, 0.0, False, 0, 0))
        # Where no value was ever missing, lightgbm reads a missing one as 0.
        left = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0.0
        sides = walk(node["left_child"]), walk(node["right_child"])
        splits[at] = (int(node["split_feature"]), threshold, left, *sides)
        return at

    walk(structure)
    return _Tree(splits, leaves)


def joined(trees: Sequence[_Tree]) -> Trees:
    """Put the trees of all runs side by side, each run with its share; those without a split say nothing."""
    grown = [each for each in trees if each.splits]
    rows = [split for each in grown for split in each.splits]
    sizes = [len(each.splits) for each in grown]
    leaves = np.zeros((len(grown), LEAVES))
    for row, each in zip(leaves, grown, strict=True):
        row[: len(each.leaves)] = np.array(each.leaves) / SEEDS
    return Trees(
        begins=np.cumsum([0, *sizes[:-1]]).astype(np.int32),
        columns=np.array([row[0] for row in rows], np.int32),
        thresholds=np.array([row[1] for row in rows]),
        missing_left=np.array([row[2] for row in rows], np.bool_),
        left=np.array([row[3] for row in rows], np.int8),
        right=np.array([row[4] for row in rows], np.int8),
        leaves=leaves,
        n_columns=N_COLUMNS,
    )
