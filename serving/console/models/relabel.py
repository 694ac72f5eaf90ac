"""Labels of closed tickets that are probably wrong: the queue that `relabel` wrote, decided into the overlay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from serving.errors import NotFound
from serving.inference.labels import PRIORITY, KnownLabels
from serving.keys.api_keys import Caller
from triage.errors import DecisionsNotReadable, LabelRefused
from triage.taxonomy.labels import PRIORITIES
from triage.tickets import doubtful_labels, label_decisions
from triage.tickets.doubtful_labels import Suspect
from triage.tickets.fact_values import Said, labels_in
from triage.tickets.label_decisions import Decision, listed

QUEUE, OVERLAY = Path("care") / "queue.jsonl", Path("care") / "overlay.jsonl"
KEYS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The queue as it stands: what is asked now, and how many are left."""

    suspect: Suspect | None = None
    choices: Sequence[str] = ()
    others: Sequence[str] = ()
    following: int = 0
    """How many are skipped when this one is."""
    left: int = 0
    decided: int = 0
    problem: str | None = None
    last: Decision | None = None


@dataclass(frozen=True, slots=True)
class LabelReview:
    """Reads the queue that `firstline-train relabel` wrote, and adds decisions to the overlay that a refit reads."""

    home: Path
    vocabulary: KnownLabels

    def show(self, skipped: int, again: str | None, caller: Caller) -> Review:
        """Return the first label that is not decided, after so many that were skipped; or one that is asked again."""
        if not (self.home / QUEUE).is_file():
            return Review()
        try:
            suspects, decisions = self._suspects(), self._decisions()
        except DecisionsNotReadable as problem:
            return Review(problem=str(problem))
        done = label_decisions.decided(decisions)
        left = [each for each in suspects if (each.id, each.head) not in done]
        asked = left[skipped] if skipped < len(left) else None
        asked = next((each for each in suspects if again == _key(each)), asked)
        found = Review(left=len(left), decided=len(suspects) - len(left), last=_own(suspects, decisions, caller))
        if asked is None:
            return found
        choices, others = self._choices(asked)
        after = left.index(asked) + 1 if asked in left else skipped
        return replace(found, suspect=asked, choices=choices, others=others, following=after)

    def decide(self, ticket_id: str, head: str, label: Said, caller: Caller, at: datetime) -> None:
        """Record which label is right, or which list: it is kept, or another takes its place; None: it needs none.

        Raises `NotFound`: the queue does not ask about it. Raises `LabelRefused`: there is no such label.
        """
        suspect = self._find(ticket_id, head)
        if label is None and isinstance(suspect.proposed, tuple):
            label = ()
        label = listed(label) if isinstance(label, tuple) else label
        if label != suspect.label:
            self._refuse_unknown(head, label)
        by, at_text = _by(caller), at.isoformat(timespec="seconds")

        def following(decisions: tuple[Decision, ...]) -> list[Decision]:
            said = _about(suspect, decisions)
            was = said[-1].label if said else suspect.label
            # back at the label before all decisions: the line that takes them back, and one that says it is kept
            kept = [Decision(ticket_id, head, label, label, by, at_text)] if said and label == said[0].was else []
            changed = [Decision(ticket_id, head, was, label, by, at_text)] if was != label or not kept else []
            return [*changed, *kept]

        label_decisions.decide(self.home / OVERLAY, following, at)

    def take_back(self, ticket_id: str, head: str, caller: Caller, at: datetime) -> None:
        """Take back the last change of a label, if it was one and the caller's own. Raises `NotFound`."""
        suspect = self._find(ticket_id, head)

        def following(decisions: tuple[Decision, ...]) -> list[Decision]:
            last = _own([suspect], decisions, caller)
            return label_decisions.undone([last], _by(caller), at) if last else []

        label_decisions.decide(self.home / OVERLAY, following, at)

    def _refuse_unknown(self, head: str, label: Said) -> None:
        """Raise `LabelRefused`: there is no such label."""
        self.vocabulary.today({head: label})
        if head == PRIORITY and label not in (None, *PRIORITIES):
            raise LabelRefused([(head, f"Not a priority: there are {', '.join(PRIORITIES)}.")])

    def _find(self, ticket_id: str, head: str) -> Suspect:
        found = (each for each in self._suspects() if (each.id, each.head) == (ticket_id, head))
        suspect = next(found, None)
        if suspect is None:
            raise NotFound("doubtful label", ticket_id, "The queue does not ask about this label.")
        return suspect

    def _suspects(self) -> list[Suspect]:
        path = self.home / QUEUE
        return [each for each in doubtful_labels.read(path) if each.decision is None] if path.is_file() else []

    def _decisions(self) -> tuple[Decision, ...]:
        path = self.home / OVERLAY
        return label_decisions.read(path) if path.is_file() else ()

    def _choices(self, suspect: Suspect) -> tuple[list[str], list[str]]:
        """Return the labels with keys, those in question among them, and the others."""
        first = sorted({*labels_in(suspect.proposed), *labels_in(suspect.label)})
        known = sorted({*self.vocabulary.labels(suspect.head), *first})
        if len(known) <= KEYS:
            return known, []
        if len(first) > KEYS:  # of a long list those in doubt come first, which only a key reaches quickly
            first = sorted(first, key=lambda label: label not in {*suspect.added, *suspect.removed})[:KEYS]
        return first, [each for each in known if each not in first]


def _own(suspects: Sequence[Suspect], decisions: Sequence[Decision], caller: Caller) -> Decision | None:
    """Return the caller's last decision that the queue asks about and nobody has changed since."""
    asked, done = {(each.id, each.head) for each in suspects}, label_decisions.decided(decisions)
    seen: set[tuple[str, str]] = set()
    for each in reversed(decisions):
        key = (each.id, each.head)
        if key not in seen and key in asked & done and each.by == _by(caller):
            return each
        seen.add(key)
    return None


def _about(suspect: Suspect, decisions: Sequence[Decision]) -> list[Decision]:
    return [each for each in decisions if (each.id, each.head) == (suspect.id, suspect.head)]


def _key(suspect: Suspect) -> str:
    return f"{suspect.head}:{suspect.id}"


def _by(caller: Caller) -> str:
    return f"{caller.name} ({caller.key_id})" if caller.name else caller.key_id
