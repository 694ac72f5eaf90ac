"""How a refit does on small desks with skewed labels, beside a tf-idf SVM and a logistic regression on vectors.

    python -m tests.benchmarks.small_desks --train datasets/public/banking77/train.jsonl.gz \
        --test datasets/public/banking77/test.jsonl.gz

A desk is a cut of a labelled data set: 60 labels whose frequencies fall as 1/rank (Zipf), 5 to 15 tickets a label on
average, a typo in three texts of ten. Its test questions come with the same frequencies. Both rivals learn from every
ticket, as the head that a refit ships does where nothing was certified.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

from training import refit
from training.bundles.evaluate import evaluate
from training.config import Critical, RefitConfig
from training.data import closed_tickets
from training.data.column_mapping import ColumnMapping
from training.home import Home
from training.progress import Bars
from triage.model import bundle as bundles

TYPOS, QUESTIONS = 0.3, 600
AT = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """Closed tickets and later questions."""

    tickets: list[Row]
    questions: list[Row]


def main() -> None:
    """Print a row for each cut."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--home", type=Path, default=Path("var"), help="where the encoder and its vectors are")
    parser.add_argument("--label", default="category")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    console, table = Console(), Table("tickets a label", "tickets", "refit", "tf-idf SVM", "regression on vectors")
    known, asked = _read(options.train), _read(options.test)
    for average, labels in ((5, 60), (8, 60), (15, 40)):
        for seed in range(1, options.seeds + 1):
            desk = _cut(known, asked, options.label, (average, labels, seed))
            scores = _refitted(desk, options), *_rivals(desk, options)
            table.add_row(f"{average}", f"{len(desk.tickets)}", *(f"{score:.3f}" for score in scores))
            console.print(f"{average} tickets a label, seed {seed}: done", style="dim")
    console.print(table)


def _cut(known: Sequence[Row], asked: Sequence[Row], label: str, wish: tuple[int, int, int]) -> Desk:
    average, n_labels, seed = wish
    random, by, later = Random(seed), defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list)
    for rows, into in ((known, by), (asked, later)):
        for row in rows:
            into[row[label]].append(row)
    names = sorted(by)
    random.shuffle(names)
    names = names[:n_labels]
    shares = np.array([1 / rank for rank in range(1, len(names) + 1)])
    counts = np.maximum(1, np.round(shares / shares.sum() * average * len(names))).astype(int).tolist()
    tickets = [
        row for name, n in zip(names, counts, strict=True) for row in random.sample(by[name], min(n, len(by[name])))
    ]
    random.shuffle(tickets)
    questions = [random.choice(later[name]) for name in random.choices(names, weights=counts, k=QUESTIONS)]
    return Desk(
        [row | {"description": _mistyped(random, row["description"])} for row in tickets],
        [row | {"id": f"q-{number}"} for number, row in enumerate(questions)],
    )


def _mistyped(random: Random, text: str) -> str:
    if len(text) < 6 or random.random() >= TYPOS:
        return text
    at = random.randrange(1, len(text) - 2)
    return random.choice((text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + text[at + 1 :]))


def _refitted(desk: Desk, options: argparse.Namespace) -> float:
    home = Home(options.home, Bars(quiet=True))
    encoder = home.encoder(None)
    with tempfile.TemporaryDirectory() as folder:
        files = [
            _written(Path(folder) / name, rows)
            for name, rows in (("t.jsonl", desk.tickets), ("q.jsonl", desk.questions))
        ]
        config = replace(RefitConfig(), critical=Critical(learn=0))
        plan = refit.Plan(tickets=files[0], out=Path(folder) / "bundle", at=AT, config=config)
        refit.refit(plan, refit.Tools(encoder=encoder, vectors=home.vectors(encoder), bars=home.bars))
        later = closed_tickets.read(files[1], ColumnMapping()).tickets
        measured = evaluate(bundles.load(plan.out), later, home.encode)
    return float(measured[options.label]["accuracy"])


def _rivals(desk: Desk, options: argparse.Namespace) -> tuple[float, float]:
    texts, later = ([row["description"] for row in rows] for rows in (desk.tickets, desk.questions))
    labels, truth = (np.array([row[options.label] for row in rows]) for rows in (desk.tickets, desk.questions))
    words = make_union(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    machine = LinearSVC().fit(words.fit_transform(texts), labels)
    home = Home(options.home, Bars(quiet=True))
    vectors = home.vectors(home.encoder(None))
    regression = LogisticRegression(C=10, max_iter=500).fit(vectors.encode(texts, _silent), labels)
    guesses = machine.predict(words.transform(later)), regression.predict(vectors.encode(later, _silent))
    return float(np.mean(guesses[0] == truth)), float(np.mean(guesses[1] == truth))


def _silent(_done: int, _n: int) -> None:
    """Say nothing."""


def _read(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _written(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
