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
    "refund": "refund money",
    "tax": "invoice charge",
    "login": "login password",
    "export": "export csv",
    "angry": "wrong crash",
}
PLAIN = ["please", "where", "our", "the", "my", "since", "today"]


def row(number: int, **changes: object) -> dict[str, Any]:
    """Return a row of an export; the same number gives the same row."""
    random = Random(f"topics {number}")
    own = [name for name in TOPICS if random.random() < 0.25]
    words = [
        *random.choices(PLAIN, k=6),
        *" ".join(TOPICS[name] for name in own).split(),
        f"n{random.randrange(10**9)}",
    ]
    random.shuffle(words)
    found = ticket(number) | {"subject": " ".join(words[:3]), "description": " ".join(words[3:]), "topics": own}
    return {key: value for key, value in (found | changes).items() if value is not None}


def learn(home: Path, rows: Iterable[Mapping[str, Any]], out: str = "candidate", **changes: Any) -> Done:
    return fitted(home, rows, out=out, **({"config": FAST, "mapping": MAPPING, "taxonomy": TAXONOMY} | changes))
