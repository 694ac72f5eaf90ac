"""What the cascade of a bundle saves, and what it costs in errors, beside the encoder's heads of the same bundle.

    python -m tests.benchmarks.cascade --bundle BUNDLE --tickets datasets/sample/tickets.jsonl.gz
    python -m tests.benchmarks.cascade --bundle BUNDLE --tickets TICKETS --audit datasets/sample/audit.jsonl

BUNDLE was fitted with `firstline-train fit --cascade`. Without `--audit` the tickets are those of a test set that the
bundle has not learnt from; with it they are the bundle's held-out tickets, judged by the audit's labels. The costs are
the processor's time for all that a tag needs of the model with `include=` empty: n-grams, encoder, heads,
foreign-text gate, and the sentences that the critical head reads.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from serving.inference import loaded_model
from serving.inference.languages import Languages
from serving.inference.loaded_model import LoadedModel
from serving.inference.tagger import Tagged, Tagger, TicketText
from serving.telemetry import Telemetry
from training.audit import answers
from training.bundles import held_out
from training.data import closed_tickets
from training.data.column_mapping import ColumnMapping
from triage.model import urgency

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
REDRAWS = 2_000


@dataclass(frozen=True)
class Live:
    """The models of a service, as far as a tagger asks."""

    model: LoadedModel

    def take(self) -> LoadedModel:
        """Return the model."""
        return self.model


@dataclass(frozen=True)
class Ran:
    """Tags of all tickets: by head confidence and label, and the seconds of each.

    `spared` ran the encoder not once; of those in `unread` the text as a whole was not encoded, but maybe sentences.
    """

    tags: Sequence[Mapping[str, tuple[float, str]]]
    seconds: np.ndarray
    spared: np.ndarray
    unread: np.ndarray
    encodings: int


class Counting:
    """An encoder that counts the texts that it runs."""

    def __init__(self, model: LoadedModel) -> None:
        self._encoder, self.n = model.encoder, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def read(self, texts: Sequence[str]) -> object:
        """Encode and count."""
        self.n += len(texts)
        return self._encoder.read(texts)

    def encode(self, texts: Sequence[str]) -> object:
        """Encode and count."""
        self.n += len(texts)
        return self._encoder.encode(texts)


def run(model: LoadedModel, texts: Sequence[TicketText], clock: Callable[[], float]) -> Ran:
    """Tag every ticket alone."""
    encoder = Counting(model)
    live = replace(model, encoder=encoder)  # type: ignore[arg-type]
    tagger = Tagger(Live(live), Languages(), Telemetry(), urgency.default())  # type: ignore[arg-type]
    read = [tagger._read(each) for each in texts]
    critical = model.bundle.critical if model.bundle else None
    found: list[Tagged] = []
    seconds, spared = [], []
    for each in read:
        before, begun = encoder.n, clock()
        found += tagger.tagged_by(live, [each], critical=critical)
        seconds.append(clock() - begun)
        spared.append(encoder.n == before)
    encodings = encoder.n  # what follows is no part of a tag
    whole = np.array([one.encoded is None for one in found])
    heads = [_labels(model, one) for one in found]
    return Ran(heads, np.array(seconds), np.array(spared), whole, encodings)


def _labels(model: LoadedModel, one: Tagged) -> dict[str, tuple[float, str]]:
    """Return each head's own best label and confidence, whatever the floor made of it; foreign texts have none."""
    bundle, text = model.bundle, one.text
    assert bundle is not None
    said = bundle.judge([text], one.read().states, [one.language])
    return {
        head: (0.0 if said.foreign[head][0] else float(rows[0].max()), bundle.heads[head].classes_[rows[0].argmax()])
        for head, rows in said.probabilities.items()
    }


def errors(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the share of wrong labels at each coverage."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order])
    ends = [max(1, int(len(order) * coverage)) for coverage in COVERAGES]
    return np.array([wrong[end - 1] / end for end in ends])


def difference(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the 95 % interval of the difference at each coverage, (2, n_coverages): tickets are drawn anew, paired."""
    random, n = np.random.default_rng(0), len(ours[0])
    drawn = (random.integers(0, n, n) for _ in range(REDRAWS))
    gaps = [errors(*(each[rows] for each in ours)) - errors(*(each[rows] for each in theirs)) for rows in drawn]
    return np.quantile(gaps, (0.025, 0.975), axis=0)


def table(today: Ran, cascade: Ran, truth: Sequence[Mapping[str, Sequence[str]]]) -> None:
    """Print errors at equal coverage by head, and what a tag costs."""
    print("| head | coverage | encoder's heads: wrong | cascade: wrong | difference (95 % interval, paired) |")
    print("|---|---|---|---|---|")
    for head in cascade.tags[0]:
        rows = [i for i, each in enumerate(truth) if each.get(head)]
        sides = []
        for ran in (cascade, today):
            said = [ran.tags[i][head] for i in rows]
            right = np.array([label in truth[i][head] for i, (_, label) in zip(rows, said, strict=True)])
            sides.append((np.array([confidence for confidence, _ in said]), right))
        ours, theirs = errors(*sides[0]), errors(*sides[1])
        for at, low, high, a, b in zip(COVERAGES, *difference(*sides), ours, theirs, strict=True):
            interval = f"{a - b:+.2%} ({low:+.2%} to {high:+.2%})"
            print(f"| {head} (n {len(rows)}) | {at:.0%} | {b:.2%} | {a:.2%} | {interval} |")
    n = len(cascade.seconds)
    print("\n| | encoder's heads | cascade |\n|---|---|---|")
    print(f"| tickets that run the encoder not once | 0 | {cascade.spared.mean():.1%} of {n} |")
    print(f"| tickets that are not encoded as a whole | 0 | {cascade.unread.mean():.1%} |")
    print(f"| encodings a tag, with the critical head's | {today.encodings / n:.2f} | {cascade.encodings / n:.2f} |")
    means = [1000 * each.seconds.mean() for each in (today, cascade)]
    print(f"| CPU a tag, mean | {means[0]:.2f} ms | {means[1]:.2f} ms ({means[1] / means[0]:.0%}) |")


def _answers(line: answers.Answer | None) -> dict[str, Sequence[str]]:
    """Return by head the labels that an audit accepts; a head for which nobody can tell is left out."""
    said = line.heads.items() if line else ()
    return {head: each.labels for head, each in said if each.kind != "cannot_tell"}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--tickets", type=Path, required=True)
    parser.add_argument("--audit", type=Path, help="Judge the held-out tickets by the labels of an audit.")
    chosen = parser.parse_args()
    model = loaded_model.load(chosen.bundle, origin="current", at=datetime.now(UTC))
    assert model.bundle is not None
    tickets = list(closed_tickets.read(chosen.tickets, ColumnMapping()).tickets)
    if chosen.audit:
        measured = {row.id for row in held_out.read(model.bundle)}
        tickets = [each for each in tickets if each.id in measured]
    truth: list[Mapping[str, Sequence[str]]] = [{head: (label,) for head, label in t.labels.items()} for t in tickets]
    if chosen.audit:
        said = {each.id: each for each in answers.read(chosen.audit).lines}
        truth = [_answers(said.get(each.id)) for each in tickets]
    texts = [TicketText(each.subject or "", each.description or "", each.language) for each in tickets]
    plain = replace(model, bundle=replace(model.bundle, first_stage=None, screen=None))
    for each in (plain, model):
        run(each, texts[:20], time.process_time)
    table(run(plain, texts, time.process_time), run(model, texts, time.process_time), truth)


if __name__ == "__main__":
    main()
