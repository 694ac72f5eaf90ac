"""One change to a head's labels; `triage.taxonomy.changes` combines many."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from triage.errors import UnreadableRecord
from triage.instants import to_text

Kind = Literal["rename", "merge", "split", "retire", "add"]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """A rule of a split: a ticket gets the label one of whose words is in its text."""

    to: str
    words: tuple[str, ...]

    def holds(self, text: str) -> bool:
        """Say whether the text has one of the words, whatever the case; a word may be several."""
        plain = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text.lower()).split())} "
        return any(f" {' '.join(word.lower().split())} " in plain for word in self.words)


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a head's labels: the labels `before` and `after` it."""

    at: datetime
    head: str
    kind: Kind
    before: tuple[str, ...]
    after: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict, hash=False)
    rules: tuple[SplitRule, ...] = ()

    @property
    def id(self) -> str:
        """Sixteen digits of what the change does; what it says in words does not count."""
        done = {key: value for key, value in self.to_record().items() if key not in {"id", "sentence", "descriptions"}}
        return f"chg_{hashlib.sha256(json.dumps(done, sort_keys=True).encode()).hexdigest()[:16]}"

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        old, new, day = " and ".join(map(repr, self.before)), " and ".join(map(repr, self.after)), f"{self.at:%Y-%m-%d}"
        told = {
            "rename": f"{old} was renamed {new}",
            "merge": f"{old} were merged into {new}",
            "split": f"{old} was split into {new}",
            "retire": f"{old} was retired" + (f" in favour of {new}" if new else ""),
            "add": f"{new} was added",
        }
        return f"{told[self.kind]} on {day}"

    @property
    def decides(self) -> bool:
        """Whether tickets are answered otherwise because of it: a rename only changes a word, an addition nothing."""
        return self.kind in {"merge", "split", "retire"}

    @property
    def ends(self) -> frozenset[str]:
        """Labels that are there no more after it."""
        return frozenset(self.before) - frozenset(self.after)

    @property
    def begins(self) -> frozenset[str]:
        """Labels that are there from then on, whether or not they were before."""
        return frozenset() if self.kind == "retire" else frozenset(self.after) - frozenset(self.before)

    def told_by(self, text: str) -> str | None:
        """Return the part of a split that the rules give to a text; None where they tell nothing."""
        return next((rule.to for rule in self.rules if rule.holds(text)), None)

    def to_record(self) -> dict[str, Any]:
        """Write it for a bundle's manifest."""
        record: dict[str, Any] = {"at": to_text(self.at), "head": self.head, "kind": self.kind}
        record |= {"from": list(self.before), "to": list(self.after), "sentence": self.sentence}
        if self.descriptions:
            record["descriptions"] = dict(self.descriptions)
        if self.rules:
            record["rules"] = [{"to": rule.to, "words": list(rule.words)} for rule in self.rules]
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Change:
        """Read what `to_record` wrote."""
        try:
            return cls(
                at=datetime.fromisoformat(record["at"]),
                head=str(record["head"]),
                kind=cast("Kind", record["kind"]),
                before=tuple(map(str, record["from"])),
                after=tuple(map(str, record["to"])),
                descriptions=dict(record.get("descriptions", {})),
                rules=tuple(SplitRule(str(each["to"]), tuple(each["words"])) for each in record.get("rules", ())),
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise UnreadableRecord("taxonomy change", repr(problem)) from None
