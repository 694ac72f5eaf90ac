"""Two runs on the same tickets: those that both held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from scipy.stats import binomtest

from training.bundles.comparison import paired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from training.runs.predictions import Predicted
    from training.runs.record import Run
    from triage.model.refit_record import Gain

CLEAR = 0.05


class HeadCompared(Struct, frozen=True, kw_only=True):
    """One head of two runs, on the tickets that both held out."""

    n: int
    accuracy: tuple[float, float]
    """Of the first and of the second."""
    gain: Gain
    """In accuracy, of the second over the first: 95 % interval of a paired bootstrap."""
    macro_f1: tuple[float, float]
    macro_f1_gain: Gain
    only_first_right: int
    only_second_right: int
    p: float
    """McNemar's exact test, two-sided."""
    relabelled: int
    """Tickets whose label differs between the runs: the second's is taken for right."""

    @property
    def verdict(self) -> str:
        """Say which is better, if it can be said."""
        if self.p >= CLEAR or self.gain.low <= 0 <= self.gain.high:
            return "no clear difference"
        return "the second is better" if self.gain.low > 0 else "the first is better"


def compare(first: Sequence[Predicted], second: Sequence[Predicted]) -> dict[str, HeadCompared]:
    """Compare head by head; a head without a ticket in common is left out."""
    before = {(each.head, each.key): each for each in first}
    pairs: dict[str, list[tuple[Predicted, Predicted]]] = {}
    for key, each in {(each.head, each.key): each for each in second}.items():
        if key in before:
            pairs.setdefault(each.head, []).append((before[key], each))
    return {head: _compared(head, own) for head, own in pairs.items()}


def _compared(head: str, pairs: Sequence[tuple[Predicted, Predicted]]) -> HeadCompared:
    found = paired(head, [(new.target, new.prediction, old.prediction) for old, new in pairs])
    won, lost = found.only_new_right, found.only_current_right
    return HeadCompared(
        n=found.n,
        accuracy=(found.current_accuracy, found.accuracy),
        gain=found.gain,
        macro_f1=(found.current_macro_f1, found.macro_f1),
        macro_f1_gain=found.macro_f1_gain,
        only_first_right=lost,
        only_second_right=won,
        p=float(binomtest(won, won + lost).pvalue) if won + lost else 1.0,
        relabelled=sum(old.target != new.target for old, new in pairs),
    )


def differences(first: Run, second: Run) -> Iterator[tuple[str, Any, Any]]:
    """Yield what went in differently: its name, and its value in each run."""
    ours, theirs = dict(flat(first)), dict(flat(second))
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            yield name, ours.get(name), theirs.get(name)


def flat(run: Run) -> Iterator[tuple[str, Any]]:
    """Yield what went into a run: parameters and data, each with its full name."""
    yield from _flat("", {"parameters": run.parameters, "data": run.data})


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{name}.{key}" if name else key, each)
    else:
        yield name, value


def sentences(found: Mapping[str, HeadCompared]) -> Iterator[str]:
    """Yield a line for each head."""
    for head, each in found.items():
        relabelled = f"; {each.relabelled} have another label now, which counts" if each.relabelled else ""
        yield (
            f"{head}: on {each.n} tickets that both held out, accuracy {each.accuracy[0]:.3f} and "
            f"{each.accuracy[1]:.3f} ({each.gain.low:+.3f} to {each.gain.high:+.3f} with 95 % confidence, p "
            f"{each.p:.3f}), macro-F1 {each.macro_f1[0]:.3f} and {each.macro_f1[1]:.3f} "
            f"({each.macro_f1_gain.low:+.3f} to {each.macro_f1_gain.high:+.3f}): {each.verdict}{relabelled}"
        )
