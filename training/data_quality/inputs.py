"""Inputs of the data-quality commands: tickets with overlay, vectors, neighbours and quick features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.data import closed_tickets, labels
from training.data import label_overlay as overlay
from training.data_quality import out_of_fold
from training.data_quality.checks import TicketSet
from training.multi.lessons import choose_labels
from triage.tickets import tombstones

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from training.data.closed_tickets import Export
    from training.data.column_mapping import ColumnMapping
    from training.data.labels import HeadLabels
    from training.home import Home

MINIMUM_SUPPORT = 8
"""A label with fewer tickets is not judged: nothing is known of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """An export with its vectors (n, dim), heads and desk.

    `lists` are the multi heads, `decided` the labels and lists that people have decided on.
    """

    export: Export
    vectors: NDArray[np.float32]
    heads: Sequence[HeadLabels]
    lists: Sequence[HeadLabels]
    desk: TicketSet
    decided: frozenset[tuple[str, str]]


def gather(options: Mapping[str, Any], mapping: ColumnMapping, workspace: Home) -> Inputs:
    """Do what the options of `doctor` and `relabel` say.

    Parameters
    ----------
    options
        tickets, overlay and encoder, as click gives them.
    mapping
        How to read the tickets.
    workspace
        The home folder.

    Returns
    -------
    Inputs
        Without spam.

    Raises
    ------
    TicketsNotReadable
        No such file, another format, or nothing in it.
    DecisionsNotReadable
        The overlay is none.
    """
    export = closed_tickets.read(options["tickets"], mapping)
    closed_tickets.refuse_when_bad(export, 1.0)
    for sentence in export.unread_sentences:
        workspace.bars.say(sentence)
    export = export.without(tombstones.read(workspace.home))
    decided: frozenset[tuple[str, str]] = frozenset()
    if options["overlay"] is not None and options["overlay"].exists():
        laid = overlay.read(options["overlay"])
        export, decided = laid.applied(export), frozenset(laid.decided())
    export = export.without_spam()
    texts = [ticket.text for ticket in export.tickets]
    vectors = workspace.vectors(workspace.encoder(options["encoder"]))
    with workspace.bars.bar("Encoding tickets", len(texts)) as progress:
        found = vectors.encode(texts, progress)
    heads = labels.choose(export.tickets, MINIMUM_SUPPORT)
    with workspace.bars.bar("Finding what is alike", 1) as progress:
        desk = TicketSet.of(export.tickets, found, heads, out_of_fold.with_words(found, texts))
        progress(1, 1)
    lists = choose_labels(export.tickets, mapping.multi, MINIMUM_SUPPORT)
    return Inputs(export, found, heads, lists, desk, decided)
