"""What ranks the articles of a desk best: weights, plain fusion, or what is learnt on top.

    python -m tests.benchmarks.ranking --tickets tickets.jsonl.gz --articles articles.jsonl.gz \
        --questions questions.jsonl.gz --until 2024-03-01T00:00:00Z --locale en

Learnt is from tickets before `--until`; asked are the questions from then on that an article answers, once with the
votes of those tickets alone (static) and once with the votes of all tickets before each question (rolling).
Differences are to the present weights on the same questions, with 95 % intervals. With `--refit-days 30` a third table
asks each question after everything was learnt anew every so many days, as a desk with a nightly refit does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retrieval.answering.learning.readings import readings
from retrieval.answering.learnt.ranker import DeskRanker, LearntRanker
from retrieval.answering.precedents import History, Precedents, TicketKnowledge
from retrieval.answering.ranker import FUSION, LinearRanker, Ranker, Signals
from retrieval.answering.ranking import RankingQuery, order
from retrieval.articles.files import read as read_articles
from retrieval.index.article_index import ArticleIndex, build
from retrieval.index.text_encoder import TextEncoder
from training.answers.answers import Lessons, learn
from training.answers.closed_questions import wordings
from training.answers.link_trust import LinkedTicket, LinkTrust
from training.answers.questions import Question
from training.answers.questions import read as read_questions
from training.classifiers.vector_cache import CachedEncoder
from training.data import closed_tickets
from training.home import Home
from training.progress import Bars
from triage.text.cleaning import model_text
from triage.tickets.closed_ticket import ClosedTicket

Places = np.ndarray
Recall = Callable[[np.ndarray, Question, str], History]


@dataclass(frozen=True)
class Desk:
    """Articles, tickets in the order of time, and questions with the articles that answer them."""

    index: ArticleIndex
    encoder: TextEncoder
    tickets: list[ClosedTicket]
    until: datetime | None
    questions: list[Question]
    #: The questions' vectors by their cleaned texts.
    asked: Mapping[str, np.ndarray]


def main() -> None:
    """Print a row for each way to rank."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--tickets", type=Path)
    parser.add_argument("--until", type=datetime.fromisoformat)
    parser.add_argument("--locale")
    parser.add_argument("--refit-days", type=int, help="learn anew every so many days")
    parser.add_argument("--home", type=Path, default=Path("var"), help="where the encoder and its vectors are")
    options = parser.parse_args()
    desk = _desk(options)
    console = Console(width=150)
    started = time.perf_counter()
    lessons = learn(desk.index, desk.encoder, [each for each in desk.tickets if _is_before(each, desk.until)])
    console.print(f"{len(desk.index.articles)} articles, {len(desk.questions)} questions; learnt in "
                  f"{time.perf_counter() - started:.0f} s; ships: {_kind(lessons.ranker)}")  # fmt: skip
    for row in lessons.choice.tried if lessons.choice else ():
        low, high = row.gain_interval
        hits = f"{row.hit_at_1:.3f} / {row.hit_at_5:.3f}"
        console.print(f"  newest tickets, {row.name}: {hits}, to fusion {row.gain:+.3f} ({low:+.3f} to {high:+.3f})")
    ways = _ways(lessons)
    for name, recall in _recalls(desk, lessons).items():
        asked = [_asked(desk, question, recall) for question in desk.questions]
        found = {way: _places(desk, asked, ranker) for way, ranker in ways.items()}
        console.print(_table(name, found))
    if options.refit_days and desk.until:
        again = _refitted(desk, lessons, timedelta(days=options.refit_days), console)
        once = {f"rolling, {way}": found[way] for way in ("ships", *(each for each in ways if each != "ships"))}
        console.print(_table(f"refitted every {options.refit_days} days", {**once, **again}))
    _timed(desk, lessons, console)


def _desk(options: argparse.Namespace) -> Desk:
    home = Home(options.home, Bars(quiet=True))
    encoder = home.encoder(None)
    at_hand = CachedEncoder(encoder, home.vectors(encoder))
    index = build(read_articles(options.articles), at_hand)
    asked = read_questions(options.questions, since=options.until)
    asked = [each for each in asked if each.is_in(options.locale) and each.relevant & index.articles.keys()]
    tickets = list(closed_tickets.read(options.tickets).tickets) if options.tickets else []
    kept = [each for each in tickets if (each.kb_article_ids or each.resolution) and not each.spam and each.created_at]
    kept.sort(key=lambda each: (each.created_at, each.id))
    texts = list(dict.fromkeys(model_text(None, each.question) for each in asked))
    vectors = dict(zip(texts, at_hand.encode(texts), strict=True))  # one by one each would read the whole cache
    return Desk(index, at_hand, kept, options.until, asked, vectors)


def _is_before(ticket: ClosedTicket, until: datetime | None) -> bool:
    return until is None or (ticket.created_at is not None and ticket.created_at < until)


def _kind(ranker: DeskRanker) -> str:
    return "weights and trees" if isinstance(ranker, LearntRanker) else "fusion" if ranker == FUSION else "weights"


def _ways(lessons: Lessons) -> dict[str, Ranker]:
    """Return the rankers to compare; the first is what the others are compared with."""
    ships = lessons.ranker
    found: dict[str, Ranker] = {"fixed weights": LinearRanker(), "fusion": FUSION, "ships": ships}
    if isinstance(ships, LearntRanker):

        def with_map(signals: Signals) -> np.ndarray:
            assert signals.articles is not None
            assert signals.question is not None
            mapped = ships.memory.mapped(signals.articles, signals.question)
            return ships.weights(signals) + ships.map_weight * mapped / ships.weights.unit

        found = {"learnt weights": ships.weights, **found, "weights and map": with_map}
        if ships.memory.shift is not None:
            found["not shifted"] = replace(ships, memory=replace(ships.memory, shift=None))
    return found


def _recalls(desk: Desk, lessons: Lessons) -> dict[str, Recall]:
    """Return the two ways to remember closed tickets."""
    if not desk.tickets or desk.until is None:
        return {"static": lambda vector, _, text: lessons.precedents.recall(vector, text)}
    older = [each for each in desk.tickets if _is_before(each, desk.until)]
    texts = [each.text for each in desk.tickets]
    vectors = desk.encoder.encode(texts)
    solutions = [model_text(None, each.resolution, (each.account,)) for each in desk.tickets]
    solved = np.zeros_like(vectors)
    rows = [row for row, text in enumerate(solutions) if text]
    solved[rows] = desk.encoder.encode([solutions[row] for row in rows])
    known = wordings([each.text for each in older])
    cases = [LinkedTicket(each, vectors[n], n) for n, each in enumerate(desk.tickets) if each.kb_article_ids]
    belief = LinkTrust.of(desk.index, cases, [each for each in cases if each.number < len(older)])
    rolling = Precedents.build(
        vectors,
        [each.kb_article_ids for each in desk.tickets],
        [belief.votes.get(each.id, ()) for each in desk.tickets],
        TicketKnowledge(wordings(texts, known.lexicon if known else None), readings(desk.index, solved)),
    )
    times = np.array([each.created_at.timestamp() for each in desk.tickets if each.created_at])

    def before(vector: np.ndarray, question: Question, text: str) -> History:
        at = question.created_at.timestamp() if question.created_at else np.inf
        return rolling.recall(vector, text, before=int((times < at).sum()))

    return {"static": lambda vector, _, text: lessons.precedents.recall(vector, text), "rolling": before}


def _refitted(desk: Desk, first: Lessons, every: timedelta, console: Console) -> dict[str, Places]:
    """Ask each question after a refit on all tickets before its period, with the votes of all tickets before it.

    `first` is what was learnt before the first period.
    """
    assert desk.until is not None
    in_time = np.argsort([_asked_at(each, desk.until).timestamp() for each in desk.questions], kind="stable").tolist()
    found: dict[str, np.ndarray] = {}
    begin, row = desk.until, 0
    while row < len(in_time):
        rows = [each for each in in_time[row:] if _asked_at(desk.questions[each], desk.until) < begin + every]
        if rows:
            part = replace(desk, until=begin, questions=[desk.questions[each] for each in rows])
            known = [each for each in desk.tickets if _is_before(each, begin)]
            lessons = first if begin == desk.until else learn(desk.index, desk.encoder, known)
            recall = _recalls(part, lessons)["rolling"]
            asked = [_asked(part, question, recall) for question in part.questions]
            for way in ("ships", "learnt weights", "weights and map"):
                ranker = _ways(lessons).get(way, lessons.ranker)
                places = found.setdefault(f"refitted, {way}", np.full(len(desk.questions), 9))
                places[rows] = _places(part, asked, ranker)
            shipped = found["refitted, ships"][in_time[: row + len(rows)]]
            console.print(f"  refit at {begin:%Y-%m-%d}: {len(rows)} questions, {_kind(lessons.ranker)}; all so far "
                          f"{(shipped < 1).mean():.3f} / {(shipped < 5).mean():.3f}")  # fmt: skip
        begin, row = begin + every, row + len(rows)
    return found


def _asked_at(question: Question, otherwise: datetime) -> datetime:
    return question.created_at or otherwise


def _asked(desk: Desk, question: Question, recall: Recall) -> RankingQuery:
    text = model_text(None, question.question)
    vector = desk.asked[text]
    return RankingQuery(text, vector, history=recall(vector, question, text))


def _places(desk: Desk, asked: list[RankingQuery], ranker: Ranker) -> Places:
    found = []
    for question, query in zip(desk.questions, asked, strict=True):
        best = order(desk.index, query, limit=5, ranker=ranker).scored
        at = (place for place, (article, _) in enumerate(best) if article.id in question.relevant)
        found.append(next(at, 9))
    return np.array(found)


def _table(name: str, found: dict[str, Places]) -> Table:
    table = Table(name, "hit@1", "hit@5", "difference at 1 (95 %)", "difference at 5 (95 %)")
    first = next(iter(found.values()))
    for way, places in found.items():
        differences = []
        for depth in (1, 5):
            gain = (places < depth).astype(float) - (first < depth)
            error = 1.96 * gain.std() / len(gain) ** 0.5
            differences.append(f"{gain.mean():+.3f} ({gain.mean() - error:+.3f} to {gain.mean() + error:+.3f})")
        table.add_row(way, f"{(places < 1).mean():.3f}", f"{(places < 5).mean():.3f}", *differences)
    return table


def _timed(desk: Desk, lessons: Lessons, console: Console) -> None:
    """Print what the ranker itself costs a question, of the articles there are."""
    asked = [_asked(desk, each, lambda *_: History()) for each in desk.questions[:50]]
    for name, ranker in (("weights", LinearRanker()), ("ships", lessons.ranker)):
        spent = []
        for query in asked * 4:
            found = order(desk.index, query, limit=5)
            started = time.process_time_ns()
            ranker(replace(found.signals, question=query.vector, articles=found.index))
            spent.append(time.process_time_ns() - started)
        console.print(f"{name}: {np.median(spent) / 1e6:.3f} ms of processor time a question (median)")


if __name__ == "__main__":
    main()
