"""What the manifest keeps of the refit itself: its tickets, what it noticed in them, and how it compares."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from triage.model.certificate import Window


class SplitSizes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the tickets were divided, and how many lie in each slice."""

    how: str
    fit: int
    calibrate: int
    hold_out: int
    repeats: int
    folds: int | None = None
    """With cross-fitting, how many: each ticket is measured by heads that learnt from the other folds."""


class OverlayCounts(Struct, frozen=True, kw_only=True):
    """The file of accepted corrections, how many labels it changed, and how many decisions it refused by reason."""

    file: str
    sha256: str
    decisions: int
    changed: int
    refused: Mapping[str, int]


class Relabelled(Struct, frozen=True, kw_only=True):
    """How many labels of a head were mapped to today's name, and how many say no longer which label is meant."""

    mapped: int = 0
    dropped: int = 0


class TicketData(Struct, frozen=True, kw_only=True):
    """The closed tickets that a bundle has learnt from."""

    file: str | None
    sha256: str
    tickets: int
    window: Window | None
    quarantined: int
    left_out: Mapping[str, int]
    erased: int
    overlay: OverlayCounts | None
    ignored_columns: Mapping[str, int]
    split: SplitSizes
    unlearnt: tuple[str, ...]
    relabelled: Mapping[str, Relabelled]
    label_sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By head and source (`triage.tickets.label_sources`), how many labels; empty in older bundles."""


class ClueRecord(Struct, frozen=True, kw_only=True):
    """A phrase that gives a label away."""

    label: str
    clue: str
    n: int
    precision: float
    recall: float


class LeakRecord(Struct, frozen=True, kw_only=True):
    """A head whose labels stand in the texts of its tickets."""

    head: str
    share: float
    clues: tuple[ClueRecord, ...]
    sentence: str


class ContradictionRecord(Struct, frozen=True, kw_only=True):
    """An account whose labels contradict the rest of the desk."""

    head: str
    account: str
    tickets: int
    against: int
    expected: float
    p: float
    examples: tuple[str, ...]
    sentence: str


class Care(Struct, frozen=True, kw_only=True):
    """What was noticed in the tickets that no figure of the model shows."""

    leaks: tuple[LeakRecord, ...]
    authors: tuple[ContradictionRecord, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything that was noticed, in words."""
        return (*(each.sentence for each in self.leaks), *(each.sentence for each in self.authors))


class Gain(Struct, frozen=True):
    """What one bundle gains over another: its 95 % interval, and the share of redraws in which it loses nothing."""

    low: float
    high: float
    no_loss: float


class Paired(Struct, frozen=True, kw_only=True):
    """One head on the same tickets: what the new and the current bundle get right."""

    n: int
    accuracy: float
    current_accuracy: float
    macro_f1: float
    current_macro_f1: float
    only_new_right: int
    only_current_right: int
    gain: Gain
    """In accuracy, by the paired bootstrap; the same in macro-F1 follows."""
    macro_f1_gain: Gain
    recall: Mapping[str, tuple[int, float, float]]
    """Label to (n, recall of the new bundle, recall of the current one)."""
    recall_gain: Mapping[str, Gain]
    urgent: tuple[int, float, float] | None = None
    """The same of tickets that are P0 or P1, found as either."""
    urgent_gain: Gain | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """The bundle beside the one that served when it was fitted."""

    beside: str = field(name="with")
    heads: Mapping[str, Paired]


class CurvePoint(Struct, frozen=True, kw_only=True):
    """A quick head that has learnt from n tickets: means over draws, and the lowest and highest accuracy among them."""

    n: int
    accuracy: float
    macro_f1: float
    lowest: float
    highest: float
