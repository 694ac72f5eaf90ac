"""`firstline-train doctor`: check closed tickets, with findings, advice, and what to label next."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.data_quality import active_learning as next_labels
from training.data_quality import drift, findings
from training.data_quality.findings import Finding
from training.data_quality.label_errors import doubts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from training.data_quality.active_learning import Wanted
    from training.data_quality.checks import TicketSet
    from training.data_quality.inputs import Inputs
    from training.data_quality.out_of_fold import OutOfFold
    from training.progress import Bars

NEXT, RESULT = "label_next.jsonl", "doctor.json"
_ORDER = {"fix": 0, "look": 1, "note": 2}
_DOUBTED = 0.9
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found, the worst first; how many tickets each label has; and the tickets to label next."""

    tickets: int
    labels: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    wanted: tuple[Wanted, ...]

    def to_record(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "tickets": self.tickets,
            "labels": {head: dict(counts) for head, counts in self.labels.items()},
            "findings": [finding.to_record() for finding in self.findings],
            "label_next": [each.to_record() for each in self.wanted],
        }


def examine(material: Inputs, at: datetime, most: int, bars: Bars) -> Checkup:
    """Examine the tickets.

    Parameters
    ----------
    material
        As `training.data_quality.inputs.gather` gives it; labels are not needed.
    at
        The moment: what was created after it has a wrong time.
    most
        How many tickets to name for labelling.
    bars
        Shows how far it is.

    Returns
    -------
    Checkup
        Findings in order of severity.
    """
    desk, tickets = material.desk, material.export.tickets
    found = [*_quarantined(material), *_undeclared(material), *findings.missing(tickets), *findings.unseen(tickets)]
    found += findings.starved(material.heads, tickets)
    found += [*findings.repeated(desk), *findings.times(tickets, at), *findings.languages(tickets)]
    guesses: dict[str, OutOfFold] = {}
    with bars.bar("Examining heads", len(desk.learnt)) as progress:
        for done, head in enumerate(desk.learnt, start=1):
            if (guessed := desk.out_of_fold(head)) is not None:
                guesses[head] = guessed
                found += _disagreement(desk, head, guessed)
            found += _leak(desk, head)
            progress(done, len(desk.learnt))
    with bars.bar("Comparing new with old", 2) as progress:
        found += drift.drift(desk)
        progress(1, 2)
        wanted = next_labels.wanted(desk, material.vectors, guesses, most)
        progress(2, 2)
    ordered = sorted(found, key=lambda each: _ORDER[each.severity])
    counts = {
        head.head: dict(Counter(t.labels[head.head] for t in tickets if head.head in t.labels).most_common())
        for head in material.heads
    }
    return Checkup(len(tickets), counts, tuple(ordered), tuple(wanted))


def write(folder: Path, checkup: Checkup) -> None:
    """Write the result and the tickets to label next into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULT).write_text(json.dumps(checkup.to_record(), ensure_ascii=False, indent=1), encoding="utf-8")
    rows: Sequence[dict[str, Any]] = [
        {"rank": rank} | each.to_record() for rank, each in enumerate(checkup.wanted, start=1)
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / NEXT).write_text(lines, encoding="utf-8")


def _quarantined(material: Inputs) -> list[Finding]:
    bad = material.export.quarantined
    if not bad:
        return []
    sentence = f"{len(bad)} rows cannot be used; the first: line {bad[0].line} {bad[0].reason}"
    shown = tuple(f"line {row.line}" for row in bad[:_EXAMPLES])
    return [Finding("rows", "look", sentence, len(bad), "Repair the export or name its columns (--mapping).", shown)]


def _undeclared(material: Inputs) -> list[Finding]:
    advice = "Leave it as it is where it says nothing of the ticket when it comes in, such as its status."
    found = material.export.undeclared
    return [Finding("heads", "note", each.sentence.rstrip("."), each.rows, advice) for each in found]


def _leak(desk: TicketSet, head: str) -> list[Finding]:
    leaking = desk.leak(head)
    if leaking is None:
        return []
    advice = (
        "A model learns the phrase and nothing else: export the text as it was filed. If customers choose it in a "
        "form before they send, it is honest, and every ticket will have it."
    )
    count = round(leaking.share * sum(label is not None for label in desk.labels(head)))
    return [Finding("leak", "fix", leaking.sentence, count, advice)]


def _disagreement(desk: TicketSet, head: str, found: OutOfFold) -> list[Finding]:
    """Say which accounts contradict the rest, and how many single labels are almost surely wrong."""
    told = []
    for each in desk.contradictions(head, found):
        advice = "Look at the examples: another habit, a mapping gone wrong, or somebody who wants to mislead?"
        told.append(Finding("disagreement", "fix", each.sentence, each.against, advice, each.examples))
    doubt = doubts(found)
    rows = [row for row in found.labelled.tolist() if doubt[row] > _DOUBTED]
    if rows:
        share = len(rows) / len(found.labelled)
        sentence = f"{head}: {len(rows)} labels ({share:.1%}) contradict both the model and the nearest tickets"
        examples = tuple(desk.tickets[row].id for row in sorted(rows, key=lambda row: -doubt[row])[:_EXAMPLES])
        advice = "`make relabel` ranks them with the evidence."
        told.append(Finding("disagreement", "look", sentence, len(rows), advice, examples))
    return told
