"""What is tried on the past: policies, thresholds of tags and answers, and the share of visitors held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from serving.policy import policies
from serving.policy.policies import Policies
from serving.replay.errors import PolicyFileUnknown, PolicyNotAFolder, ThresholdRefused, WindowReversed
from triage.model.assessment import REST

LARGEST_HOLDOUT = 0.5
_TABLES = (".toml", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Window:
    """Tickets and sessions that began at or after one instant and before another."""

    begins_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.ends_at <= self.begins_at:
            raise WindowReversed(self.begins_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class TagThresholds:
    """From which confidence a head's label is shown and applied; a head that is not named keeps its own."""

    suggest_at: Mapping[str, float] = field(default_factory=dict)
    auto_at: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for head, at in self.auto_at.items():
            if at < self.suggest_at.get(head, 0.0):
                raise ThresholdRefused(head, f"it would be applied from {at:g} on, but shown only from higher on.")


@dataclass(frozen=True, slots=True)
class AnswerThresholds:
    """From which probability a question is answered, and from which the customer is asked what is meant."""

    answer_at: float
    clarify_at: float
    languages: "Mapping[str, AnswerThresholds]" = field(default_factory=dict)
    """Those of languages that have their own; `REST` is every other language."""

    def __post_init__(self) -> None:
        if self.answer_at < self.clarify_at:
            raise ThresholdRefused(
                "answers", f"a question would be answered from {self.answer_at:g} on, but clarified from higher on."
            )

    def of(self, language: str | None) -> "AnswerThresholds":
        """Return those for questions in a language."""
        return self.languages.get(language or REST, self)


@dataclass(frozen=True, slots=True)
class Trial:
    """Everything that is tried, beside what applies now."""

    before: Policies
    after: Policies
    tags: TagThresholds = field(default_factory=TagThresholds)
    answers: AnswerThresholds | None = None  # None: decided as they were
    answers_now: AnswerThresholds = field(default_factory=lambda: AnswerThresholds(0.0, 0.0))
    holdout: float = 0.0


def tried(folder: Path | None, now: Policies) -> Policies:
    """Read the policies of a folder; a file that it lacks stays as it is now.

    Raises `PolicyNotAFolder`, `PolicyFileUnknown`, `PoliciesMissing` or `PolicyRefused`.
    """
    if folder is None:
        return now
    if folder.is_file():
        raise PolicyNotAFolder(folder)
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in _TABLES and path.name not in policies.EVERY_FILE:
            raise PolicyFileUnknown(path, [*policies.EVERY_FILE, f"{policies.EDITIONS}/"])
    return policies.load(folder, otherwise=now)


def by_head(name: str, written: Sequence[str], heads: Sequence[str]) -> dict[str, float]:
    """Read `category=0.9`, for several heads. Raises `ThresholdRefused`."""
    found = {}
    for each in written:
        head, _, number = each.partition("=")
        if head not in heads:
            raise ThresholdRefused(name, f"there is no head {head!r}; heads are {', '.join(heads)}.")
        found[head] = share(f"{name} {head}", number)
    return found


def share(name: str, written: str | float, largest: float = 1.0) -> float:
    """Read a probability, or a share of at most so much. Raises `ThresholdRefused`."""
    try:
        found = float(written)
    except ValueError:
        found = -1.0
    if not 0 <= found <= largest:
        raise ThresholdRefused(name, f"{written!r} is no number from 0 to {largest:g}.")
    return found
