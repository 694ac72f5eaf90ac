"""The hand-written material: situations, their cores, and the slots inside a text."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SPLIT = date(2025, 10, 1)
YEAR_START = date(2025, 1, 1)
YEAR_END = date(2025, 12, 31)


@dataclass(frozen=True)
class Situation:
    """What happened to a customer: the labels and the article depend on it, the words do not."""

    id: str
    category: str
    area: str
    articles: tuple[str, ...]
    kind: str
    resolutions: tuple[str, ...]
    article_rate: float = 0.78
    weight: float = 1.0
    plans: tuple[str, ...] = ()
    season: str = ""
    log: str = ""
    resolution_type: str = ""


@dataclass
class Core:
    """One hand-written way to describe a situation, usable between two days."""

    situation: Situation
    priority: str
    subject: str
    text: str
    category: str
    area: str
    lang: str = "en"
    flags: tuple[str, ...] = ()
    article: str = ""
    first: date = YEAR_START
    last: date = YEAR_END
    uses: int = 0

    @property
    def only_day(self) -> date | None:
        """The day of an event, for cores that belong to one day."""
        return self.first if self.first == self.last else None


@dataclass
class Sources:
    """Everything read from ``sources/``."""

    cores: list[Core] = field(default_factory=list)
    spam: list[tuple[str, str]] = field(default_factory=list)
    pieces: dict[str, Any] = field(default_factory=dict)
    slots: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, list[str]] = field(default_factory=dict)
    foreign: dict[str, dict[str, Any]] = field(default_factory=dict)


def _situation(row: dict[str, Any]) -> Situation:
    category, area = row["label"].split("/")
    return Situation(
        id=row["id"],
        category=category,
        area=area,
        articles=tuple(row["kb"]),
        kind=row["kind"],
        resolutions=tuple(row["res"]),
        article_rate=row.get("kb_rate", 0.78),
        weight=row.get("w", 1.0),
        plans=tuple(row.get("plans", ())),
        season=row.get("season", ""),
        log=row.get("log", ""),
        resolution_type=row.get("rtype", ""),
    )


def _core(line: str, situation: Situation, row: dict[str, Any], lang: str = "en") -> Core:
    head, subject, text = (part.strip() for part in line.split(" :: ", 2))
    priority, *words = head.split()
    core = Core(situation, priority, subject, text, situation.category, situation.area, lang)
    start, end = row.get("from", ""), ""
    flags = []
    for word in words:
        name, _, value = word.lstrip("@").partition("=")
        if not word.startswith("@"):
            core.category, _, area = word.partition("/")
            core.area = area or core.area
        elif name == "from":
            start = value
        elif name == "until":
            end = value
        elif name == "kb":
            core.article = value
        else:
            flags.append(name)
    if day := row.get("day"):
        start = end = day
    core.flags = tuple(flags)
    core.first = date.fromisoformat(start) if start else YEAR_START
    core.last = date.fromisoformat(end) if end else YEAR_END
    return core


def load(folder: Path) -> Sources:
    """Read all TOML files of a folder in the order of their names."""
    found = Sources()
    known: dict[str, tuple[Situation, dict[str, Any]]] = {}
    foreign: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as handle:
            content = tomllib.load(handle)
        for row in content.get("situation", []):
            situation = _situation(row)
            known[situation.id] = (situation, row)
            found.cores += [_core(line, situation, row) for line in row["cores"].strip().splitlines()]
        foreign += content.get("foreign", []) + content.get("extra", [])
        for line in content.get("spam", {}).get("cores", "").strip().splitlines():
            subject, text = line.split(" :: ", 1)
            found.spam.append((subject, text))
        found.logs |= content.get("logs", {})
        if path.stem in ("pieces", "slots"):
            setattr(found, path.stem, content)
    for row in foreign:
        if "hello" in row:
            found.foreign[row["lang"]] = row
        articles = found.foreign.get(row["lang"], {}).get("kb", {})
        for line in row["cores"].strip().splitlines():
            head, rest = line.split(" :: ", 1)
            priority, name, *flags = head.split()
            situation, base = known[name]
            core = _core(" ".join([priority, *flags]) + " :: " + rest, situation, base, row["lang"])
            core.article = core.article or articles.get(name, "")
            found.cores.append(core)
    return found


def give_windows(cores: list[Core], rng: random.Random, late_share: float = 0.3) -> None:
    """Let each core live on one side of the split only, and within that for some months only.

    Cores with dates of their own keep them; the rest of each situation is dealt out so that
    every situation is told on both sides, in different words.
    """
    groups: dict[tuple[str, str, bool], list[Core]] = {}
    for core in cores:
        if core.only_day is None:
            key = (core.situation.id if core.lang == "en" else core.lang, "", "phone" in core.flags)
            groups.setdefault(key, []).append(core)
    for group in groups.values():
        rng.shuffle(group)
        free = [c for c in group if c.first < SPLIT <= c.last]
        fixed_late = sum(c.first >= SPLIT for c in group)
        wanted = late_share * len(group) - fixed_late + rng.uniform(-0.45, 0.45)
        late = max(round(wanted), 1 if len(free) > 1 else int(rng.random() < late_share))
        for number, core in enumerate(free):
            if number < late:
                core.first = SPLIT
            else:
                core.last = SPLIT - timedelta(days=1)
    for core in cores:
        length = rng.randint(70, 190)
        if core.priority != "P0" and core.last < SPLIT and (core.last - core.first).days > length:
            core.first += timedelta(days=rng.randint(0, (core.last - core.first).days - length))
            core.last = core.first + timedelta(days=length)
