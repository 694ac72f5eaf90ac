"""The two sides around a text: when and from whom it comes, and what the agents made of it."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from situations import YEAR_START, Core

PLANS = {"free": 0.22, "standard": 0.4, "premium": 0.26, "enterprise": 0.12}
CHANNELS: dict[str, dict[str, float]] = {
    "free": {"email": 55, "web": 27, "in_app": 18},
    "standard": {"email": 44, "chat": 27, "in_app": 14, "web": 12, "api": 1.2},
    "premium": {"email": 40, "chat": 26, "in_app": 16, "web": 11, "api": 1.6, "phone": 0.8},
    "enterprise": {"email": 42, "chat": 25, "in_app": 15, "web": 8, "api": 2.5, "phone": 1.2},
}
_FIRST_MINUTES = {"free": 780.0, "standard": 150.0, "premium": 75.0, "enterprise": 24.0}
_URGENCY = {"P0": 0.12, "P1": 0.35, "P2": 0.8, "P3": 1.1, "P4": 1.7}
_WORK_HOURS = {"P0": 3.0, "P1": 6.5, "P2": 26.0, "P3": 30.0, "P4": 52.0}
_CONFUSABLE = {
    "bug": ("how_to", "integration"),
    "how_to": ("bug", "account"),
    "integration": ("bug", "how_to"),
    "account": ("how_to", "billing"),
    "billing": ("account", "how_to"),
    "feature_request": ("how_to", "bug"),
}
_LEVELS = ("P0", "P1", "P2", "P3", "P4")
_AREAS = ("dashboard", "api", "billing", "reports")
_COMMON = frozenset(("this", "that", "with", "from", "have", "were", "their", "they", "will", "what", "when", "your"))
_OUTCOMES = {
    "bug": {"solved": 55, "workaround": 26, "duplicate": 13, "wont_fix": 6},
    "integration": {"solved": 78, "workaround": 17, "wont_fix": 5},
    "feature_request": {"feature_request": 83, "wont_fix": 11, "duplicate": 3, "solved": 3},
    "how_to": {"solved": 93, "workaround": 5, "wont_fix": 2},
    "account": {"solved": 94, "workaround": 4, "wont_fix": 2},
    "billing": {"solved": 92, "wont_fix": 6, "workaround": 2},
}


def pick(rng: random.Random, weights: Mapping[str, float]) -> str:
    """Draw one key by its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


@dataclass(frozen=True)
class Account:
    """A fictional customer company."""

    slug: str
    plan: str
    sign: str
    money: str
    lang: str
    people: tuple[str, ...]
    weight: float

    @property
    def facts(self) -> dict[str, str]:
        """Slots that follow from the account."""
        return {
            "co_slug": self.slug,
            "co": self.slug.replace("-", " ").title(),
            "plan": self.plan,
            "sign": self.sign,
            "money": self.money,
        }


def accounts(rng: random.Random, slots: dict[str, Any], languages: Sequence[str]) -> list[Account]:
    """Invent companies, busy by a Zipf-like law; a third of them can write in another language."""
    parts, lists = slots["account"], slots["slots"]
    slugs = [f"{a}-{b}" for a in parts["first"] for b in parts["second"]]
    rng.shuffle(slugs)
    made = []
    for rank, slug in enumerate(slugs[: parts["count"]], 1):
        lang = languages[(rank // 3) % len(languages)] if rank % 3 == 0 else "en"
        sign, money = (
            ("€", rng.choice(("comma", "point")))
            if lang != "en"
            else rng.choice((("$", "point"), ("$", "point"), ("€", "point"), ("£", "point")))
        )
        people = tuple(
            rng.choice(lists["name"]) + (" " + rng.choice(lists["initial"]) if rng.random() < 0.5 else "")
            for _ in range(rng.randint(2, 6))
        )
        made.append(Account(slug, pick(rng, PLANS), sign, money, lang, people, 1 / (rank + 9) ** 0.8))
    return made


def day_weight(day: date) -> float:
    """Weigh the traffic of a day: weekday, growth over the year, summer dip, the last week of December, month ends."""
    weight = (1.12, 1.1, 1.02, 1.0, 0.86, 0.2, 0.16)[day.weekday()]
    weight *= 0.78 + 0.5 * (day - YEAR_START).days / 365
    if date(2025, 7, 7) <= day <= date(2025, 8, 31):
        weight *= 0.74
    if day >= date(2025, 12, 22) or day <= date(2025, 1, 2):
        weight *= 0.45
    return weight * (1 + 0.35 * (closing_factor(day) - 1) / 1.5)


def closing_factor(day: date) -> float:
    """Tell how much more the books matter: last two and first three days of a month, twice that at a quarter's end."""
    tomorrow = day + timedelta(days=2)
    near = day.day <= 3 or tomorrow.month != day.month
    ending = tomorrow.month != day.month
    quarter = (day.month in (1, 4, 7, 10) and day.day <= 3) or (day.month in (3, 6, 9, 12) and ending)
    return 2.8 if quarter else 2.0 if near else 0.88


def moment(rng: random.Random, day: date) -> datetime:
    """Draw an hour by the habits of Europe and America, UTC."""
    hours = [2, 1, 1, 1, 1, 2, 6, 16, 34, 42, 40, 34, 27, 36, 42, 40, 33, 26, 20, 16, 12, 8, 5, 3]
    hour = rng.choices(range(24), hours)[0]
    return datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), UTC)


def _next_open(at: datetime, plan: str) -> datetime:
    if plan == "enterprise":
        return at
    first, last = (6, 22) if plan == "premium" else (9, 17)
    while at.hour >= last or at.hour < first or (plan != "premium" and at.weekday() >= 5):
        at = (at + timedelta(hours=1)).replace(minute=0, second=0)
    return at


def handled(rng: random.Random, created: datetime, plan: str, priority: str) -> tuple[datetime, datetime]:
    """Draw first response and closing, as a desk of that plan would manage them."""
    minutes = _FIRST_MINUTES[plan] * _URGENCY[priority] * math.exp(rng.gauss(0, 0.75))
    first = _next_open(created, plan) + timedelta(minutes=max(2.0, minutes))
    first = _next_open(first, plan) + timedelta(minutes=rng.randint(0, 9), seconds=rng.randrange(60))
    hours = _WORK_HOURS[priority] * math.exp(rng.gauss(0, 0.8)) * (1.6 if plan == "free" else 1.0)
    closed = _next_open(first + timedelta(hours=hours), plan) + timedelta(seconds=rng.randrange(3000))
    return first, closed


def labels(rng: random.Random, core: Core) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Tell what the agent filed, and where that differs from what the writer meant: (field, filed, meant)."""
    meant = {"category": core.category, "priority": core.priority, "product_area": core.area}
    filed, planted = {}, []
    for name, value in meant.items():
        given = value
        if value and rng.random() < 0.04:
            given = ""
        elif value and rng.random() < 0.052:
            given = _mistaken(rng, name, value)
        if given != value:
            planted.append((name, given, value))
        if given:
            filed[name] = given
    return filed, planted


def _mistaken(rng: random.Random, name: str, value: str) -> str:
    if name == "priority":
        level = _LEVELS.index(value)
        return _LEVELS[min(max(level + rng.choice((-1, 1)), 0), 4) if 0 < level < 4 else (1 if level == 0 else 3)]
    if name == "category":
        near = rng.random() < 0.75
        return rng.choice(_CONFUSABLE[value] if near else [c for c in _CONFUSABLE if c != value])
    return rng.choice([a for a in _AREAS if a != value])


def note(rng: random.Random, core: Core, answers: dict[str, list[str]], title: str) -> str:
    """Choose an agent's answer: the note of the situation that shares most words with the core, or a general one."""
    asked = _stems(core.subject + " " + core.text)
    ranked = sorted((-len(asked & _stems(text)), rng.random(), text) for text in core.situation.resolutions)
    shared, _, best = ranked[0]
    home = core.category == core.situation.category
    if home and (core.situation.kind == "incident" or core.situation.id.startswith("bug")):
        return rng.choice(core.situation.resolutions)
    if shared <= -2 and rng.random() < 0.75:
        return best
    general = rng.choice([a for a in answers[core.situation.kind] if title or "<<title>>" not in a])
    return general.replace("<<title>>", title)


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[a-z0-9-]{4,}", text.lower())} - _COMMON


def outcome(
    rng: random.Random, core: Core, slots: dict[str, Any], answers: dict[str, list[str]], titles: dict[str, str]
) -> dict[str, Any]:
    """Choose resolution text, its type and the article that the agent linked."""
    situation = core.situation
    kind = (
        situation.resolution_type
        if situation.resolution_type and rng.random() < 0.9
        else pick(rng, _OUTCOMES[core.category])
    )
    articles = [core.article] if core.article else []
    articles += [a for a in situation.articles if a not in articles]
    text = note(rng, core, answers, titles.get(articles[0], "") if articles else "")
    text += " " + rng.choice(slots["closing"]["tails"]) if rng.random() < 0.4 else ""
    row: dict[str, Any] = {"resolution": text, "resolution_type": kind}
    rate = 0.6 if core.article and not situation.articles else situation.article_rate
    if articles and rng.random() < rate:
        near = slots["related"].get(situation.id)
        more = [*articles[1:], *([near] if near else [])]
        listed = [articles[0], *more[:2]] if more and rng.random() < 0.2 else articles[:1]
        row["kb_article_id"] = listed if len(listed) > 1 else listed[0]
    return row


def csat(rng: random.Random, traits: Sequence[str], waited: timedelta, kind: str) -> int | None:
    """Draw a mark from 1 to 5 from the third of customers who give one."""
    if rng.random() > 0.36:
        return None
    mark = 4.95 - 1.5 * ("anger" in traits) - 0.5 * (waited > timedelta(hours=20)) - 0.7 * (kind == "wont_fix")
    return min(5, max(1, round(rng.gauss(mark, 0.8))))
