"""What stands in the {slots} of a hand-written text: numbers, dates, names and choices."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta

BILLOAK_SINCE = date(2025, 10, 6)
_BRACES = re.compile(r"\{([^{}\"\n]*)\}|<<(\w+)>>")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Filler:
    """Fills ``{slots}`` and ``{a|b}`` choices of one ticket; a slot keeps its value within the ticket."""

    def __init__(self, rng: random.Random, lists: dict[str, list[str]], at: datetime, known: dict[str, str]) -> None:
        self._rng = rng
        self._lists = lists
        self._at = at
        self._known = dict(known)

    def __call__(self, text: str) -> str:
        """Replace from the inside out until nothing is left to replace."""
        for _ in range(8):
            changed = _BRACES.sub(self._one, text)
            if changed == text:
                break
            text = changed
        if "\n" in text:
            return text
        ends = ".," if self._known.get("_lang") == "fr" else ".,?!"
        return re.sub(rf" +([{ends}])(?!\w)", r"\1", re.sub(r" {2,}", " ", text)).strip()

    def _one(self, found: re.Match[str]) -> str:
        inner = str(found.group(2) or found.group(1) or "")
        if "|" in inner:
            return self._rng.choice(inner.split("|"))
        value = self._slot(inner)
        return str(found.group(0)) if value is None else value

    def _slot(self, name: str) -> str | None:
        if name not in self._known:
            value = self._number(name) or self._moment(name) or self._listed(name)
            if value is None:
                return None
            self._known[name] = value
        return self._known[name]

    def _listed(self, name: str) -> str | None:
        choices = list(self._lists.get(name, []))
        if name in ("source", "source2", "oauth") and self._at.date() >= BILLOAK_SINCE:
            choices.append("Billoak")
        if name == "source2":
            choices = [c for c in choices if c != self._known.get("source")]
        return self._rng.choice(choices) if choices else None

    def _money(self, value: float) -> str:
        sign = self._known.get("sign", "$")
        whole = f"{value:,.0f}" if value >= 1000 or self._rng.random() < 0.4 else f"{value:,.2f}"
        if self._known.get("money") == "comma":
            return whole.translate(str.maketrans(",.", ".,")) + " " + sign
        return sign + whole

    def _amounts(self, name: str) -> str:
        rng = self._rng
        if "value" not in self._known:
            small = rng.choice((237, 79, 249, 790, 2490, 158, 948, 316))
            self._known["value"] = str(
                small if self._known.get("_money") == "small" else round(rng.uniform(1_200, 96_000), -1)
            )
        value = float(self._known["value"])
        if name in ("twelfth", "tenth"):
            return self._money(value / (12 if name == "twelfth" else 10))
        if name == "amount2":
            value = (
                rng.uniform(11, 420)
                if self._known.get("_money") == "small"
                else value * (1 + rng.choice((-1, 1)) * rng.uniform(0.01, 0.17))
            )
        return self._money(value)

    def _number(self, name: str) -> str | None:
        rng = self._rng
        made = {
            "n": lambda: str(rng.randint(2, 9)),
            "n2": lambda: str(rng.randint(11, 64)),
            "big": lambda: f"{rng.randint(310, 9_800):,}",
            "big2": lambda: f"{rng.randint(310, 9_800):,}",
            "huge": lambda: f"{rng.randint(14, 920)},{rng.randint(0, 9)}00",
            "huge_plain": lambda: str(rng.randint(10_000, 990_000)),
            "pct": lambda: str(rng.randint(2, 38)),
            "minutes": lambda: str(rng.randint(4, 55)),
            "hours": lambda: str(rng.randint(2, 9)),
            "year": lambda: str(rng.randint(2020, 2024)),
            "last4": lambda: f"{rng.randint(0, 9999):04d}",
            "hex4": lambda: f"{rng.randrange(16**4):04x}",
            "rid": lambda: f"req_{rng.randrange(16**8):08x}",
            "inv": lambda: f"LM-2025-{rng.randint(900, 9_900):06d}",
            "build": lambda: f"2025.{self._at.month}.{rng.randint(1, 30)}",
            "w": lambda: str(rng.choice((1280, 1440, 1536, 1920, 2560))),
            "h": lambda: str(rng.choice((720, 864, 900, 1080, 1440))),
            "ip": lambda: f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(30, 250)}",
            "ip2": lambda: f"203.0.113.{rng.randint(2, 250)}",
            "email": lambda: f"{(self._slot('name2') or 'info').lower()}@{self._known['co_slug']}.example",
        }
        if name in ("amount", "amount2", "twelfth", "tenth"):
            return self._amounts(name)
        return made[name]() if name in made else None

    def _moment(self, name: str) -> str | None:
        rng, at = self._rng, self._at
        if name in ("date", "date_next"):
            day = at + timedelta(days=rng.randint(4, 40) if name == "date_next" else -rng.randint(1, 11))
            month = _MONTHS[day.month - 1]
            return rng.choice((f"{day.day} {month}", f"{month} {day.day}", f"{day:%Y-%m-%d}", f"{day.day} {month[:3]}"))
        if name == "weekday":
            return _WEEKDAYS[(at - timedelta(days=rng.randint(1, 5))).weekday()]
        if name == "weekday2":
            return _WEEKDAYS[min((at + timedelta(days=rng.randint(1, 4))).weekday(), 4)]
        back = {"month": 10, "prevmonth": 40, "month_next": -32}
        if name in back:
            return _MONTHS[(at - timedelta(days=back[name])).astimezone(UTC).month - 1]
        return None
