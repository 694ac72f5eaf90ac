"""Write `audit.jsonl`: answers of an audit for the newest tickets, from the labels before errors were planted.

Nobody sat down and answered: the answers are what `make_sample.py` meant before it planted wrong labels, as the first
line of the file says. On a desk of your own a person answers (`firstline-train audit`).
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FIELDS = ("category", "priority", "product_area")
ABOUT = "made by make_audit.py from the labels before errors were planted (planted.tsv): no person answered"


def meant(tickets: Path, planted: Path) -> dict[str, dict[str, str]]:
    """Return the intended labels of every ticket that is not spam, in the order of time."""
    right: dict[tuple[str, str], str] = {}
    for line in planted.read_text(encoding="utf-8").splitlines()[1:]:
        ticket, name, _, label = line.split("\t")
        right[ticket, name] = label
    with gzip.open(tickets, "rt", encoding="utf-8") as handle:
        rows: list[dict[str, Any]] = [json.loads(line) for line in handle]
    found = {}
    for row in sorted(rows, key=lambda row: row["created_at"]):
        labels = {name: right.get((row["id"], name), row.get(name)) for name in FIELDS}
        if not row.get("spam"):
            found[row["id"]] = {name: label for name, label in labels.items() if label}
    return found


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=Path, default=HERE / "tickets.jsonl.gz")
    parser.add_argument("--planted", type=Path, default=HERE / "planted.tsv")
    parser.add_argument("--out", type=Path, default=HERE / "audit.jsonl")
    parser.add_argument("--newest", type=int, default=500, help="answers for so many tickets (default: %(default)s)")
    chosen = parser.parse_args()
    made = {"created_at": "2026-01-01T00:00:00Z", "exhaustive": True, "about": ABOUT}
    lines: list[dict[str, Any]] = [{"format": "firstline-audit/1", "seed": "sample", **made}]
    labels = meant(chosen.tickets, chosen.planted)
    for ticket in list(labels)[-chosen.newest :]:
        heads = {name: {"kind": "label", "labels": [label]} for name, label in labels[ticket].items()}
        lines.append({"id": ticket, "heads": heads, "who": "make_audit.py", "at": "2026-01-01T00:00:00Z"})
    chosen.out.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"{len(lines) - 1} tickets answered in {chosen.out}")


if __name__ == "__main__":
    main()
