"""A desk that tags its tickets: each of five topics has two words, and a ticket has any number of topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from tests.training.desk import fitted, ticket
from training.config import Head, RefitConfig
from training.data.column_mapping import ColumnMapping
from training.refit import Done
from triage.taxonomy import labels as taxonomy

TAXONOMY = taxonomy.parse('[[heads]]\nname = "category"\n[[heads]]\nname = "topics"\nkind = "multi"\n')
MAPPING = ColumnMapping(heads=TAXONOMY.declared)
FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
TOPICS = {
    "refund": "reimburse goodwill",
    "tax": "vat receipt",
    "login": "sso username",
    "export": "spreadsheet columns",
    "angry": "terrible unacceptable",
}


def row(number: int, **changes: object) -> dict[str, Any]:
    """Return a row of an export; the same number gives the same row."""
    random, found = Random(f"topics {number}"), ticket(number)
    own = [name for name in TOPICS if random.random() < 0.25]
    found["description"] += " " + " ".join(TOPICS[name] for name in own)
    return {key: value for key, value in (found | {"topics": own} | changes).items() if value is not None}


def learn(home: Path, rows: Iterable[Mapping[str, Any]], out: str = "candidate", **changes: Any) -> Done:
    return fitted(home, rows, out=out, **({"config": FAST, "mapping": MAPPING, "taxonomy": TAXONOMY} | changes))
