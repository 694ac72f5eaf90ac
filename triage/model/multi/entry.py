"""What the manifest keeps of a multi head: its labels with their thresholds and certificates, and its figures."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from triage.model.certificate import LabelCertificate
from triage.model.head_entry import Ladder


class MultiLabel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One label: from when on it is shown and applied, and how well it is told on the held-out tickets."""

    name: str
    suggest_at: float
    n: int
    """Tickets that teach and carry it."""
    support: int
    """Held-out tickets that carry it."""
    precision: float | None = None
    """Of the held-out tickets that it is shown for; None: it is shown for none."""
    recall: float | None = None
    """None: no held-out ticket carries it."""
    certificate: LabelCertificate | None = None
    ladder: Ladder | None = None
    """What an audit tests; None: too few held-out tickets would get it."""


class MultiMetrics(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A multi head on the n held-out tickets whose labels somebody looked at; with none there are no other figures."""

    n: int
    micro_f1: float | None = None
    """Over all pairs of ticket and label."""
    macro_f1: float | None = None
    """The mean over the labels that any of the tickets carries."""
    precision_at: Mapping[str, float] | None = None
    """By k ("1", "3", "5"), the share of right labels among the k likeliest, over tickets with at least one label."""
    coverage: float | None = None
    """Share of the tickets that get at least one label, applied or suggested."""
    applied: float | None = None
    """Share of the tickets that get at least one label by itself."""
    trivial_micro_f1: float | None = None
    """Of the rule that gives every ticket the most frequent label."""


class MultiEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A multi head: one binary classifier a label over the same features ("one versus rest")."""

    file: str
    labels: tuple[MultiLabel, ...]
    """In the order of the columns of the weights."""
    rare: Mapping[str, int]
    """Labels that too few tickets carry to be learnt."""
    strength: float
    """C of the logistic regressions."""
    n: int
    """Tickets that teach: somebody looked at their labels, even where there are none."""
    metrics: MultiMetrics
    parity: float
    """Largest difference to scikit-learn's probabilities."""
    taught_by_all: bool = False
    """With cross-fitting: whether the held-out tickets teach, too."""
    withdrawn: Mapping[str, str] | None = None
    """Labels that answer nothing any more, and why."""

    @property
    def names(self) -> tuple[str, ...]:
        """The labels, in the order of the columns."""
        return tuple(each.name for each in self.labels)

    @property
    def earned(self) -> tuple[LabelCertificate, ...]:
        """The certificates of its labels."""
        return tuple(each.certificate for each in self.labels if each.certificate is not None)

    def certified(self, record: LabelCertificate) -> MultiEntry:
        """Return it with a label's certificate, unless the label has one by closed labels that covers as much."""
        labels = (
            each
            if each.name != record.label or _covers(each.certificate, record)
            else structs.replace(each, certificate=record)
            for each in self.labels
        )
        return structs.replace(self, labels=tuple(labels))


def _covers(before: LabelCertificate | None, record: LabelCertificate) -> bool:
    return before is not None and before.kind == "closed_labels" and before.coverage >= record.coverage
