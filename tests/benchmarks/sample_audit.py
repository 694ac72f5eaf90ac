"""What the sample's audit certifies: coverage and true risk of each head at 1, 2 and 5 % wrong tags.

    python -m tests.benchmarks.sample_audit --bundle var/sample/bundle
    python -m tests.benchmarks.sample_audit --picture docs/audit.svg

The second one draws how the wealth of a sequential audit goes that asks for the answers one by one.
The right labels are those from before errors were planted, so the true risk of the held-out tickets is known. At the
risk of the bundle the thresholds are those in it; at the others they are made by the same rule.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from msgspec import structs

from training.audit import answers
from training.audit.certifying import answered, audited, tested
from training.audit.population import Population, confidence_of, populations
from training.audit.report_chapter import AuditedHead, picture
from training.bundles import held_out
from training.evaluation.audit_ladder import audit_ladder
from training.evaluation.certificates import SHOWN_ALPHAS, Target
from training.evaluation.intervals import wilson
from triage.charts.charts import HEIGHT, WIDTH, text
from triage.model import bundle as bundles
from triage.taxonomy.changes import Changes

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE = Path(__file__).parents[2] / "datasets" / "sample"
_STYLE = Markup("""
svg { --ink: #1d2530; --quiet: #5b6576; --line: #d9dee7; --ours: #2563eb; --good: #067647; font: 12px sans-serif }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e7ebf2; --quiet: #a3adbd; --line: #303846; --ours: #7aa2ff; --good: #47cd89 }
}
text { fill: var(--quiet) } .name, .said { fill: var(--ink); font-weight: 600 }
.axis { stroke: var(--quiet); fill: none }
.grid { stroke: var(--line); fill: none } .line { fill: none; stroke: var(--ours); stroke-width: 2 }
.line.quiet { stroke: var(--quiet); stroke-dasharray: 4 4; stroke-width: 1.5 } .dot.good { fill: var(--good) }
""")


def main() -> None:
    """Print the table of datasets/sample/README.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("var/sample/bundle"))
    parser.add_argument("--answers", type=Path, default=SAMPLE / "audit.jsonl")
    parser.add_argument("--picture", type=Path, help="Draw the wealth into this .svg, and print no table.")
    chosen = parser.parse_args()
    bundle, log = bundles.load(chosen.bundle), answers.read(chosen.answers)
    looks = answers.Answers.of(structs.replace(log.header, exhaustive=False), log.lines)
    if chosen.picture:
        found = populations(bundle.manifest.heads, held_out.read(bundle))
        chosen.picture.write_text(drawing([audited(each, looks, Changes()) for each in found]), encoding="utf-8")
        return
    print("| head | at most wrong | tickets applied | wrong labels among them | by their closed labels | looked at |")
    print("|---|---|---|---|---|---|")
    for found in populations(bundle.manifest.heads, held_out.read(bundle)):
        for alpha in SHOWN_ALPHAS:
            print(row(at(found, alpha), log, looks))


def drawing(heads: Sequence[AuditedHead]) -> Markup:
    """Return the pictures of all heads side by side as an SVG file of its own."""
    drawn = [(each, picture(each, each.course)) for each in heads if each.course is not None and each.course.lines]
    parts = [
        text(WIDTH * (i + 0.5), 16, each.title, "name", "middle")
        + Markup('<svg x="{}" y="22" width="{}" height="{}" {}').format(WIDTH * i, WIDTH, HEIGHT, one[len("<svg ") :])
        for i, (each, one) in enumerate(drawn)
    ]
    size = WIDTH * len(parts), HEIGHT + 22
    return Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}"><style>{}</style>{}</svg>\n').format(
        *size,
        _STYLE,
        Markup("\n").join(parts),
    )


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
