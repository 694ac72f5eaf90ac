"""Metrics of similar tickets, on pairs that are known duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from retrieval.answering.similar_texts import Query, SimilarTexts, WordRows
from retrieval.index.vector_index import VectorIndex
from training.answers import bundled_tickets as case_files
from training.errors import DuplicatesNotReadable
from triage.model import lexical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from triage.tickets.closed_ticket import ClosedTicket

    Encode = Callable[[Sequence[str]], np.ndarray]

SHOWN: Final = (1, 3, 5)
_DAY: Final = 86_400
_MIN_TICKETS, _MOST_WORDS = 3, 200_000


def read_duplicates(path: Path) -> list[tuple[str, str]]:
    """Read pairs of ticket ids, separated by tabs, below a line of headings. Raises `DuplicatesNotReadable`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    except (OSError, UnicodeDecodeError) as error:
        raise DuplicatesNotReadable(path, str(error)) from error
    pairs = [tuple(part.strip() for part in line.split("\t")) for line in lines if line.strip()]
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise DuplicatesNotReadable(path, "it takes a line of headings and two ticket ids a line, with a tab between")
    return [(pair[0], pair[1]) for pair in pairs]


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """All closed tickets in the order of time, searchable."""

    tickets: Sequence[ClosedTicket]
    texts: SimilarTexts
    words: WordRows
    #: bool (n,): resolved, so worth showing to an agent.
    shown: np.ndarray
    days: np.ndarray


def measure(tickets: Sequence[ClosedTicket], pairs: Sequence[tuple[str, str]], encode: Encode) -> dict[str, object]:
    """Look for the earlier ticket of each pair among all tickets before the later one.

    Parameters
    ----------
    tickets
        Closed tickets; those without a time and spam are left out.
    pairs
        Ids of tickets that ask the same.
    encode
        Texts to their vectors, float32 (n_texts, dim).

    Returns
    -------
    dict
        `n` pairs whose tickets are both there; `found@1`, `found@3`, `found@5`: the share whose earlier ticket is
        among so many; `meaning@5`: by cosine alone.
    """
    timed = [each for each in tickets if each.created_at and not each.spam]
    timed.sort(key=lambda each: (each.created_at, each.id))
    pool = _pool(timed, encode)
    at = {ticket.id: row for row, ticket in enumerate(timed)}
    known = [sorted((at[one], at[other])) for one, other in pairs if one in at and other in at]
    places = [_places(pool, earlier, later) for earlier, later in known]
    figures: dict[str, object] = {"n": len(known)}
    for most in SHOWN:
        figures[f"found@{most}"] = _share([place <= most for place, _ in places])
    return figures | {"meaning@5": _share([plain <= SHOWN[-1] for _, plain in places])}


def _pool(tickets: Sequence[ClosedTicket], encode: Encode) -> _Pool:
    texts = [ticket.text for ticket in tickets]
    lexicon = lexical.learn(texts, min_tickets=_MIN_TICKETS, most=_MOST_WORDS, progress=lambda _: None)
    words = WordRows(*case_files.words(texts, lexicon))
    days = np.array([ticket.created_at.timestamp() / _DAY for ticket in tickets if ticket.created_at])
    shown = np.zeros(len(tickets), dtype=bool)
    shown[case_files.solved(tickets, len(tickets))] = True
    return _Pool(tickets, SimilarTexts(VectorIndex.build(encode(texts)), words, days), words, shown, days)


def _places(pool: _Pool, earlier: int, later: int) -> tuple[float, float]:
    """Return where the earlier ticket stands, from 1, as agents see it and by meaning alone; infinite if not there."""
    among = pool.shown & (np.arange(len(pool.tickets)) < later)
    words = pool.words
    span = slice(int(words.starts[later]), int(words.starts[later + 1]))
    vector = pool.texts.vectors.vectors(np.array([later]))[0]
    query = Query(vector, (words.columns[span], words.values[span]), float(pool.days[later]))
    found = [row for row, _ in pool.texts.like(query, limit=SHOWN[-1], among=among)]
    _, near = pool.texts.vectors.around(vector).nearest(SHOWN[-1], among)
    return _place(found, earlier), _place(near.tolist(), earlier)


def _place(rows: Sequence[int], wanted: int) -> float:
    return rows.index(wanted) + 1 if wanted in rows else float("inf")


def _share(flags: Sequence[bool]) -> float | None:
    return round(float(np.mean(flags)), 4) if flags else None
