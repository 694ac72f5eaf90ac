"""A tag and an answer beside a million closed tickets: milliseconds beyond the encoding, recall, and resident memory.

    python -m tests.benchmarks.million [--rows 10000 --rows 100000 --rows 1000000] [--passages 100000]

One process writes what a refit writes of closed tickets (and, with --passages, what `firstline index` writes), another
one maps it and is measured, as the service would be. Vectors lie in clusters as in `vector_index`, words follow Zipf's
law, half of the tickets name an article, as their neighbours do, and each resolution reads like five. A tag looks
around the closed tickets once, for similar tickets and for precedents; an answer looks around them, and searches,
ranks and quotes passages.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

import click
import numpy as np

from retrieval.answering.answer_question import Finder
from retrieval.index import compact_vectors, files
from retrieval.index.vector_index import VectorIndex
from retrieval.index.vector_kinds import CELLS_FROM
from serving.inference.similar_tickets import ClosedCases
from tests.benchmarks.large_knowledge_base import KnownVectors, knowledge_base
from tests.benchmarks.vector_index import DIM, NEAREST, clustered, near
from training.answers import bundled_tickets
from training.data import array_files
from triage.model import lexical
from triage.model.closed_tickets.bundled import BundledTickets
from triage.model.closed_tickets.mapped import mapped_array, ticket_lines

WORDS_EACH, VOCABULARY, ARTICLES, READINGS = 40, 50_000, 1_000, 5
DIRECTIONS = 48
LEARNT_FROM = 20_000
WORD_FILES = ("word_starts.npy", "word_columns.npy", "word_values.npy")
HEAD = (
    "| closed tickets | passages | kept as | recall@10 | tag: ms, median | 95 % | ms of the processor "
    "| answer: ms, median | 95 % | ms of the processor | resident MB | of these, shared | ready in s | indexed in s |"
)


def texts(rows: int, rng: np.random.Generator) -> Iterator[str]:
    """Draw texts one block after another."""
    for start in range(0, rows, 10_000):
        drawn = (rng.zipf(1.2, size=(min(10_000, rows - start), WORDS_EACH)) - 1) % VOCABULARY
        yield from (" ".join(f"word{number}" for number in row) for row in drawn.tolist())


def named(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the articles of each ticket, int (n, 5), the same for many of those that are near each other."""
    drawn = rng.normal(size=(vectors.shape[1], DIRECTIONS)).astype(np.float32)
    towards = np.empty((len(vectors), READINGS + 1), np.int64)
    for start in range(0, len(vectors), 1 << 16):
        found = vectors[start : start + (1 << 16)] @ drawn
        towards[start : start + len(found)] = np.argsort(-found, axis=1)[:, : READINGS + 1]
    return (towards[:, :1] * DIRECTIONS + towards[:, 1:]) % ARTICLES


def record(number: int, named: np.ndarray) -> dict[str, object]:
    """Write what is kept of a ticket beside its vector and words: about 600 bytes, as in the sample."""
    articles = [f"a{each}" for each in named.tolist()]
    return {
        "id": f"T-{number}",
        "created_at": f"202{number % 6}-0{number % 9 + 1}-1{number % 10}T09:00:00Z",
        "subject": f"The export of report {number} stops half way",
        "resolution": f"Raised the limit for report {number} and started the export again. " * 3,
        "kb_article_id": articles[:1] if number % 2 else [],
        "trust": [0.9] if number % 2 else [],
        "reads_like": dict.fromkeys(articles, 0.2),
    }


def write(rows: int, passages: int, folder: Path) -> dict[str, object]:
    """Write everything that the measured process reads, and say how it is kept."""
    rng = np.random.default_rng(rows)
    vectors = clustered(rows, DIM, rng)
    questions = near(vectors, rng)
    np.savez(folder / "questions.npz", questions=questions, exact=exact(vectors, questions))
    started = time.perf_counter()
    kept = "as before"
    if rows >= CELLS_FROM:
        made = compact_vectors.compact(vectors)
        kept = f"{made.codes}, {made.read} of {made.index.nlist} cells"
        (folder / "vectors.faiss").write_bytes(VectorIndex(made.index).to_bytes())
    else:
        np.save(folder / "vectors.npy", vectors.astype(np.float16))
    written = time.perf_counter() - started
    articles = named(vectors, rng)
    del vectors
    drawn = list(texts(LEARNT_FROM, np.random.default_rng(0)))
    lexicon = lexical.learn(drawn, min_tickets=3, most=120_000, progress=lambda _: None)
    np.savez(folder / "lexicon.npz", buckets=lexicon.buckets, idf=lexicon.idf)
    for name, values in zip(WORD_FILES, repeated(bundled_tickets.words(drawn, lexicon), rows), strict=True):
        (folder / name).write_bytes(array_files.array(values))
    with (folder / "cases.jsonl").open("w") as out:
        out.writelines(json.dumps(record(number, articles[number])) + "\n" for number in range(rows))
    if passages:
        files.save(knowledge_base(passages, rng)[0], folder / "index")
    return {"kept": kept, "written": written}


def repeated(weighed: tuple[np.ndarray, ...], rows: int) -> tuple[np.ndarray, ...]:
    """Repeat the words of a few texts for as many as are wanted."""
    starts, *entries = weighed
    times = rows // (len(starts) - 1) + 1
    lengths = np.tile(np.diff(starts), times)[:rows]
    ends = np.cumsum([0, *lengths], dtype=np.int64)
    return ends, *(np.tile(each, times)[: ends[-1]] for each in entries)


def exact(vectors: np.ndarray, questions: np.ndarray) -> np.ndarray:
    """Return the nearest ten of each question, int64 (n_questions, 10)."""
    best = np.full((len(questions), NEAREST), -2.0, np.float32), np.zeros((len(questions), NEAREST), np.int64)
    for start in range(0, len(vectors), 1 << 16):
        scores = np.concatenate((best[0], questions @ vectors[start : start + (1 << 16)].T), axis=1)
        numbers = np.arange(start, start + scores.shape[1] - NEAREST)
        rows = np.concatenate((best[1], np.broadcast_to(numbers, (len(questions), len(numbers)))), axis=1)
        chosen = np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]
        best = np.take_along_axis(scores, chosen, axis=1), np.take_along_axis(rows, chosen, axis=1)
    return best[1]


def mapped(path: Path) -> memoryview:
    """Map a file as the service does."""
    with path.open("rb") as file:
        return memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))


def read(folder: Path) -> ClosedCases:
    """Open the closed tickets as the service does: small ones are copied, large ones are mapped."""
    with np.load(folder / "lexicon.npz") as kept:
        lexicon = lexical.Lexicon.of(kept["buckets"], kept["idf"])
    words = tuple(mapped_array(mapped(folder / name)) for name in WORD_FILES)
    if (folder / "vectors.npy").is_file():
        records = tuple(json.loads(line) for line in (folder / "cases.jsonl").read_bytes().splitlines())
        return ClosedCases.of(BundledTickets(np.load(folder / "vectors.npy"), records, words), lexicon)
    lines, nothing = ticket_lines(mapped(folder / "cases.jsonl")), np.empty((0, DIM), np.float16)
    return ClosedCases.of(BundledTickets(nothing, lines, words, mapped(folder / "vectors.faiss")), lexicon)


def measure(folder: Path) -> dict[str, float]:
    """Open what was written, ask, and return the figures of this process."""
    before = resident()["VmRSS"]
    started = time.perf_counter()
    cases = read(folder)
    precedents = cases.precedents()
    ready = time.perf_counter() - started
    with np.load(folder / "questions.npz") as kept:
        questions, nearest = kept["questions"], kept["exact"]
    asked = list(texts(len(questions), np.random.default_rng(7)))

    def tag(number: int) -> int:
        query = cases.query(questions[number], asked[number])
        cases.like(query, limit=10)
        precedents.recall_near(query)
        rows = query.around.nearest(NEAREST)[1] if query.around else np.zeros(0)
        return len(set(rows.tolist()) & set(nearest[number].tolist()))

    found, figures = timed("tag", tag, len(questions))
    figures |= {"recall": found / nearest.size, "ready": ready}
    if (folder / "index").is_dir():
        index = files.load(folder / "index")
        encoder = KnownVectors(dict(zip(asked, questions, strict=True)))
        finder = Finder(index, encoder, precedents=precedents)
        figures |= timed("answer", lambda number: len(finder.find(asked[number]).suggestions), len(questions))[1]
    held = resident()
    return figures | {"resident": held["VmRSS"] - before, "shared": held["RssFile"]}


def timed(name: str, ask: Callable[[int], int], many: int) -> tuple[int, dict[str, float]]:
    """Ask twenty questions to warm up and then all; return what was found, and milliseconds of clock and processor."""
    taken, spent, found = [], [], 0
    for number in range(-20, many):
        begun, worked = time.perf_counter(), time.process_time()
        hits = ask(number % many)
        if number >= 0:
            spent.append(1_000 * (time.process_time() - worked))
            taken.append(1_000 * (time.perf_counter() - begun))
            found += hits
    middle, worst, processor = np.median(taken), np.quantile(taken, 0.95), np.median(spent)
    return found, {name: float(middle), f"{name}_95": float(worst), f"{name}_cpu": float(processor)}


def resident() -> dict[str, float]:
    """Return megabytes of this process: all that is resident, and what of it are pages of files."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {name.rstrip(":"): int(rest[0]) / 1024 for name, *rest in lines if name in {"VmRSS:", "RssFile:"}}


def row(rows: int, passages: int) -> str:
    """Write, measure in a process of its own, and return the line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        made = write(rows, passages, Path(folder))
        command = [sys.executable, "-m", "tests.benchmarks.million", "--measure", folder]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    got = json.loads(told.stdout)
    times = (" | ".join(_times(got, name)) for name in ("tag", "answer"))
    return (
        f"| {rows:,} | {passages:,} | {made['kept']} | {got['recall']:.3f} | {' | '.join(times)} "
        f"| {got['resident']:,.0f} | {got['shared']:,.0f} | {got['ready']:.1f} | {made['written']:.0f} |"
    )


def _times(got: dict[str, float], name: str) -> list[str]:
    return [f"{got[each]:.2f}" if each in got else "-" for each in (name, f"{name}_95", f"{name}_cpu")]


@click.command()
@click.option("--rows", multiple=True, type=int, default=(10_000, 100_000), show_default=True)
@click.option("--passages", type=int, default=0, show_default=True, help="Size of the knowledge base; 0: none.")
@click.option("--measure", "folder", type=click.Path(path_type=Path), hidden=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the table as a file.")
def main(rows: tuple[int, ...], passages: int, folder: Path | None, out: Path | None) -> None:
    """Print the table; a million closed tickets (--rows 1000000) take 4 GB and about ten minutes to write."""
    if folder is not None:
        click.echo(json.dumps(measure(folder)))
        return
    lines = [HEAD, "|---" * HEAD.count(" | ") + "|---|"]
    click.echo("\n".join(lines))
    for many in rows:
        lines.append(row(many, passages))
        click.echo(lines[-1])
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "million.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
