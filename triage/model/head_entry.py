"""What the manifest keeps of one head: its labels and thresholds, its figures, and its certificates.

A field with a default is left out of the file where it does not apply. `UNSET` stands for "left out" where None has a
meaning of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType

from triage.model.assessment import Rung
from triage.model.certificate import HeadCertificate, Window


class Candidate(Struct, frozen=True, kw_only=True):
    """A setting of a head, and how it did when the candidates were compared (None where there was but one)."""

    kind: str
    strength: float
    lexical_weight: float
    prior_shift: float
    machines: float | None
    n: int | None
    accuracy: float | None
    macro_f1: float | None


class LabelFigures(Struct, frozen=True, kw_only=True):
    """How well one label is told from the others, on n held-out tickets."""

    precision: float
    recall: float
    f1: float
    n: int


class UrgentFigures(Struct, frozen=True, kw_only=True):
    """What mistakes about priorities cost, and what the head makes of urgent tickets."""

    ordinal_cost: float
    urgent_missed: float | None
    recall_p0: float | None


class FloorFigures(UrgentFigures, frozen=True, kw_only=True):
    """The same with the never-miss floor, and how many tickets it raises."""

    raised: int
    raised_wrongly: int
    by_lexicon: int


class PriorityFigures(UrgentFigures, frozen=True, kw_only=True):
    """The figures that only a priority head has."""

    urgent_recall: Mapping[str, float | None]
    """By precision ("0.5"), the recall of urgent tickets at it."""
    floor: FloorFigures


class StepFigures(Struct, frozen=True, kw_only=True):
    """How many steps of its order an ordinal head is off, on the n tickets whose label is in that order."""

    n: int
    mean_absolute_error: float
    off_by_one: float
    """Share of the tickets that are exactly one step off."""
    further_off: float
    """Share that is more than one step off."""


class Metrics(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A head on the n held-out tickets that have its label; with none of them there are no other figures."""

    n: int
    accuracy: float | None = None
    macro_f1: float | None = None
    by_chance: float | None = None
    per_class: Mapping[str, LabelFigures] | None = None
    ece: float | None = None
    coverage: float | None = None
    selective_risk: float | UnsetType | None = UNSET
    """None: no label is shown."""
    threshold: float | None = None
    steps: StepFigures | None = None
    """Of an ordinal head."""
    ordinal_cost: float | None = None
    urgent_missed: float | UnsetType | None = UNSET
    """None: no ticket is urgent; left out for heads other than priority. The same holds for recall_p0."""
    recall_p0: float | UnsetType | None = UNSET
    urgent_recall: Mapping[str, float | None] | None = None
    floor: FloorFigures | None = None

    def with_priorities(self, found: PriorityFigures | None) -> Metrics:
        """Add the figures that only a priority head has."""
        return msgspec.structs.replace(self, **msgspec.structs.asdict(found)) if found else self


class Trivial(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rule that always says the most frequent label, on the same tickets."""

    label: str | None
    n: int
    accuracy: float | None = None
    macro_f1: float | None = None


class Uncertified(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A slice without a certificate: why, and about how many more labelled tickets it takes."""

    slice: Mapping[str, str]
    alpha: float | None = None
    delta: float | None = None
    reason: str
    more_labels: int | None
    """At least about so many; of bundles before `most_labels` the one number that was estimated. None: no number."""
    most_labels: int | None = None
    """At most about so many; None: far more, or the labels may be too often wrong for any number."""


class Certifiable(Struct, frozen=True, kw_only=True):
    """The coverage that could be certified at a risk, and what a threshold that knows the labels would cover."""

    alpha: float
    coverage: float
    threshold: float | None
    oracle: float


class Ladder(Struct, frozen=True, kw_only=True):
    """The thresholds that an audit of one slice tests, from strict to lax, each at the slice's whole delta."""

    slice: Mapping[str, str]
    alpha: float
    delta: float
    thresholds: tuple[float, ...]
    window: Window | None = None
    """Of the held-out tickets."""


class SliceFigures(Struct, frozen=True, kw_only=True):
    """The head on the held-out tickets of one language, plan or channel."""

    slice: Mapping[str, str]
    n: int
    accuracy: float
    coverage: float
    selective_risk: float | None


class Cutoff(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From which P(P0) + P(P1) on a ticket is urgent, and the settings that it was set with."""

    miss_rate: float
    under_cost: float
    over_cost: float
    most_raised: float
    cut: float | None
    """None: there is none, and `problem` says why."""
    n: int
    needed: int
    problem: str | None
    lexicon: str | None = None


class LevelEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A level of a tree above the leaves, on the held-out tickets: its labels' scores are the sums of their leaves'."""

    level: int
    """How many parts a path has there."""
    labels: int
    n: int
    accuracy: float | None = None
    certificate: HeadCertificate | None = None
    """Of the tickets whose path is not applied further down."""
    below: tuple[float | None, ...] = ()
    """It is applied where the confidences of the levels further down, leaves first, stay below these; None: any."""
    reason: str | None = None
    """Why there is none."""


class HeadEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One head."""

    kind: str
    file: str
    labels: tuple[str, ...]
    temperature: float
    suggest_at: float
    familiar_at: float | None = None
    """Only in bundles made before the foreign-text gate: the energy below which a text is foreign to this head."""
    taught_by_all: bool
    rung: Rung
    n: int
    """Tickets with a learnt label."""
    rare: Mapping[str, int]
    choice: Candidate
    candidates: tuple[Candidate, ...]
    metrics: Metrics
    trivial: Trivial
    parity: float
    """Largest difference to scikit-learn's probabilities."""
    certificates: tuple[HeadCertificate, ...]
    uncertified: tuple[Uncertified, ...]
    certifiable: tuple[Certifiable, ...]
    slices: tuple[SliceFigures, ...]
    ladders: tuple[Ladder, ...] = ()
    """Slices with enough held-out tickets for an audit."""
    urgency: Cutoff | None = None
    columns: tuple[int, ...] | None = None
    """For each column of the weights the place of its label; None: each has its own."""
    withdrawn: Mapping[str, str] | None = None
    """Labels that answer nothing any more, and why."""
    levels: tuple[LevelEntry, ...] = ()
    """Of a tree: its levels above the leaves, the nearest first."""

    @property
    def earned(self) -> tuple[HeadCertificate, ...]:
        """All its certificates, those of a tree's upper levels last."""
        return (*self.certificates, *(each.certificate for each in self.levels if each.certificate))

    @property
    def applied(self) -> float:
        """Share of the held-out tickets whose label is applied by itself, be it a parent's."""
        return sum(each.n for each in self.earned) / max(self.metrics.n, 1)
