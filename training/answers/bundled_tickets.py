"""The closed tickets in a bundle, for similar tickets and precedents, as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from retrieval.index import compact_vectors
from retrieval.index.vector_index import VectorIndex
from retrieval.index.vector_kinds import CELLS_FROM
from training.data import array_files
from triage.instants import to_text
from triage.model.bundle_files import CASES
from triage.model.closed_tickets.bundled import INDEX, SECOND_INDEX, SECOND_VECTORS, VECTORS, WORD_FILES, WORDS
from triage.model.closed_tickets.shown import shown_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.lexical import Lexicon
    from triage.tickets.closed_ticket import ClosedTicket


class TicketFacts(Protocol):
    """What was learnt of closed tickets, by ticket id; a ticket may be missing."""

    @property
    def trust(self) -> Mapping[str, Sequence[float]]:
        """How far each of its links to articles is believed."""

    @property
    def readings(self) -> Mapping[str, Mapping[str, float]]:
        """The articles that its resolution reads like, with their shares."""


def solved(tickets: Sequence[ClosedTicket], most: int) -> list[int]:
    """Return the positions of the newest tickets that say how they were solved."""
    return [i for i, ticket in enumerate(tickets) if ticket.resolution or ticket.kb_article_ids][-most:]


def write(
    tickets: Sequence[ClosedTicket],
    vectors: NDArray[np.float32],
    lexicon: Lexicon,
    told: TicketFacts,
) -> dict[str, bytes]:
    """Write the files of a bundle's `cases/`.

    Parameters
    ----------
    tickets
        Those to carry, in the order of time.
    vectors
        Their encodings, (n_tickets, dim).
    lexicon
        The bundle's, which weighs their words: of a rare word, such as a name, nothing is kept.
    told
        What the articles' lessons say of some of them.

    Returns
    -------
    Mapping
        Path to content. Subjects and resolutions without personal data. Many tickets are written so that the service
        can map them: their vectors in cells, as coarse as `retrieval.index.compact_vectors` finds good enough.
    """
    weighed = words([ticket.text for ticket in tickets], lexicon)
    records = [_record(ticket, told) for ticket in tickets]
    lines = (json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)
    files = {CASES: b"".join(lines)}
    if len(tickets) >= CELLS_FROM:
        arrays = (array_files.array(weighed[0]), array_files.array(weighed[1]), array_files.array(weighed[2]))
        return files | {INDEX: _in_cells(vectors)} | dict(zip(WORD_FILES, arrays, strict=True))
    starts, columns, values = weighed
    return files | {
        VECTORS: array_files.array(vectors.astype(np.float16)),
        WORDS: array_files.archive({"starts": starts, "columns": columns, "values": values}),
    }


def second_vectors(vectors: NDArray[np.float32]) -> dict[str, bytes]:
    """Write the same tickets' vectors by the second encoder, (n_tickets, dim), in the form that `write` chooses."""
    if len(vectors) >= CELLS_FROM:
        return {SECOND_INDEX: _in_cells(vectors)}
    return {SECOND_VECTORS: array_files.array(vectors.astype(np.float16))}


def _in_cells(vectors: NDArray[np.float32]) -> bytes:
    return VectorIndex(compact_vectors.compact(vectors).index).to_bytes()


def words(texts: Sequence[str], lexicon: Lexicon) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float16]]:
    """Weigh the words of texts as `retrieval.answering.similar_texts.WordRows` holds them."""
    rows = [lexicon.words(text) for text in texts]
    return (
        np.cumsum([0, *(len(columns) for columns, _ in rows)], dtype=np.int64),
        np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in rows)]),
        np.concatenate([np.empty(0, np.float16), *(values.astype(np.float16) for _, values in rows)]),
    )


def _record(ticket: ClosedTicket, told: TicketFacts) -> dict[str, Any]:
    subject, resolution = shown_texts(ticket)
    return {
        "id": ticket.id,
        "created_at": to_text(ticket.created_at) if ticket.created_at else None,
        "subject": subject,
        "resolution": resolution,
        "kb_article_id": list(ticket.kb_article_ids),
        "trust": [round(each, 4) for each in told.trust.get(ticket.id, ())],
        "reads_like": told.readings.get(ticket.id, {}),
    }
