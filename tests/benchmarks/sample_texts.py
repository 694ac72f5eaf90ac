"""Request bodies for the benchmarks, from the sample's closed tickets."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from tests.benchmarks.second_encoder_parity import texts as parity_texts


def rows_of(tickets: Path) -> list[dict[str, Any]]:
    """Read JSON lines, gzipped or not."""
    stored = tickets.read_bytes()
    text = gzip.decompress(stored) if tickets.suffix == ".gz" else stored
    return [json.loads(line) for line in text.splitlines()]


def write_bodies(tickets: Path, folder: Path, number: int = 400) -> dict[str, Path]:
    """Write bodies: the newest tickets whole, their subjects as short questions, and short questions in nine languages.

    The last ones are those by which `second_encoder_parity` compares encoders.
    """
    foreign = [text for language, some in parity_texts().items() if language != "en" for text in some]
    rows = [row for row in rows_of(tickets) if row.get("subject") and row.get("description")][-number:]
    folder.mkdir(parents=True, exist_ok=True)
    bodies = {
        "tags": [{"subject": row["subject"], "description": row["description"]} for row in rows],
        "short_tags": [{"subject": row["subject"], "description": ""} for row in rows],
        "questions": [{"question": row["subject"]} for row in rows],
        "foreign_questions": [{"question": text} for text in foreign],
    }
    for name, items in bodies.items():
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(item) for item in items), encoding="utf-8")
    return {name: folder / f"{name}.jsonl" for name in bodies}
