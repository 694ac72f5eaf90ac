"""What live memory wins: articles found with a bundle's closed tickets alone, and with those closed since beside them.

    python -m tests.benchmarks.live_memory --tickets tickets.jsonl.gz --articles articles.jsonl.gz \
        --questions questions.jsonl.gz --until 2024-03-01T00:00:00Z

A desk learns from what came in before an instant, as a refit does. The questions after it are asked in order of time,
each with the tickets that were closed before it: read, trusted and ranked by the code that serves. `questions` names
tickets by id, and for each the articles by `grades`, of which 2 answers. Then the costs: what recalling closed tickets
takes with none, 1,000 and 20,000 recent ones, and what they hold in memory.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from retrieval.answering.ranking import RankingQuery, order
from retrieval.articles import files as article_files
from retrieval.encoder import encoder as encoders
from retrieval.index.article_index import build
from retrieval.index.vector_kinds import HALF_FROM
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.loaded_model import LoadedModel
from serving.inference.recent.recent_tickets import RecentTicket, RecentTickets
from serving.inference.similar_tickets import ClosedCases
from serving.memory.remembering import recent_ticket
from training.answers import bundled_tickets
from training.answers.answers import Lessons, learn
from training.answers.closed_questions import Known, wordings
from training.data import closed_tickets
from triage.model.bundle_arrays import arrays_in
from triage.model.bundle_files import CASES
from triage.model.closed_tickets.bundled import VECTORS, WORDS, BundledTickets
from triage.tickets.closed_ticket import ClosedTicket
from triage.tickets.tombstones import digest

LAG = timedelta(days=2)  # from coming in to being closed, where the export does not say
SIZES = (0, 1_000, 10_000, 20_000)
ASKED = 200  # questions that are timed


class KnownEncoder:
    """An encoder that keeps the vectors of its texts in a file."""

    def __init__(self, encoder: encoders.Encoder, kept: Path) -> None:
        self.name, self.dim, self.fingerprint, self.n_pools = encoder.name, encoder.dim, encoder.fingerprint, 1
        self._encoder, self._kept = encoder, kept
        self._known: dict[bytes, np.ndarray] = {}
        if kept.exists():
            held = np.load(kept)
            self._known = dict(zip(held["keys"].view("V16").ravel().tolist(), held["vectors"], strict=True))

    def encode(self, texts: Sequence[str], *, progress: object = None, as_passages: bool = False) -> np.ndarray:
        keys = [digest(text, 16) for text in texts]
        of = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if of:
            self._known |= zip(of, self._encoder.encode([*of.values()]), strict=True)
        return np.stack([self._known[key] for key in keys]) if keys else np.empty((0, self.dim), np.float32)

    def save(self) -> None:
        keys = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, 16)
        np.savez(self._kept, keys=keys, vectors=np.stack([*self._known.values()]))


@dataclass(frozen=True)
class Question:
    """A ticket, and the articles that answer it."""

    ticket: ClosedTicket
    answers: frozenset[str]


def main() -> None:
    """Print what was found, and what it costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tickets", "articles", "questions"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--until", type=datetime.fromisoformat, required=True)
    parser.add_argument("--language", default="en")
    parser.add_argument("--encoder", type=Path, default=Path("var/encoder/int8"))
    parser.add_argument("--vectors", type=Path, default=Path("var/live_memory.npz"), help="kept from run to run")
    given = parser.parse_args()
    console, encoder = Console(), KnownEncoder(encoders.load(given.encoder), given.vectors)
    tickets = [each for each in closed_tickets.read(given.tickets).tickets if each.created_at and not each.spam]
    tickets.sort(key=_came)
    past = [each for each in tickets if _came(each) < given.until]
    later = tickets[len(past) :]
    index = build(article_files.read(given.articles), encoder)
    model = loaded(encoder, past, index)
    encoder.save()
    console.print(f"{len(model.cases)} closed tickets in the bundle, {len(index.articles)} articles")
    snapshot = ArticleSnapshot(index, encoder, 1)  # type: ignore[arg-type]
    teaching = [each for each in later if each.kb_article_ids or each.resolution]
    rows = [(_closed(each), recent_ticket(each, model, snapshot)) for each in teaching]
    encoder.save()
    graded = questions(given.questions, later)
    asked = [each for each in graded if (each.ticket.language or "").startswith(given.language)]
    console.print(f"{len(rows)} tickets closed since, {len(asked)} questions")
    found = [(hits(model, snapshot, each), hits(rolled(model, rows, each), snapshot, each)) for each in asked]
    for place, most in enumerate((1, 5)):
        static, rolling = (np.array([pair[which][place] for pair in found], float) for which in (0, 1))
        gained = rolling - static
        error = gained.std(ddof=1) / np.sqrt(len(gained))
        console.print(
            f"hit@{most}: static {static.mean():.3f}, rolling {rolling.mean():.3f}, "
            f"difference {gained.mean():+.3f} (paired standard error {error:.3f})"
        )
    costs(console, model, [row for _, row in rows], asked)


def loaded(encoder: KnownEncoder, past: Sequence[ClosedTicket], index: Any) -> LoadedModel:
    """Return what a refit on these tickets lets serve; its heads have no part in this."""
    vectors = encoder.encode([each.text for each in past])
    known = wordings([each.text for each in past])
    assert known is not None
    lessons: Lessons = learn(index, encoder, past, known=Known(vectors, known.lexicon))
    rows = bundled_tickets.solved(past, 20_000)
    files = bundled_tickets.write([past[row] for row in rows], vectors[rows], known.lexicon, lessons)
    records = tuple(json.loads(line) for line in files[CASES].splitlines())
    found = arrays_in(files[WORDS])
    assert VECTORS in files
    carried = vectors[rows].astype(np.float16)
    bundled = BundledTickets(carried, records, (found["starts"], found["columns"], found["values"]))
    cases = ClosedCases.of(bundled, known.lexicon)
    return LoadedModel(
        bundle=None,
        encoder=encoder,  # type: ignore[arg-type]
        answerability=lessons.answerability,
        cases=cases,
        precedents=cases.precedents(),
        ranker=lessons.ranker,
        origin="current",
        loaded_at=datetime.now(UTC),
    )


def questions(path: Path, later: Sequence[ClosedTicket]) -> list[Question]:
    """Return the later questions that an article answers, in order of time."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        graded = {each["id"]: each["grades"] for each in map(json.loads, lines)}
    right = {name: frozenset(a for a, grade in grades.items() if grade == 2) for name, grades in graded.items()}
    return [Question(each, right[each.id]) for each in later if right.get(each.id)]


def rolled(model: LoadedModel, rows: Sequence[tuple[datetime, RecentTicket]], asked: Question) -> LoadedModel:
    """Return the model with what was closed before a question came in."""
    known = [row for at, row in rows if at < _came(asked.ticket)]
    known.sort(key=lambda row: row.created_at)
    return model.with_recent(recent(model, known))


def recent(model: LoadedModel, rows: Sequence[RecentTicket]) -> RecentTickets:
    return RecentTickets(rows, dim=model.encoder.dim, bundle=model.version)


def hits(model: LoadedModel, snapshot: ArticleSnapshot, asked: Question) -> tuple[bool, bool]:
    """Tell whether an article that answers is the first, and whether one is among the first five."""
    text = asked.ticket.text
    query = model.cases.query(model.encoder.encode([text])[0], text)
    history = model.precedents.recall_near(query)
    wanted = RankingQuery(text, query.vector, "agent", history, asked.ticket.language)
    ranked = order(snapshot.index, wanted, limit=5, ranker=model.ranker)
    ids = [each.id for each, _ in ranked.scored]
    return ids[0] in asked.answers, bool(asked.answers & {*ids})


def costs(console: Console, model: LoadedModel, rows: Sequence[RecentTicket], asked: Sequence[Question]) -> None:
    """Print what recalling takes, what following a change takes, and what recent tickets hold."""
    texts = [each.ticket.text for each in asked[:ASKED]]
    vectors = model.encoder.encode(texts)
    for size in SIZES:
        some = [replace(rows[n % len(rows)], id=f"r{n}") for n in range(size)]
        begun = time.process_time()
        now = model.with_recent(recent(model, some)) if size else model
        built = time.process_time() - begun
        tracemalloc.start()
        again = model.with_recent(recent(model, some)) if size else model
        own = size * model.encoder.dim * (4 if size < HALF_FROM else 2)  # FAISS's, which is not traced
        held = tracemalloc.get_traced_memory()[0] + own
        tracemalloc.stop()
        del again
        spent = []
        for text, vector in zip(texts, vectors, strict=True):
            begun = time.process_time()
            now.precedents.recall_near(now.cases.query(vector, text))
            spent.append(time.process_time() - begun)
        console.print(
            f"{size:>6} recent tickets: recall {1_000 * float(np.median(spent)):.2f} ms of CPU (median of "
            f"{len(spent)}), {1_000 * built:.0f} ms to follow a change, {held / 2**20:.0f} MiB beside the rows"
        )


def _came(ticket: ClosedTicket) -> datetime:
    assert ticket.created_at is not None
    return ticket.created_at


def _closed(ticket: ClosedTicket) -> datetime:
    return ticket.closed_at or _came(ticket) + LAG


if __name__ == "__main__":
    main()
