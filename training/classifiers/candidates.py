"""Candidate heads: kinds of estimators and their settings, and which suit how many tickets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, Literal

from training.classifiers.ensembles import FewShotHead, FewShotJointHead, JointHead
from training.classifiers.estimators import MarginHead, SoftmaxHead, WholeMarginHead
from training.data.labels import TEACHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.classifiers.estimators import LinearHead
    from training.config import Head

Kind = Literal["softmax", "margins", "whole_margins", "joint", "whole_joint", "few_shot", "few_shot_joint", "described"]
Rung = Literal["few_shot", "fitted"]
FEW = 20
"""A head whose frequent labels have fewer tickets than this (their median) is a few-shot head."""
_FEW_TIMES = 10.0
"""With few tickets their labels are easy to tell apart: a weaker prior than the weakest of many tickets is right."""
_WHOLE = 250_000
"""Tickets times labels up to which support vector machines see every n-gram: beyond, they take minutes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A head's settings and its score in the comparison of candidates (None if there was only one)."""

    kind: Kind
    strength: float
    lexical_weight: float
    prior_shift: float = 0.0
    machines: float | None = None
    """C of the support vector machines in a sum."""
    n: int | None = None
    accuracy: float | None = None
    macro_f1: float | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is what a head is unless another is better."""
        if self.kind.startswith("few_shot"):
            return self.kind == "few_shot" and not self.lexical_weight
        return not self.kind.endswith("margins") and not self.prior_shift

    @property
    def merit(self) -> float:
        """What the candidates are ordered by: rare labels count as much as frequent ones do."""
        return (self.accuracy or 0.0) + (self.macro_f1 or 0.0)


def rung_of(labels: Sequence[str]) -> Rung:
    """Say how much the labels of the tickets that teach can carry."""
    frequent = [n for n in Counter(labels).values() if n >= TEACHES]  # a long tail of rare labels decides nothing
    return "few_shot" if not frequent or median(frequent) < FEW else "fitted"


def of_rung(rung: Rung, settings: Head) -> list[Choice]:
    """Return what is compared first; then come others, see `rivals` and `joint`."""
    if rung == "few_shot":
        strength = _FEW_TIMES * settings.strengths[-1]
        found = [Choice("few_shot", strength, weight) for weight in (0.0, *settings.lexical_weights[:1])]
        words = [Choice("few_shot_joint", strength, 0.0, machines=0.7), Choice("whole_margins", 0.7, 0.7)]
        return [*found, *words] if settings.margins else found
    return [
        Choice("softmax", strength, weight, settings.prior_shifts[0])
        for strength in settings.strengths
        for weight in settings.lexical_weights
    ]


def rivals(n_tickets: int, n_labels: int) -> list[Choice]:
    """Return the support vector machines that are tried beside the softmax regressions."""
    if n_tickets * n_labels > _WHOLE:
        return [Choice("margins", 1.0, 0.8)]
    return [Choice("whole_margins", strength, 0.7) for strength in (0.2, 0.7)]


def joint(compared: Sequence[Choice]) -> Choice:
    """Return the sum of the best softmax regression and the best support vector machines."""
    ranked = sorted(compared, key=lambda each: -each.merit)
    softmax = next(each for each in ranked if each.kind == "softmax")
    machines = next(each for each in ranked if each.kind.endswith("margins"))
    kind: Kind = "whole_joint" if machines.kind == "whole_margins" else "joint"
    return Choice(kind, softmax.strength, softmax.lexical_weight, machines=machines.strength)


def best(compared: Sequence[Choice]) -> Choice:
    """Choose: support vector machines alone and a shifted prior have to be better by more than chance makes.

    Their probabilities and energies are worse; and among few tickets, so has any head that looks at words. All are
    asked about the same tickets, so one standard error is much.
    """
    ranked = sorted(compared, key=lambda each: -each.merit)
    first, plain = ranked[0], next((each for each in ranked if each.is_plain), ranked[0])
    if not first.n or first.accuracy is None:
        return first
    error = sqrt(first.accuracy * (1 - first.accuracy) / first.n)
    return first if first.merit > plain.merit + error else plain


def estimator(choice: Choice, n_dense: int, n_pools: int) -> LinearHead:
    """Make the estimator of a choice for features of `n_dense` columns of pools in front."""
    if choice.kind == "few_shot":
        return FewShotHead(n_dense, choice.lexical_weight, choice.strength, n_pools=n_pools)
    if choice.kind == "few_shot_joint":
        weight, machines = choice.lexical_weight, choice.machines or 1.0
        return FewShotJointHead(n_dense, weight, choice.strength, n_pools=n_pools, machines=machines)
    if choice.kind == "softmax":
        return SoftmaxHead(n_dense, choice.lexical_weight, choice.strength, prior_shift=choice.prior_shift)
    if choice.kind in ("joint", "whole_joint"):
        whole, machines = choice.kind == "whole_joint", choice.machines or 1.0
        return JointHead(n_dense, choice.lexical_weight, choice.strength, whole=whole, machines=machines)
    kind = WholeMarginHead if choice.kind == "whole_margins" else MarginHead
    return kind(n_dense, choice.lexical_weight, choice.strength)
