"""What the sample's audit certifies: coverage and true risk of each head at 1, 2 and 5 % wrong tags.

    python -m tests.benchmarks.sample_audit --bundle var/sample/bundle

The right labels are those from before errors were planted, so the true risk of the held-out tickets is known. At the
risk of the bundle the thresholds are those in it; at the others they are made by the same rule.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from msgspec import structs

from training.audit import answers
from training.audit.certifying import answered, tested
from training.audit.population import Population, confidence_of, populations
from training.bundles import held_out
from training.evaluation.audit_ladder import audit_ladder
from training.evaluation.certificates import SHOWN_ALPHAS, Target
from training.evaluation.intervals import wilson
from triage.model import bundle as bundles
from triage.taxonomy.changes import Changes

SAMPLE = Path(__file__).parents[2] / "datasets" / "sample"


def main() -> None:
    """Print the table of datasets/sample/README.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("var/sample/bundle"))
    parser.add_argument("--answers", type=Path, default=SAMPLE / "audit.jsonl")
    chosen = parser.parse_args()
    bundle, log = bundles.load(chosen.bundle), answers.read(chosen.answers)
    looks = answers.Answers.of(structs.replace(log.header, exhaustive=False), log.lines)
    print("| head | at most wrong | tickets applied | wrong labels among them | by their closed labels | looked at |")
    print("|---|---|---|---|---|---|")
    for found in populations(bundle.manifest.heads, held_out.read(bundle)):
        for alpha in SHOWN_ALPHAS:
            print(row(at(found, alpha), log, looks))


def at(population: Population, alpha: float) -> Population:
    """Return the population with the thresholds for another risk."""
    ladder = population.ladder
    if alpha == ladder.alpha:
        return population
    confidence = np.array([confidence_of(each, population.head) for each in population.rows.values()])
    target = Target(alpha, ladder.delta)
    steps = audit_ladder(confidence, confidence, target, ladder.thresholds[-1])
    made = structs.replace(ladder, alpha=alpha, thresholds=steps)
    return Population(population.head, made, population.rows, population.tickets)


def row(population: Population, log: answers.Answers, looks: answers.Answers) -> str:
    """Return a line of the table; `looks` are the answers as a sequential audit would ask for them."""
    alpha = f"{population.ladder.alpha:.0%}"
    found = tested(population, log, Changes()) if population.ladder.thresholds else None
    if found is None:
        return f"| {population.head} | {alpha} | none | | | |"
    wrong, head = answered(population, log, Changes()), population.head
    applied = [each for each in population.rows.values() if confidence_of(each, head) >= found.threshold]
    risk = sum(wrong[each.id] for each in applied)
    closed = sum(each.guesses[head] != each.labels[head] for each in applied)
    low, high = (float(each) for each in wilson(np.array(risk), np.array(len(applied))))
    sequential = tested(population, looks, Changes())
    short = f"{sequential.asked} for {sequential.n / population.tickets:.0%}" if sequential else "not enough tickets"
    return (
        f"| {head} | {alpha} | {found.n} of {population.tickets} ({found.n / population.tickets:.0%}) "
        f"| {risk:.0f} ({risk / found.n:.1%}; {low:.1%} to {high:.1%}) | {closed / found.n:.1%} | {short} |"
    )


if __name__ == "__main__":
    main()
