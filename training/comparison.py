"""A new bundle beside the current one, on tickets that neither has been fitted on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scipy.stats import binomtest

from training import evaluation, held_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from training.held_out import HeldOut
    from triage.bundle import Bundle

    Encode = Callable[[Bundle, Sequence[str]], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Paired:
    """One head on the same tickets: what the new and the current bundle get right."""

    n: int
    accuracy: float
    current_accuracy: float
    macro_f1: float
    current_macro_f1: float
    only_new_right: int
    only_current_right: int
    recall: Mapping[str, tuple[int, float, float]]
    """Label to (n, recall of the new bundle, recall of the current one)."""

    @property
    def chance(self) -> float:
        """How likely so many losses are if the new bundle is as good: the exact sign test (McNemar), one-sided."""
        differing = self.only_new_right + self.only_current_right
        if not differing:
            return 1.0
        return float(binomtest(self.only_current_right, differing, 0.5, alternative="greater").pvalue)

    def to_record(self) -> dict[str, Any]:
        """Return it for the manifest and the report."""
        return {**asdict(self), "chance": self.chance}


def compare(rows: Sequence[HeldOut], current: Bundle, encode: Encode) -> dict[str, Paired]:
    """Compare on held-out tickets.

    Parameters
    ----------
    rows
        The new bundle's held-out tickets, with what it says of them.
    current
        The bundle to compare with.
    encode
        encode(bundle, texts): the texts' vectors by that bundle's own encoder, (n_texts, dim).

    Returns
    -------
    dict of str to Paired
        For each head that both have, over the tickets that are fair to both: not among those that the current bundle
        was fitted on, or among those it had been measured on before.
    """
    theirs = _answers(rows, current, encode)
    pairs: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row, answers in zip(rows, theirs, strict=True):
        for head, label in row.labels.items():
            if head in row.guesses and head in answers:
                pairs[head].append((label, row.guesses[head], answers[head]))
    return {head: _paired(triples) for head, triples in pairs.items()}


def _answers(rows: Sequence[HeldOut], current: Bundle, encode: Encode) -> list[Mapping[str, str]]:
    """Return what the current bundle says of each ticket, by head; nothing where it would not be fair."""
    seen = set(held_out.read_seen(current).tolist())
    before = {held_out.key(row.text): row.guesses for row in held_out.read(current)}
    keys = [held_out.key(row.text) for row in rows]
    answers: list[Mapping[str, str]] = [before.get(key, {}) if key in seen else {} for key in keys]
    fresh = [i for i, key in enumerate(keys) if key not in seen]
    if fresh:
        texts = [rows[i].text for i in fresh]
        found = current.predict(texts, encode(current, texts))
        for place, i in enumerate(fresh):
            answers[i] = {head: current.heads[head].classes_[int(p[place].argmax())] for head, p in found.items()}
    return answers


def _paired(triples: Sequence[tuple[str, str, str]]) -> Paired:
    truth, ours, theirs = (list(column) for column in zip(*triples, strict=True))
    we = [guess == label for guess, label in zip(ours, truth, strict=True)]
    they = [guess == label for guess, label in zip(theirs, truth, strict=True)]
    recall = {}
    for label in sorted(set(truth)):
        own = [i for i, each in enumerate(truth) if each == label]
        recall[label] = (len(own), sum(we[i] for i in own) / len(own), sum(they[i] for i in own) / len(own))
    return Paired(
        n=len(truth),
        accuracy=sum(we) / len(we),
        current_accuracy=sum(they) / len(they),
        macro_f1=evaluation.macro_f1(truth, ours),
        current_macro_f1=evaluation.macro_f1(truth, theirs),
        only_new_right=sum(a and not b for a, b in zip(we, they, strict=True)),
        only_current_right=sum(b and not a for a, b in zip(we, they, strict=True)),
        recall=recall,
    )
