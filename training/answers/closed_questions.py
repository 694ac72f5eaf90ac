"""The closed tickets that say what solved them, as the questions they were: encoded, with their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Final, Self

import numpy as np

from retrieval.answering.precedents import Wordings
from retrieval.answering.second_view import asks_for_second
from retrieval.answering.similar_texts import WordRows
from retrieval.encoder.encoder import Progress
from retrieval.index.text_encoder import TextEncoder
from training.answers import bundled_tickets
from training.answers.link_trust import LinkedTicket
from training.data.languages import language_of
from triage.model import lexical
from triage.model.lexical import Lexicon
from triage.text.cleaning import model_text
from triage.tickets.closed_ticket import ClosedTicket

#: Most closed tickets that are looked back on, the newest.
MOST_CLOSED: Final = 20_000
#: Words that fewer tickets have tell nobody apart, and most words that are kept.
MIN_TICKETS: Final = 3
MOST_WORDS: Final = 200_000


@dataclass(frozen=True)
class Known:
    """What is already computed for the tickets."""

    #: Encodings of the tickets' texts, float (n_tickets, dim).
    vectors: np.ndarray | None = None
    #: What weighs their words.
    lexicon: Lexicon | None = None
    #: The second encoder, and the tickets' encodings by it, float (n_tickets, dim).
    second: TextEncoder | None = None
    second_vectors: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class ClosedQuestions:
    """Closed tickets that say what solved them, in the order of time, with the encodings of text and resolution."""

    tickets: Sequence[ClosedTicket]
    vectors: np.ndarray
    resolutions: np.ndarray
    wordings: Wordings | None
    second: np.ndarray | None = None
    """The texts by the second encoder; None without one."""

    @classmethod
    def of(
        cls, encoder: TextEncoder, tickets: Sequence[ClosedTicket], known: Known, progress: Progress | None = None
    ) -> Self:
        """Take those tickets that say what solved them, the newest; encode what is not known of them."""
        rows = [row for row, each in enumerate(tickets) if (each.kb_article_ids or each.resolution) and not each.spam]
        rows = _in_time(tickets, rows)[-MOST_CLOSED:]
        chosen = [tickets[row] for row in rows]
        texts = [ticket.text for ticket in chosen]
        solutions = [model_text(None, ticket.resolution, (ticket.account,)) for ticket in chosen]
        if known.vectors is None:
            found = encoder.encode([*texts, *filter(None, solutions)], progress=progress)
            vectors, solved = found[: len(texts)], found[len(texts) :]
        else:
            vectors = np.asarray(known.vectors)[rows].astype(np.float32)
            solved = encoder.encode([*filter(None, solutions)], progress=progress)
        resolutions = np.zeros((len(chosen), encoder.dim), dtype=np.float32)
        resolutions[[row for row, text in enumerate(solutions) if text]] = solved
        second = _by_second(texts, rows, known, progress)
        return cls(
            chosen, vectors.reshape(len(chosen), encoder.dim), resolutions, wordings(texts, known.lexicon), second
        )

    @cached_property
    def linked(self) -> list[LinkedTicket]:
        """Those that an article solved, each with its place among all."""
        return [
            LinkedTicket(ticket, vector, number, seen_again(ticket, self.second, number))
            for number, (ticket, vector) in enumerate(zip(self.tickets, self.vectors, strict=True))
            if ticket.kb_article_ids
        ]


def seen_again(ticket: ClosedTicket, second: np.ndarray | None, row: int) -> np.ndarray | None:
    """Return a ticket's encoding by the second encoder; None where there is none, or its language needs none."""
    return second[row] if second is not None and asks_for_second(language_of(ticket)) else None


def _by_second(texts: Sequence[str], rows: Sequence[int], known: Known, progress: Progress | None) -> np.ndarray | None:
    if known.second_vectors is not None:
        return np.ascontiguousarray(known.second_vectors[list(rows)], dtype=np.float32)
    return None if known.second is None else known.second.encode(texts, progress=progress)


def wordings(texts: Sequence[str], lexicon: Lexicon | None = None) -> Wordings | None:
    """Weigh the words of closed questions, by a lexicon that they teach where none is given."""
    if not texts:
        return None
    learnt = lexicon or lexical.learn(texts, min_tickets=MIN_TICKETS, most=MOST_WORDS, progress=lambda _: None)
    return Wordings(WordRows(*bundled_tickets.words(texts, learnt)), learnt)


def _in_time(tickets: Sequence[ClosedTicket], rows: list[int]) -> list[int]:
    """By time where every ticket has one; else the file's order is the order of time."""
    times = [tickets[row].created_at for row in rows]
    if None in times:
        return rows
    return [row for _, row in sorted(zip(times, rows, strict=True), key=itemgetter(0))]
