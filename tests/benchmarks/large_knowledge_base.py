"""A question to a knowledge base of up to a million passages: milliseconds beyond the encoding, and memory.

    python -m tests.benchmarks.large_knowledge_base [--passages 10000 --passages 100000 --passages 1000000]

Vectors lie in clusters as in `vector_index`, words follow Zipf's law, five passages make an article. The questions are
asked through `Finder`, whose encoder here only looks their vectors up: search, ranking, decision and answer are real.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import click
import numpy as np

from retrieval.answering.answer_question import Finder
from retrieval.articles.article import Article, Passage
from retrieval.articles.blocks import Block
from retrieval.encoder.encoder import Progress
from retrieval.index.article_index import ArticleIndex
from retrieval.index.encoder_name import EncoderName
from retrieval.index.headings import Headings
from retrieval.index.known_questions import KnownQuestions
from retrieval.index.vector_index import VectorIndex
from retrieval.index.word_index import WordIndex
from tests.benchmarks.vector_index import DIM, QUESTIONS, clustered, near

PASSAGES_EACH = 5
WORDS_EACH = 40
VOCABULARY = 50_000
HEAD = "| passages | found@5 | ms, median | ms, 95 % | ms of the processor, median | peak MB | built in s |"


class KnownVectors:
    """An encoder that takes no time: the vector of each question is known."""

    name, dim, fingerprint = "known", DIM, "known"

    def __init__(self, vectors: dict[str, np.ndarray]) -> None:
        self._vectors = vectors

    def encode(
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Progress | None = None
    ) -> np.ndarray:
        return np.array([self._vectors[text] for text in texts])


def knowledge_base(passages: int, rng: np.random.Generator) -> tuple[ArticleIndex, np.ndarray]:
    """Draw an index; also returns the vectors of its passages and titles."""
    articles = passages // PASSAGES_EACH
    drawn = (rng.zipf(1.2, size=(passages, WORDS_EACH)) - 1) % VOCABULARY
    texts = [" ".join(f"word{number}" for number in row) for row in drawn.tolist()]
    parts = tuple(
        Passage(f"a{row // PASSAGES_EACH}", row % PASSAGES_EACH, "", "", (Block("text", text),))
        for row, text in enumerate(texts)
    )
    kept = {f"a{number}": Article(id=f"a{number}", title=f"Article {number}", body=".") for number in range(articles)}
    vectors = clustered(passages + articles, DIM, rng)
    words = WordIndex.build(texts)
    made = VectorIndex.build(vectors)
    named = Headings.build(parts, [], np.zeros((0, DIM)))
    asked, name = KnownQuestions.build(kept, np.zeros((0, DIM))), EncoderName("known", "known", DIM)
    return ArticleIndex(MappingProxyType(kept), parts, name, made, words, named, asked), vectors


@dataclass(frozen=True)
class Measured:
    """One size: the share of questions whose passage's article was found, and what each question took."""

    passages: int
    found: float
    milliseconds: Sequence[float]
    of_the_processor: float  # milliseconds, median
    memory: float  # MB at the peak
    built: float  # seconds

    def line(self) -> str:
        middle, worst = np.median(self.milliseconds), np.quantile(self.milliseconds, 0.95)
        return (
            f"| {self.passages:,} | {self.found:.3f} | {middle:.2f} | {worst:.2f} | {self.of_the_processor:.2f} "
            f"| {self.memory:,.0f} | {self.built:.0f} |"
        )


def measure(passages: int, seed: int) -> Measured:
    """Build one knowledge base and ask it."""
    rng = np.random.default_rng(seed)
    started = time.perf_counter()
    index, vectors = knowledge_base(passages, rng)
    built = time.perf_counter() - started
    asked = rng.integers(passages, size=QUESTIONS)
    questions = [f"{number}: {' '.join(index.passages[row].text.split()[:8])}" for number, row in enumerate(asked)]
    encoder = KnownVectors(dict(zip(questions, near(vectors, rng, asked), strict=True)))
    finder = Finder(index, encoder)
    finder.find(questions[0])  # numbers and columns are made ready once
    taken, spent, found = [], [], 0
    for question, row in zip(questions, asked, strict=True):
        begun, worked = time.perf_counter(), time.process_time()
        suggestions = finder.find(question).suggestions
        taken.append(1_000 * (time.perf_counter() - begun))
        spent.append(1_000 * (time.process_time() - worked))
        found += index.passages[row].article_id in {each.article.id for each in suggestions}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    return Measured(passages, found / QUESTIONS, taken, float(np.median(spent)), memory, built)


@click.command()
@click.option("--passages", multiple=True, type=int, default=(5_000, 50_000, 200_000), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the table as a file.")
def main(passages: tuple[int, ...], out: Path | None) -> None:
    """Print the table; a million passages (--passages 1000000) take 8 GB and about ten minutes."""
    lines = [HEAD, "|---" * 7 + "|"]
    click.echo("\n".join(lines))
    for many in passages:
        line = measure(many, many).line()
        lines.append(line)
        click.echo(line)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "large_knowledge_base.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
