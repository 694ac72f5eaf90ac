"""What the stages of a refit hand on: the tickets, what the encoder makes of them, and their features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from training.errors import NothingToLearn
from triage.taxonomy.heads import trees_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Reading
    from training.classifiers.features import Features, LabelTexts
    from training.classifiers.projection import HeadInput
    from training.classifiers.zero_shot import Wanted
    from training.data.closed_tickets import Export
    from training.data.labels import HeadLabels
    from triage.model.lexical import Lexicon
    from triage.model.refit_record import Relabelled
    from triage.taxonomy.changes import Changes
    from triage.tickets.closed_ticket import ClosedTicket


@dataclass(frozen=True, slots=True)
class Corpus:
    """The closed tickets in today's words, and the heads that they teach."""

    export: Export
    changes: Changes
    relabelled: Mapping[str, Relabelled]
    chosen: Sequence[HeadLabels]
    """All heads that the tickets carry or that are described; one with a problem is not learnt."""
    heads: Sequence[HeadLabels]
    """Those that the tickets teach."""
    described: Sequence[Wanted]
    """Those that are known by the words of their labels alone."""
    multi: Sequence[HeadLabels] = ()
    """Heads of which a ticket has any number of labels; one with a problem is not learnt."""

    @property
    def tickets(self) -> Sequence[ClosedTicket]:
        """The tickets in order of time."""
        return self.export.tickets

    @property
    def trees(self) -> frozenset[str]:
        """The heads whose labels are paths."""
        return trees_of(self.export.mapping.heads)

    @property
    def texts(self) -> list[str]:
        """Their texts as the models read them."""
        return [ticket.text for ticket in self.export.tickets]

    def without(self, problems: Mapping[str, str]) -> Corpus:
        """Leave out heads, each for a reason. Raises `NothingToLearn` where no head is left."""
        chosen = [replace(head, lacking=problems.get(head.head, head.lacking)) for head in self.chosen]
        heads = [head for head in self.heads if head.head not in problems]
        if not heads and not self.described:
            raise NothingToLearn(self.export.path, [head.problem for head in chosen if head.problem])
        return replace(self, chosen=chosen, heads=heads)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder makes of the tickets, of the names of their labels, and of the background texts."""

    texts: Sequence[str]
    reading: Reading
    names: LabelTexts
    background: NDArray[np.floating]
    """States of the background texts, (n, n_pools, dim)."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The lexicon that serves (the held-out slice has no part in it), and features by the trial's and by it."""

    lexicon: Lexicon
    trial: Features
    served: Features
    background: HeadInput
    """The background texts as the trial heads see them."""
    trial_lexicon: Lexicon
