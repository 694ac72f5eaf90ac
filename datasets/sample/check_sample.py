"""Measure the sample: near-duplicates across the time split, exact duplicates, and how labels are spread.

Exits with 1 when a ticket after the split is nearer than the limit to one before it, when a text occurs
twice, when a slot was left unfilled, or when a ticket names an article that the outline does not know.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from near_duplicates import ShingleIndex, shingles

_UNFILLED = re.compile(r"\{[a-z_0-9 ']*[|}]|<<\w+>>")
HERE = Path(__file__).resolve().parent


def read(path: Path) -> list[dict[str, Any]]:
    """Read all rows of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def text_of(row: dict[str, Any]) -> str:
    """Join what a model would read."""
    return f"{row.get('subject', '')}\n{row.get('description', '')}"


def across(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[float, str, str]]:
    """Find for each later ticket the nearest earlier one: (similarity, later id, earlier id)."""
    index = ShingleIndex()
    for row in before:
        index.add(shingles(text_of(row)))
    found = []
    for row in after:
        score, who = index.nearest(shingles(text_of(row)))
        found.append((score, row["id"], before[who]["id"] if who >= 0 else "-"))
    return found


def within(rows: list[dict[str, Any]]) -> list[float]:
    """Find for each ticket the highest similarity to an earlier one of the same list."""
    index, scores = ShingleIndex(), []
    for row in rows:
        words = shingles(text_of(row))
        scores.append(index.nearest(words)[0])
        index.add(words)
    return scores


def show_scores(title: str, scores: list[float]) -> None:
    """Print counts in steps of 0.1 and some quantiles."""
    steps = Counter(min(int(s * 10), 9) for s in scores)
    ordered = sorted(scores)
    print(
        f"{title}: n={len(scores)} "
        + " ".join(
            f"{name}={ordered[min(int(len(ordered) * q), len(ordered) - 1)]:.3f}"
            for name, q in (("median", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
        )
    )
    print("  " + "  ".join(f"{n / 10:.1f}-{(n + 1) / 10:.1f}: {steps[n]}" for n in range(10) if steps[n]))


def show_counts(title: str, values: Iterable[str]) -> None:
    """Print each value with its count and share."""
    counts = Counter(values)
    total = sum(counts.values())
    print(
        f"{title}: "
        + ", ".join(
            f"{k or '(none)'} {n} ({n / total:.1%})"
            for k, n in sorted(counts.items(), key=lambda kv: (title != "month" and -kv[1], kv[0]))
        )
    )


def show_spread(rows: list[dict[str, Any]]) -> None:
    """Print how labels and other fields are spread, spam apart."""
    real = [row for row in rows if not row.get("spam")]
    print(f"spam: {len(rows) - len(real)} of {len(rows)}")
    for name in ("category", "priority", "product_area", "channel", "plan", "language", "resolution_type"):
        show_counts(name, (str(row.get(name, "")) for row in real))
    show_counts("month", (row["created_at"][:7] for row in rows))
    show_counts("csat", (str(row.get("csat", "")) for row in real))
    linked = [row["kb_article_id"] for row in real if row.get("kb_article_id")]
    lists = sum(isinstance(one, list) for one in linked)
    names = Counter(a for one in linked for a in (one if isinstance(one, list) else [one]))
    print(f"kb_article_id: {len(linked)} ({len(linked) / len(real):.1%}), {lists} lists, {len(names)} articles")
    lengths = sorted(len(text_of(row).split()) for row in rows)
    print("words: " + ", ".join(f"p{q} {lengths[len(lengths) * q // 100]}" for q in (10, 50, 90)))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=Path, default=HERE / "tickets.jsonl.gz")
    parser.add_argument("--outline", type=Path, default=HERE / "outline.tsv", help="article ids in the first column")
    parser.add_argument("--split", default="2025-10-01", help="first day of the later side (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=0.5, help="similarity allowed across (default: %(default)s)")
    chosen = parser.parse_args()
    rows = read(chosen.tickets)
    before = [row for row in rows if row["created_at"] < chosen.split]
    after = [row for row in rows if row["created_at"] >= chosen.split]
    print(f"tickets: {len(rows)}, before {chosen.split}: {len(before)}, after: {len(after)}")
    found = across(before, after)
    show_scores("across the split", [score for score, _, _ in found])
    close = [one for one in found if one[0] > chosen.limit]
    print(f"above {chosen.limit} across: {len(close)}; nearest: {max(found)}")
    show_scores("within before", within(before))
    show_scores("within after", within(after))
    twice = len(rows) - len({text_of(row) for row in rows})
    print(f"exact duplicates: {twice}; ids twice: {len(rows) - len({row['id'] for row in rows})}")
    show_spread(rows)
    raw = [row["id"] for row in rows if _UNFILLED.search(text_of(row) + row.get("resolution", ""))]
    print(f"texts with an unfilled slot: {raw or 'none'}")
    known = {line.split("\t")[0] for line in chosen.outline.read_text(encoding="utf-8").splitlines()}
    linked = [row.get("kb_article_id", []) for row in rows]
    unknown = {a for one in linked for a in (one if isinstance(one, list) else [one])} - known
    print(f"unknown articles: {sorted(unknown) or 'none'}")
    return 1 if close or twice or unknown or raw else 0


if __name__ == "__main__":
    raise SystemExit(main())
