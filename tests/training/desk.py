"""A desk whose tickets are easy to tell apart, and the folder in which training works on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from retrieval.encoder.encoder import FILES
from tests.tiny_bundle import tiny_encoder_files
from training.config import Critical, RefitConfig
from training.home import Home
from training.progress import Bars
from training.refit import Done, Plan, Tools, refit

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = {
    "bug": "export csv broken empty crash error fails wrong",
    "billing": "invoice refund charge card payment price twice money",
    "how_to": "question how where find reset password login change",
}
AREAS = {"bug": "reports", "billing": "billing", "how_to": "dashboard"}
FILLER = ["the", "my", "please", "our", "since", "today", "again", "account", "team", "we", "cannot", "still", "page"]


def ticket(number: int, **changes: object) -> dict[str, Any]:
    """Return a row of an export; the same number gives the same row."""
    random = Random(number)
    label = random.choice(sorted(WORDS))
    words = random.choices(WORDS[label].split(), k=5) + random.choices(FILLER, k=6) + [f"n{random.randrange(10**9)}"]
    random.shuffle(words)
    row = {
        "id": f"t-{number}",
        "subject": " ".join(words[:3]),
        "description": " ".join(words[3:]),
        "created_at": (START + timedelta(hours=number)).isoformat(),
        "category": label,
        "product_area": AREAS[label],
        "resolution": f"Solved it the {label} way.",
        "kb_article_id": [f"article-{label}"],
    }
    return {key: value for key, value in (row | changes).items() if value is not None}


def tickets(n: int, first: int = 0, **changes: object) -> list[dict[str, Any]]:
    return [ticket(number, **changes) for number in range(first, first + n)]


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


OTHER_DESK = tuple(f"{'api ' * (n % 7 + 1)}{'key ' * (n % 5 + 1)}".strip() for n in range(35))
"""Background texts in the two words that the tiny encoder knows and no ticket has."""


def open_home(home: Path) -> Home:
    """Return a home with an encoder of three nodes."""
    folder = home / "encoder" / "int8"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in zip(FILES, tiny_encoder_files(), strict=True):
        (folder / name).write_bytes(data)
    return Home(home, Bars(quiet=True))


def fitted(
    home: Path, rows: Iterable[Mapping[str, Any]], *, out: str = "candidate", critical: bool = False, **changes: Any
) -> Done:
    """Refit on rows into `home/<out>`."""
    workspace = open_home(home)
    encoder = workspace.encoder(None)
    plan = {
        "tickets": write(home / f"{out}.jsonl", rows),
        "out": home / out,
        "at": START,
        "config": RefitConfig(),
    } | changes
    second = plan.pop("second", None)
    if not critical:  # learning emergencies takes most of a minute, and few tests are about them
        plan["config"] = replace(plan["config"], critical=Critical(learn=0))
    tools = Tools(
        encoder=encoder,
        vectors=workspace.vectors(encoder),
        bars=workspace.bars,
        current=workspace.current(),
        encode=workspace.encode,
        second=workspace.second(second, plan.get("articles")) if second else None,
    )
    return refit(Plan(**plan), tools)
