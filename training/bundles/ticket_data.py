"""What the manifest says of the closed tickets that a bundle has learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.data import closed_tickets, label_sources, splits
from triage.model.certificate import Window
from triage.model.refit_record import SplitSizes, TicketData

if TYPE_CHECKING:
    from pathlib import Path

    from training.classifiers.refit_records import Corpus
    from training.data.splits import Split


def ticket_data(corpus: Corpus, split: Split, file: Path | None) -> TicketData:
    """Return what the manifest says of the tickets; `file` is None where there are none yet."""
    found = corpus.export
    return TicketData(
        file=found.path.name if file else None,
        sha256=found.sha256,
        tickets=len(found.tickets),
        window=Window.of([ticket.created_at for ticket in found.tickets if ticket.created_at]),
        quarantined=len(found.quarantined),
        left_out=found.left_out,
        erased=found.left_out.get(closed_tickets.ERASED, 0),
        overlay=found.overlay,
        ignored_columns=found.ignored_columns,
        split=SplitSizes(
            how=split.how,
            fit=len(split.fit),
            calibrate=len(split.calibrate),
            hold_out=len(split.hold_out),
            repeats=len(split.repeats),
            folds=None if split.folds is None else splits.FOLDS,
        ),
        unlearnt=tuple(head.problem for head in (*corpus.chosen, *corpus.multi) if head.problem),
        relabelled=corpus.relabelled,
        label_sources=label_sources.counted(found.tickets),
    )
