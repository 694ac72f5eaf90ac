"""Write the closed tickets of the Larkmetric sample from the hand-written material in ``sources/``.

The same seed gives the same bytes. No ticket created from 2025-10-01 on resembles one created before it,
since a core is used on one side of that day only, and a draft that comes too close to an earlier ticket is
written again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import desk
from near_duplicates import ShingleIndex, shingles
from situations import SPLIT, YEAR_START, Core, Sources, give_windows, load
from slots import Filler
from wording import Draft, Writer

HERE = Path(__file__).resolve().parent
OUTAGE = date(2025, 9, 17)
PRIORITY_SHARES = {"P0": 0.018, "P1": 0.118, "P2": 0.322, "P3": 0.393, "P4": 0.149}
SPAM_SHARE = 0.021
FOREIGN_WEIGHT = 0.55
ACROSS = 0.4  # highest similarity to a ticket of the other side of the split
WITHIN = 0.5  # highest similarity to a ticket of the same side


class Sample:
    """One run: draws moments, cores and words, and keeps what it wrote."""

    def __init__(self, sources: Sources, titles: dict[str, str], seed: int) -> None:
        self.titles = titles
        self.rng = random.Random(seed)
        self.sources = sources
        give_windows(sources.cores, self.rng)
        self.writer = Writer(self.rng, sources.pieces, sources.logs, sources.foreign)
        self.accounts = desk.accounts(self.rng, sources.slots, list(sources.foreign))
        self.before, self.after = ShingleIndex(), ShingleIndex()
        self.rows: list[dict[str, Any]] = []
        self.planted: list[tuple[str, str, str, str]] = []
        self.traits: dict[str, int] = {}
        self.redone = 0

    def moments(self, count: int) -> list[tuple[datetime, Core | None, bool]]:
        """Draw when tickets come: (moment, core of an event or None, spam)."""
        days = [YEAR_START + timedelta(days=i) for i in range(365)]
        drawn = self.rng.choices(days, [desk.day_weight(day) for day in days], k=count)
        found: list[tuple[datetime, Core | None, bool]] = [
            (desk.moment(self.rng, day), None, number < count * SPAM_SHARE) for number, day in enumerate(drawn)
        ]
        for core in self.sources.cores:
            if core.only_day == OUTAGE:
                found.append((self._outage_moment(core), core, False))
            elif core.only_day:
                for _ in range(2):
                    minute = self.rng.randint(2, 120)
                    at = datetime(2025, 5, 22, 13, 15, 20, tzinfo=UTC) + timedelta(minutes=minute)
                    found.append((at, core, False))
        return sorted(found, key=lambda one: (one[0], one[1].subject if one[1] else ""))

    def _outage_moment(self, core: Core) -> datetime:
        begin = datetime(2025, 9, 17, 9, 44, tzinfo=UTC)
        text = core.subject + core.text
        late = [
            ("11:15", 95),
            ("12:50", 186),
            ("12:35", 172),
            ("13:20", 217),
            ("two hours", 130),
            ("70 min", 75),
            ("over an hour", 80),
            ("hours now", 95),
        ]
        for mark, minutes in late:
            if mark in text:
                return begin + timedelta(minutes=minutes, seconds=self.rng.randrange(400))
        return begin + timedelta(minutes=min(self.rng.expovariate(1 / 45), 200), seconds=self.rng.randrange(60))

    def core_for(self, at: datetime) -> Core:
        """Choose a core that lives on that day; priorities in their shares, fresh cores first."""
        day = at.date()
        live: list[Core] = []
        while not live:
            priority = desk.pick(self.rng, PRIORITY_SHARES)
            live = [
                c for c in self.sources.cores if c.priority == priority and c.first <= day <= c.last and not c.only_day
            ]
        weights = []
        for core in live:
            weight = core.situation.weight * (1 if core.uses else 4) / (1 + core.uses) ** 2
            if core.lang != "en":
                weight *= FOREIGN_WEIGHT
            if core.situation.season == "close":
                weight *= desk.closing_factor(day)
            if core.article.startswith("release-notes"):
                weight *= 1.6
            if core.situation.id == "api-v3-launch" and day < date(2025, 8, 15):
                weight *= 2.2
            weights.append(weight)
        return self.rng.choices(live, weights)[0]

    def sender(self, core: Core) -> tuple[desk.Account, str] | None:
        """Choose an account and a channel that fit the core."""
        needed = set(core.situation.plans)
        flag = next((f for f in core.flags if f in ("phone", "api")), "")
        if flag:
            needed = {p for p in desk.PLANS if flag in desk.CHANNELS[p] and (not needed or p in needed)}
        elif "{plan}" in core.text or core.situation.kind == "dev":
            needed = needed or {"standard", "premium", "enterprise"}
        fitting = [a for a in self.accounts if (not needed or a.plan in needed) and core.lang in (a.lang, "en")]
        if not fitting:
            return None
        account = self.rng.choices(fitting, [a.weight for a in fitting])[0]
        weights: dict[str, float] = dict(desk.CHANNELS[account.plan])
        if core.lang != "en":
            weights = {c: w for c, w in weights.items() if c not in ("phone", "api")}
        elif core.situation.kind == "dev":
            weights["api"] = weights.get("api", 0) * 3
        return account, flag or desk.pick(self.rng, weights)

    def draft(self, at: datetime, event: Core | None) -> tuple[Core, desk.Account, str, Draft]:
        """Write until the words are far enough from every earlier ticket."""
        late = at.date() >= SPLIT
        same, other = (self.after, self.before) if late else (self.before, self.after)
        for attempt in range(400):
            core = event or self.core_for(at)
            found = self.sender(core)
            if found is None:
                continue
            account, channel = found
            known = {**account.facts, "_lang": core.lang, "_money": "small" if core.area == "billing" else ""}
            lists = self.sources.slots["slots"]
            fill = Filler(self.rng, lists, at, known)
            draft = self.writer.write(core, channel, fill, self.rng.choice(account.people))
            words = shingles(draft.subject + "\n" + draft.description)
            if other.nearest(words)[0] <= ACROSS and (same.nearest(words)[0] <= WITHIN or (event and attempt > 60)):
                same.add(words)
                core.uses += 1
                return core, account, channel, draft
            self.redone += 1
        raise RuntimeError(f"no words far enough from earlier tickets at {at:%Y-%m-%d}")

    def add(self, number: int, at: datetime, event: Core | None) -> None:
        """Write one ticket with everything that the desk adds to it."""
        core, account, channel, draft = self.draft(at, event)
        row: dict[str, Any] = {
            "id": f"LK-{10_000 + number}",
            "subject": draft.subject,
            "description": draft.description,
            "created_at": stamp(at),
        }
        first, closed = desk.handled(self.rng, at, account.plan, core.priority)
        if core.only_day:
            closed = max(
                first,
                datetime.combine(core.only_day, datetime.min.time(), UTC)
                + timedelta(hours=14 if core.only_day == OUTAGE else 16, minutes=self.rng.randint(2, 260)),
            )
        row |= {"first_response_at": stamp(first), "closed_at": stamp(closed), "channel": channel}
        for name, value, rate in (
            ("plan", account.plan, 0.98),
            ("account", account.slug, 0.97),
            ("language", core.lang, 0.97),
        ):
            if self.rng.random() < rate:
                row[name] = value
        filed, planted = desk.labels(self.rng, core)
        row |= filed
        self.planted += [(row["id"], *one) for one in planted]
        row |= desk.outcome(self.rng, core, self.sources.slots, self.sources.pieces["answers"], self.titles)
        mark = desk.csat(self.rng, draft.traits, closed - at, row["resolution_type"])
        if mark is not None:
            row["csat"] = mark
        for trait in [*draft.traits, *(["other language"] if core.lang != "en" else [])]:
            self.traits[trait] = self.traits.get(trait, 0) + 1
        self.rows.append(row)

    def add_spam(self, number: int, at: datetime) -> None:
        """Write one unwanted message, closed without labels."""
        late = at.date() >= SPLIT
        half = len(self.sources.spam) * 2 // 3
        pool = self.sources.spam[half:] if late else self.sources.spam[:half]
        same, other = (self.after, self.before) if late else (self.before, self.after)
        for _ in range(200):
            subject, text = self.rng.choice(pool)
            fill = Filler(self.rng, self.sources.slots["slots"], at, {"co_slug": "unknown", "co": "Unknown"})
            subject, text = fill(subject), fill(text)
            if self.rng.random() < 0.6:
                hello = self.rng.choice(("Dear Sir,", "Hi,", "Hello dear,", "Attention:", "Hello, hope you are fine."))
                text = f"{hello}\n{text}\n{self.rng.choice(('Regards', 'Best', 'Sincerely', 'Reply STOP to leave'))}"
            words = shingles(subject + "\n" + text)
            if other.nearest(words)[0] <= ACROSS and same.nearest(words)[0] <= WITHIN:
                break
        same.add(words)
        closed = at + timedelta(minutes=self.rng.randint(20, 2_000))
        self.rows.append(
            {
                "id": f"LK-{10_000 + number}",
                "subject": subject,
                "description": text,
                "created_at": stamp(at),
                "closed_at": stamp(closed),
                "channel": self.rng.choice(("email", "email", "web")),
                "language": "fr" if "Je suis" in text else "en",
                "spam": True,
                "resolution": "Spam.",
                "resolution_type": "wont_fix",
            }
        )

    def run(self, count: int) -> None:
        """Write all tickets in the order of time."""
        for number, (at, event, unwanted) in enumerate(self.moments(count)):
            if unwanted:
                self.add_spam(number, at)
            else:
                self.add(number, at, event)
            if sys.stderr.isatty() and number % 100 == 0:
                print(f"\r{number} tickets", end="", file=sys.stderr)


def stamp(at: datetime) -> str:
    """Format as RFC 3339 in UTC with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(rows: list[dict[str, Any]]) -> Iterator[bytes]:
    """Encode as JSON lines, keys in the order in which they were set."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "tickets.jsonl.gz", help="file to write")
    parser.add_argument("--sources", type=Path, default=HERE / "sources", help="folder with the hand-written texts")
    parser.add_argument("--outline", type=Path, default=HERE / "outline.tsv", help="ids and titles of articles")
    parser.add_argument("--planted", type=Path, default=HERE / "planted.tsv", help="where to list wrong labels")
    parser.add_argument("--count", type=int, default=2_560, help="without those of outages (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2025, help="seed of all choices (default: %(default)s)")
    chosen = parser.parse_args()
    outline = [line.split("\t") for line in chosen.outline.read_text(encoding="utf-8").splitlines()]
    sample = Sample(load(chosen.sources), {row[0]: row[3] for row in outline}, chosen.seed)
    sample.run(chosen.count)
    with chosen.out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.writelines(lines(sample.rows))
    with chosen.planted.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write("id\tfield\tfiled\tmeant\n")
        handle.writelines("\t".join(one) + "\n" for one in sample.planted)
    uses = [core.uses for core in sample.sources.cores]
    print(
        f"{len(sample.rows)} tickets from {sum(u > 0 for u in uses)} of {len(uses)} cores (most used: {max(uses)}), "
        f"{sample.redone} drafts redone"
    )
    print("on purpose: " + ", ".join(f"{name} {n}" for name, n in sorted(sample.traits.items())))


if __name__ == "__main__":
    main()
