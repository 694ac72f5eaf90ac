"""Articles found for questions in several languages, with one encoder and with a second, multilingual one.

    python -m tests.benchmarks.languages --data thunderbird --second var/multilingual/int8

`--data` holds tickets.jsonl.gz, an articles file and questions.jsonl.gz in the formats of docs/formats.md. Learnt is
from the tickets before `--until`, asked are the questions from then on (until `--before`). Printed are hit@1 and hit@5
by language with standard errors: with one encoder, with the second one where the question's language asks for it, and
with the second one always.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.second_view import SecondReader
from retrieval.articles.files import read as read_articles
from retrieval.articles.translations import tongue
from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder, Progress
from retrieval.index.article_index import build
from training.answers.answers import learn
from training.answers.closed_questions import Known
from training.answers.questions import Question
from training.answers.questions import read as read_questions
from training.data import closed_tickets
from triage.text.cleaning import model_text

FEWEST = 20  # questions of a language that has a row of its own


class KeptVectors:
    """An encoder that keeps its vectors in files: of questions and tickets, and of passages."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self.name, self.dim, self.fingerprint = encoder.name, encoder.dim, encoder.fingerprint
        self._encoder, self._folder = encoder, folder
        self._known: dict[bool, dict[str, np.ndarray]] = {}

    def knows(self, word: str) -> bool:
        """Tell whether a word is one of the encoder's own."""
        return self._encoder.knows(word)

    def encode(
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Progress | None = None
    ) -> np.ndarray:
        """Return the texts' vectors, float32 (n_texts, dim)."""
        as_passages = as_passages and self._encoder.passages_differ
        known = self._read(as_passages=as_passages)
        fresh = {each: key for each in texts if (key := _key(each)) not in known}
        for begin in range(0, len(fresh), 500):
            block = list(fresh)[begin : begin + 500]
            made = self._encoder.encode(block, as_passages=as_passages, progress=progress)
            known.update(zip((fresh[each] for each in block), made, strict=True))
            self._write(known, as_passages=as_passages)
        found = [known[_key(each)] for each in texts]
        return np.array(found, dtype=np.float32).reshape(len(texts), self.dim)

    def _file(self, *, as_passages: bool) -> Path:
        return self._folder / f"{self.fingerprint[:16]}{'.passages' if as_passages else ''}.npz"

    def _read(self, *, as_passages: bool) -> dict[str, np.ndarray]:
        path = self._file(as_passages=as_passages)
        if as_passages not in self._known:
            self._known[as_passages] = {}
            if path.is_file():
                with np.load(path) as kept:
                    self._known[as_passages] = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
        return self._known[as_passages]

    def _write(self, known: dict[str, np.ndarray], *, as_passages: bool) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            self._file(as_passages=as_passages), keys=np.array(list(known)), vectors=np.array(list(known.values()))
        )


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--articles", default="articles_2024-07-04.jsonl.gz")
    parser.add_argument("--encoder", type=Path, default=Path("var/encoder/int8"))
    parser.add_argument("--second", type=Path, default=Path("var/multilingual/int8"))
    parser.add_argument("--vectors", type=Path, default=Path("var/cache/languages"), help="where vectors are kept")
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.fromisoformat("2024-03-01T00:00:00Z"))
    parser.add_argument("--before", type=datetime.fromisoformat, help="ask no later questions")
    arguments = parser.parse_args()
    folders = arguments.encoder, arguments.second
    first, second = (KeptVectors(encoders.load(each), arguments.vectors) for each in folders)
    index = build(read_articles(arguments.data / arguments.articles), first, second=second)
    tickets = closed_tickets.read(arguments.data / "tickets.jsonl.gz").tickets
    older = [each for each in tickets if each.created_at and each.created_at < arguments.until]
    asked = _asked(read_questions(arguments.data / "questions.jsonl.gz", since=arguments.until), arguments.before)
    one, two = (learn(index, first, older, known=Known(second=each)) for each in (None, second))
    alone = Finder(index, first, one.answerability, one.precedents, one.ranker)
    beside = replace(alone, ranker=two.ranker, second=SecondReader(second, two.by_second, two.second_ranker))
    shared = replace(beside, second=SecondReader(second, two.by_second))
    anyhow = dict.fromkeys(asked)
    table = Table("", *(f"{language} ({len(each)})" for language, each in asked.items()), title="hit@1 / hit@5")
    for name, finder, languages in (
        ("one encoder", alone, anyhow),
        ("second by language, one ranker", shared, dict(zip(asked, asked, strict=True))),
        ("second by language", beside, dict(zip(asked, asked, strict=True))),
        ("second always", beside, anyhow),
    ):
        places = {each: _places(finder, questions, languages[each]) for each, questions in asked.items()}
        table.add_row(name, *(f"{_share(each, 1)}  {_share(each, 5)}" for each in places.values()))
    Console(width=160).print(table)


def _asked(questions: Sequence[Question], before: datetime | None) -> dict[str, list[Question]]:
    """Return the questions with a right article by language, the commonest language first."""
    found: dict[str, list[Question]] = {}
    for each in questions:
        if each.relevant and not (before and each.created_at and each.created_at >= before):
            found.setdefault(tongue(each.locale or ""), []).append(each)
    return {name: each for name, each in sorted(found.items(), key=lambda one: -len(one[1])) if len(each) >= FEWEST}


def _places(finder: Finder, questions: Sequence[Question], language: str | None) -> np.ndarray:
    """Return where the first right article stands for each question, from 1; 99 where it is not among ten."""
    return np.array([_place(finder, each, language) for each in questions])


def _place(finder: Finder, question: Question, language: str | None) -> int:
    found = finder.suggest(model_text(None, question.question), limit=10, reader=Reader(writes=language))
    return next((place for place, each in enumerate(found, 1) if each.article.id in question.relevant), 99)


def _share(places: np.ndarray, most: int) -> str:
    share = float((places <= most).mean())
    return f"{share:.3f} ± {np.sqrt(share * (1 - share) / len(places)):.3f}"


if __name__ == "__main__":
    main()
