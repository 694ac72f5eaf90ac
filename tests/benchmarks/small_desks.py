"""How a refit does on small desks with skewed labels, beside a tf-idf SVM and a logistic regression on vectors.

    python -m tests.benchmarks.small_desks datasets/public/banking77 datasets/public/clinc150 --seeds 5

A desk is a cut of a labelled data set: `5x60` are 60 labels whose frequencies fall as 1/rank (Zipf), 5 tickets a label
on average, a typo in three texts of ten; its 600 test questions come with the same frequencies. `10` are ten tickets of
each label, `all` is the whole set; both are asked the whole test file. Both rivals learn from every ticket.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

from training import refit
from training.config import Critical, RefitConfig
from training.data import closed_tickets
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


@dataclass(frozen=True)
class Right:
    """Which questions each gets right, (n,), and how long the refit took."""

    refit: NDArray[np.bool_]
    machine: NDArray[np.bool_]
    regression: NDArray[np.bool_]
    seconds: float


def main() -> None:
    """Print a row for each set and cut."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+", help="folders with train.jsonl.gz and test.jsonl.gz")
    parser.add_argument("--home", type=Path, default=Path("var"), help="where the encoder and its vectors are")
    parser.add_argument("--label", default="category")
    parser.add_argument("--cuts", default="5x60,8x60,15x40,10")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    console = Console(width=140)
    heads = (
        "set",
        "cut",
        "tickets",
        "refit",
        "tf-idf SVM",
        "regression",
        "beyond the better one",
        "each cut",
        "seconds",
    )
    table = Table(*heads)
    for folder in options.sets:
        known, asked = _read(folder / "train.jsonl.gz"), _read(folder / "test.jsonl.gz")
        for cut in options.cuts.split(","):
            found = []
            for seed in range(1, options.seeds + 1):
                desk = _cut(known, asked, options.label, cut, seed)
                right, seconds = _refitted(desk, options)
                found.append(Right(right, *_rivals(desk, options), seconds))
                console.print(f"{folder.name} {cut}, seed {seed}: {_said(found[-1:])}", style="dim")
            table.add_row(folder.name, cut, f"{len(desk.tickets)}", *_said(found))
    console.print(table)


def _said(found: Sequence[Right]) -> list[str]:
    """Return mean accuracies, what the refit wins over the better rival (95 %, paired by question), and each cut's."""
    ours, machine, regression = (
        np.concatenate(part)
        for part in zip(*((each.refit, each.machine, each.regression) for each in found), strict=True)
    )
    rival = machine if machine.mean() > regression.mean() else regression
    gain = ours.astype(float) - rival
    each = ", ".join(f"{one.refit.mean():.3f}" for one in found)
    beyond = f"{gain.mean():+.3f} ± {1.96 * gain.std() / len(gain) ** 0.5:.3f}"
    seconds = f"{np.mean([one.seconds for one in found]):.0f}"
    return [f"{ours.mean():.3f}", f"{machine.mean():.3f}", f"{regression.mean():.3f}", beyond, each, seconds]


def _cut(known: Sequence[Row], asked: Sequence[Row], label: str, cut: str, seed: int) -> Desk:
    random, by, later = Random(seed), defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list)
    for rows, into in ((known, by), (asked, later)):
        for row in rows:
            into[row[label]].append(row)
    names = sorted(by)
    random.shuffle(names)
    if "x" not in cut:
        some = known if cut == "all" else [row for name in names for row in random.sample(by[name], int(cut))]
        return Desk(random.sample(some, len(some)), _numbered(asked))
    average, n_labels = map(int, cut.split("x"))
    names = names[:n_labels]
    shares = np.array([1 / rank for rank in range(1, len(names) + 1)])
    counts = np.maximum(1, np.round(shares / shares.sum() * average * len(names))).astype(int).tolist()
    tickets = [
        row for name, n in zip(names, counts, strict=True) for row in random.sample(by[name], min(n, len(by[name])))
    ]
    random.shuffle(tickets)
    questions = [random.choice(later[name]) for name in random.choices(names, weights=counts, k=QUESTIONS)]
    return Desk([row | {"description": _mistyped(random, row["description"])} for row in tickets], _numbered(questions))


def _numbered(rows: Sequence[Row]) -> list[Row]:
    return [row | {"id": f"q-{number}"} for number, row in enumerate(rows)]


def _mistyped(random: Random, text: str) -> str:
    if len(text) < 6 or random.random() >= TYPOS:
        return text
    at = random.randrange(1, len(text) - 2)
    return random.choice((text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + text[at + 1 :]))


def _refitted(desk: Desk, options: argparse.Namespace) -> tuple[NDArray[np.bool_], float]:
    home = Home(options.home, Bars(quiet=True))
    encoder = home.encoder(None)
    vectors = home.vectors(encoder)
    with tempfile.TemporaryDirectory() as folder:
        files = [
            _written(Path(folder) / name, rows)
            for name, rows in (("t.jsonl", desk.tickets), ("q.jsonl", desk.questions))
        ]
        config = replace(RefitConfig(), critical=Critical(learn=0))
        plan = refit.Plan(tickets=files[0], out=Path(folder) / "bundle", at=AT, config=config)
        vectors.encode([ticket.text for ticket in closed_tickets.read(files[0]).tickets], _silent)
        begun = time.process_time()
        refit.refit(plan, refit.Tools(encoder=encoder, vectors=vectors, bars=home.bars))
        seconds = time.process_time() - begun
        later, bundle = closed_tickets.read(files[1]).tickets, bundles.load(plan.out)
        texts = [ticket.text for ticket in later]
        found = bundle.predict(texts, vectors.read(texts, _silent).states)[options.label]
    classes = bundle.heads[options.label].classes_
    guesses = [classes[column] for column in found.argmax(axis=1).tolist()]
    truth = [ticket.labels[options.label] for ticket in later]
    return np.array([guess == label for guess, label in zip(guesses, truth, strict=True)]), seconds


def _rivals(desk: Desk, options: argparse.Namespace) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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
    return guesses[0] == truth, guesses[1] == truth


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
