"""What a refit knows of one head's tickets before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import slices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.data.labels import HeadLabels
    from training.data.splits import Split
    from training.evaluation.certificates import Evidence
    from training.evaluation.partition import Facts
    from triage.model.urgency import Alarm

    Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HeadData:
    """One head's labels over all tickets (None where a ticket has none), their facts, and how they are split."""

    labels: HeadLabels
    own: NDArray[np.object_]
    facts: Sequence[Facts]
    """Language, plan and channel of every ticket."""
    split: Split
    alarms: Mapping[int, Alarm] = field(default_factory=dict)
    """For the priority head: what the urgency lexicon finds in the tickets that calibrate and measure."""

    def learnt(self, rows: Rows) -> Rows:
        """Keep the tickets whose label is learnt."""
        learnt = set(self.labels.learnt)
        return np.array([row for row in rows.tolist() if self.own[row] in learnt], dtype=np.int64)

    def labelled(self, rows: Rows) -> Rows:
        """Keep the tickets that have a label, known or not."""
        return np.array([row for row in rows.tolist() if self.own[row] is not None], dtype=np.int64)

    def sliced(self, evidence: Evidence, rows: Rows) -> slices.Sliced:
        """Put the facts of the labelled ones of some tickets beside the evidence of them."""
        return slices.Sliced(evidence, [self.facts[row] for row in self.labelled(rows)])
