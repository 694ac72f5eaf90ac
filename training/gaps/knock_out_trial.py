"""Knock-out trial of the gap report: remove articles, ask again, and check that their topics are found missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retrieval.gaps.gaps import LEAST, Gap, Gaps
from retrieval.index.article_index import build
from training.gaps.replay import Decider, TicketHistory, examine, replay
from triage.contact_costs import ContactCosts

if TYPE_CHECKING:
    from retrieval.index.article_index import ArticleIndex
    from retrieval.index.text_encoder import TextEncoder

#: A topic is an article that alone answers at least so many questions.
TOPIC: Final = 5


@dataclass(frozen=True)
class Trial:
    """How one knock-out is made."""

    articles: int = 20
    seed: int = 0
    #: Share of the links of the articles that stay which the tickets still carry: few desks link every ticket.
    linked: float = 1.0
    least: int = LEAST


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    `missing` groups were found in all; a group hits the article that more than half of its questions were solved by,
    if that was taken away. `precision` is the share of groups that hit, `recall` that of articles that were hit.
    """

    removed: int
    missing: int
    hits: int
    found: int
    #: Groups found missing with all articles in place.
    false_alarms: int
    #: The same for groups of five questions and more.
    large: int = 0
    large_hits: int = 0

    @property
    def precision(self) -> float | None:
        """The share of groups that hit."""
        return self.hits / self.missing if self.missing else None

    @property
    def recall(self) -> float | None:
        """The share of removed articles that were hit."""
        return self.found / self.removed if self.removed else None

    def to_record(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "precision": self.precision, "recall": self.recall}


@dataclass(frozen=True)
class TrialInputs:
    """What every trial starts from."""

    desk: TicketHistory
    index: ArticleIndex
    encoder: TextEncoder
    costs: ContactCosts
    decider: Decider
    second: TextEncoder | None = None


def of_linked(desk: TicketHistory, articles: Container[str]) -> TicketHistory:
    """Keep the tickets that an article solved which is there, and no link to one that is not."""
    links = [tuple(each for each in ticket.kb_article_ids if each in articles) for ticket in desk.tickets]
    rows = [row for row, known in enumerate(links) if known]
    kept = [replace(desk.tickets[row], kb_article_ids=links[row]) for row in rows]
    again = None if desk.asked_by_second is None else desk.asked_by_second[rows]
    return TicketHistory(kept, desk.asked[rows], desk.told[rows], again)


def knock_out(bench: TrialInputs, trial: Trial, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Take articles away with every link to them, replay, and count.

    Parameters
    ----------
    bench
        Tickets that each name an article, and the knowledge base.
    trial
        How many, and which.
    progress
        Called as ``progress(done, total)`` over the questions of both replays.

    Returns
    -------
    Outcome
    """
    random = Random(trial.seed)  # noqa: S311 - which articles are drawn is no secret
    truth = [frozenset(each.kb_article_ids) for each in bench.desk.tickets]
    removed = _chosen(truth, trial.articles, random)
    seen = [random.random() < trial.linked for _ in truth]
    n = len(truth)
    steps = progress or _unseen
    before = _asked_again(
        bench, _without(bench.desk, frozenset(), seen), bench.index, trial, lambda d, _: steps(d, 2 * n)
    )
    kept = (each for each in bench.index.articles.values() if each.id not in removed)
    left = build(kept, bench.encoder, second=bench.second, previous=bench.index)
    after = _asked_again(bench, _without(bench.desk, removed, seen), left, trial, lambda d, _: steps(n + d, 2 * n))
    solvers = dict(zip((each.id for each in bench.desk.tickets), truth, strict=True))
    groups = [each for each in after.found if each.kind == "missing"]
    hit = [_hit(each, solvers, removed) for each in groups]
    large = [one for one, group in zip(hit, groups, strict=True) if len(group.ids) >= TOPIC]
    return Outcome(
        removed=len(removed),
        missing=len(groups),
        hits=sum(each is not None for each in hit),
        found=len(set(hit) - {None}),
        false_alarms=sum(each.kind == "missing" for each in before.found),
        large=len(large),
        large_hits=sum(each is not None for each in large),
    )


def _chosen(truth: Sequence[frozenset[str]], n: int, random: Random) -> frozenset[str]:
    """Draw among the topics: a question that names several articles still has an answer without one of them."""
    counts = Counter(each for links in truth if len(links) == 1 for each in links)
    topics = sorted(each for each, questions in counts.items() if questions >= TOPIC)
    return frozenset(random.sample(topics, min(n, len(topics))))


def _without(desk: TicketHistory, removed: frozenset[str], seen: Sequence[bool]) -> TicketHistory:
    """Withhold the links to what was removed, and the links that nobody filed."""
    kept = [
        replace(each, kb_article_ids=tuple(a for a in each.kb_article_ids if a not in removed) if linked else ())
        for each, linked in zip(desk.tickets, seen, strict=True)
    ]
    return replace(desk, tickets=kept)


def _asked_again(
    bench: TrialInputs, desk: TicketHistory, index: ArticleIndex, trial: Trial, progress: Callable[[int, int], None]
) -> Gaps:
    replays = replay(desk, index, bench.costs, bench.decider, progress)
    return examine(desk, replays, index, least=trial.least)


def _hit(gap: Gap, solvers: dict[str, frozenset[str]], removed: frozenset[str]) -> str | None:
    counts = Counter(each for question in gap.ids for each in solvers[question])
    best = max(sorted(counts), key=lambda each: counts[each])
    return best if best in removed and 2 * counts[best] > len(gap.ids) else None


def _unseen(done: int, total: int) -> None:
    """Nobody watches."""


def averaged(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Return the means over the trials, and the lowest and highest of the two shares."""
    found: dict[str, float | None] = {}
    for name in ("precision", "recall", "missing", "false_alarms"):
        values = [value for each in outcomes if (value := getattr(each, name)) is not None]
        found[name] = round(float(np.mean(values)), 4) if values else None
        if values and name in ("precision", "recall"):
            found |= {f"{name}_lowest": round(min(values), 4), f"{name}_highest": round(max(values), 4)}
    return found
