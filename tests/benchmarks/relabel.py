"""`make bench-relabel`: wrong labels injected into a file of closed tickets, and how well the queue finds them.

    python -m tests.benchmarks.relabel --tickets FILE [--head category] [--planted datasets/sample/planted.tsv]

The newest 30 % measure (every tenth, three in a row, where the file has no times) and are never reviewed. With
--planted the labels are first set right as the file of planted errors says, and a line "as filed" shows them.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from tests.benchmarks.noise import Ground, confused_with, flipped, outcome
from training.data import closed_tickets
from training.data_quality import near_duplicates as likeness
from training.data_quality.out_of_fold import with_words
from training.home import Home
from training.progress import Bars

FEWEST = 8
TEST = 0.3


def main() -> None:
    options = arguments()
    export = closed_tickets.read(options.tickets).without_spam()
    meant = planted(options.planted, options.head)
    labels = [meant.get(ticket.id, ticket.labels.get(options.head)) for ticket in export.tickets]
    counts = {label: labels.count(label) for label in set(labels)}
    rows = [i for i, label in enumerate(labels) if label and counts[label] >= FEWEST]
    tickets = [export.tickets[i] for i in rows]
    workspace = Home(options.home, Bars())
    texts = [ticket.text for ticket in tickets]
    with workspace.bars.bar("Encoding tickets", len(texts)) as progress:
        vectors = workspace.vectors(workspace.encoder(options.encoder)).encode(texts, progress)
    truth = np.array([labels[i] for i in rows], dtype=object)
    test = np.arange(len(rows)) % 10 < 3 if not export.dated else np.arange(len(rows)) >= int((1 - TEST) * len(rows))
    everywhere = likeness.repeats(texts, likeness.neighbours(vectors))
    train = ~test & ~np.isin(everywhere, everywhere[test])
    near = likeness.neighbours(vectors[train])
    groups = likeness.repeats([text for text, kept in zip(texts, train, strict=True) if kept], near)
    features = with_words(vectors, texts)
    context = Ground(features[train], near, groups, truth[train], features[test], truth[test])
    filed = np.array([ticket.labels.get(options.head) for ticket in tickets], dtype=object)[train]
    print(f"{options.tickets.name}: {train.sum()} tickets to review, {test.sum()} measure, {len(set(truth))} labels")
    print("| noise | share wrong | average precision | reviews | wrong ones met | macro-F1 before | queue | random |"
          " won per 100: queue | random |\n|" + "---|" * 10)  # fmt: skip
    for name, noisy in cases(context, filed if meant else None):
        show(name, context, noisy)


def cases(context: Ground, filed: np.ndarray | None) -> list[tuple[str, np.ndarray]]:
    random = np.random.default_rng(20261122)
    confusable = confused_with(context)
    found = [
        (f"{kind} {rate:.0%}", flipped(context.truth, rate, random, pairs))
        for kind, pairs in (("uniform", None), ("confusable", confusable))
        for rate in (0.1, 0.2)
    ]
    if filed is not None:
        kept = np.array(
            [label if label is not None else true for label, true in zip(filed, context.truth, strict=True)]
        )
        found.append(("as filed", kept))
    return found


def show(name: str, context: Ground, noisy: np.ndarray) -> None:
    reviews = int((noisy != context.truth).sum())
    done = outcome(context, noisy, reviews)
    queue, random = done.per_100
    print(
        f"| {name} | {done.noise:.1%} | {done.average_precision:.3f} | {reviews} | {done.found:.0%} | "
        f"{done.f1_before:.4f} | {done.f1_queue:.4f} | {done.f1_random:.4f} | {queue:+.2f} | {random:+.2f} |",
        flush=True,
    )


def planted(path: Path | None, head: str) -> dict[str, str]:
    if path is None:
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["meant"] for row in csv.DictReader(file, delimiter="\t") if row["field"] == head}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=Path, required=True)
    parser.add_argument("--head", default="category")
    parser.add_argument("--planted", type=Path)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--encoder", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
