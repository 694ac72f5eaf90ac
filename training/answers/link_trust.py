"""How far each link of the closed tickets is believed; the rules are in `retrieval.answering.learning.link_trust`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from retrieval.answering.learning.link_trust import (
    FEWEST_CASES,
    NEIGHBOURS,
    UNKNOWN,
    as_vote,
    specificity,
    standing_out,
)
from retrieval.answering.ranking import RankingQuery
from retrieval.index.article_index import ArticleIndex
from retrieval.index.vector_index import VectorIndex
from triage.tickets.closed_ticket import ClosedTicket


@dataclass(frozen=True)
class LinkedTicket:
    """A ticket that an article solved, and the encoding of its text."""

    ticket: ClosedTicket
    vector: np.ndarray
    #: Its place among all closed tickets in the order of time.
    number: int = 0
    #: Its encoding by the second encoder, where there is one and the ticket's language asks for it.
    second: np.ndarray | None = None

    @cached_property
    def text(self) -> str:
        """What a model reads of it."""
        return self.ticket.text


def trust(index: ArticleIndex, case: LinkedTicket) -> tuple[float, ...]:
    """Tell for each of a ticket's articles how far it stands out for the text, 0 to 1; 1 for what is gone today."""
    asked = RankingQuery(case.text, case.vector, "agent", language=case.ticket.language)
    return standing_out(index, asked, case.ticket.kb_article_ids, case.second)


def specific(cases: Sequence[LinkedTicket]) -> Mapping[str, float]:
    """Tell how specific each article is, 0 to 1; 1 for all while the desk has few solved tickets."""
    named = Counter(article_id for case in cases for article_id in set(case.ticket.kb_article_ids))
    if len(cases) < FEWEST_CASES:
        return dict.fromkeys(named, 1.0)
    vectors = np.stack([case.vector for case in cases]).astype(np.float32)
    _, near = VectorIndex.build(vectors).search(vectors, NEIGHBOURS + 1)
    again: Counter[str] = Counter()
    for row, case in enumerate(cases):
        others = [cases[other].ticket.kb_article_ids for other in near[row].tolist() if other != row][:NEIGHBOURS]
        for article_id in set(case.ticket.kb_article_ids):
            again[article_id] += sum(article_id in ids for ids in others)
    return {article_id: specificity(n, again[article_id], len(cases)) for article_id, n in named.items()}


@dataclass(frozen=True)
class LinkTrust:
    """The trust in each ticket's links, by ticket id and in the order of its articles, 0 to 1."""

    #: As a vote: at least a fifth of how specific the article is.
    votes: Mapping[str, tuple[float, ...]]
    #: As a teacher of the ranker.
    taught: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(
        cls, index: ArticleIndex, cases: Sequence[LinkedTicket], older: Sequence[LinkedTicket] | None = None
    ) -> LinkTrust:
        """Judge all links of some solved tickets; how specific an article is, the `older` ones alone may tell."""
        told = specific(cases if older is None else older)
        how_specific = {
            article_id: told.get(article_id, UNKNOWN) for each in cases for article_id in each.ticket.kb_article_ids
        }
        votes, taught = {}, {}
        for case in cases:
            pairs = list(zip(case.ticket.kb_article_ids, trust(index, case), strict=True))
            votes[case.ticket.id] = tuple(as_vote(far, how_specific[a]) for a, far in pairs)
            taught[case.ticket.id] = tuple(far * how_specific[a] for a, far in pairs)
        return cls(votes, taught)
