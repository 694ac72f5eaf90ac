"""Compare the multi heads of two bundles on tickets that neither was fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.bundles import held_out
from training.evaluation.bootstrap import DRAWS, SEED
from triage.model.multi.head import guesses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from training.bundles.comparison import Encode
    from training.bundles.held_out import HeldOut
    from triage.model.bundle import Bundle

    Today = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class MultiPaired:
    """One multi head on the same n tickets: micro-F1 of the new and of the current bundle.

    `low` and `high` are the 95 % interval of the gain by the paired bootstrap, `no_loss` is the share of the redraws
    in which the new one loses nothing.
    """

    n: int
    micro_f1: float
    current_micro_f1: float
    low: float
    high: float
    no_loss: float


def compare(rows: Sequence[HeldOut], current: Bundle, encode: Encode, today: Today) -> dict[str, MultiPaired]:
    """Compare on held-out tickets of the new bundle that the current one has not learnt from.

    Parameters
    ----------
    rows
        With what the new bundle says of them.
    current
        The bundle to compare with.
    encode
        encode(bundle, texts): the texts' states by that bundle's own encoder, (n_texts, n_pools, dim).
    today
        today(head, label): what the new bundle calls a label of the current one.

    Returns
    -------
    dict of str to MultiPaired
        For each multi head that both have, where any ticket is fair to both.
    """
    if not current.multi:
        return {}
    seen = set(held_out.read_seen(current).tolist())
    fresh = [row for row in rows if row.label_sets and held_out.key(row.text) not in seen]
    if not fresh:
        return {}
    texts = [row.text for row in fresh]
    states = encode(current, texts)
    foreign = next(iter(current.judge(texts, states, [row.facts.get("language") for row in fresh]).foreign.values()))
    found = {}
    for name, head in current.multi.items():
        places = [place for place, row in enumerate(fresh) if name in row.label_sets and name in row.guessed_sets]
        if not places:
            continue
        shown = guesses(head.rules, head.predict_proba(texts, states)) & ~foreign[:, None]
        labels = [today(name, label) or label for label in head.labels]
        theirs = [{labels[column] for column in np.flatnonzero(shown[place]).tolist()} for place in places]
        ours = [set(fresh[place].guessed_sets[name]) for place in places]
        found[name] = paired([set(fresh[place].label_sets[name]) for place in places], ours, theirs)
    return found


def paired(truth: Sequence[set[str]], ours: Sequence[set[str]], theirs: Sequence[set[str]]) -> MultiPaired:
    """Compare two lists of labels of each ticket with the labels that it was closed with."""
    both = [np.array([_counts(*pair) for pair in zip(truth, said, strict=True)], np.int64) for said in (ours, theirs)]
    random, n = np.random.default_rng(SEED), len(truth)
    gains = np.empty(DRAWS)
    for draw in range(DRAWS):
        rows = random.integers(0, n, n)
        gains[draw] = _micro_f1(both[0][rows]) - _micro_f1(both[1][rows])
    low, high = np.quantile(gains, (0.025, 0.975)).tolist()
    return MultiPaired(n, _micro_f1(both[0]), _micro_f1(both[1]), low, high, float((gains >= 0).mean()))


def _counts(truth: set[str], said: set[str]) -> tuple[int, int]:
    """Return right labels, and labels there and said together."""
    return len(truth & said), len(truth) + len(said)


def _micro_f1(counts: NDArray[np.int64]) -> float:
    right, either = counts.sum(axis=0).tolist()
    return 2 * right / either if either else 1.0


def sentence(pair: MultiPaired) -> str:
    """Return a comparison in words."""
    return (
        f"micro-F1 {pair.micro_f1:.3f} against {pair.current_micro_f1:.3f} on the same {pair.n} tickets (between "
        f"{pair.low:+.3f} and {pair.high:+.3f} with 95 % confidence)"
    )
